// SPDX-License-Identifier: Apache-2.0
// The two byte stores of the log: a ring between two threads and a fixed scratch. All their pointers stay in here.
internal import Synchronization

/// A bounded queue of whole records between one producer thread and one consumer thread, without locks.
///
/// Positions only grow; the low bits index the memory. The producer publishes `head` once per record, so the consumer
/// never sees half a record, although a record may lie in two pieces where the memory wraps around.
@safe
final class ByteRing: @unchecked Sendable {
    /// What a ring holds unless told otherwise: about 2,300 access lines, 10 ms of 230,000 lines a second.
    static let capacityBytesDefault = 256 * 1024

    /// How many bytes fit: a power of two.
    let capacity: Int

    private let base: UnsafeMutablePointer<UInt8>
    /// Where the next record goes; stored by the producer only.
    private let head = Atomic<Int>(0)
    /// The producer's last look at `tail`: saves it a cache miss for every record that fits anyway.
    private let tailSeen = Atomic<Int>(0)
    /// Keeps the two threads' counters on different cache lines.
    private let padding = InlineArray<8, UInt64>(repeating: 0)
    /// Where the next unread byte is; stored by the consumer only.
    private let tail = Atomic<Int>(0)

    /// A ring of at least `capacityBytes` bytes (rounded up to a power of two).
    init(capacityBytes: Int = ByteRing.capacityBytesDefault) {
        precondition(capacityBytes > 0 && capacityBytes <= 1 << 30, "a ring holds 1 byte to 1 GiB")
        var rounded = 1
        while rounded < capacityBytes { rounded *= 2 }
        capacity = rounded
        unsafe base = .allocate(capacity: rounded)
        unsafe base.initialize(repeating: 0, count: rounded)
    }

    deinit { unsafe base.deallocate() }

    /// Producer: appends one record, or nothing and `false` when it does not fit now.
    func tryWrite(_ record: Span<UInt8>) -> Bool {
        let start = head.load(ordering: .relaxed)
        let count = record.count
        if capacity - (start - tailSeen.load(ordering: .relaxed)) < count {
            let seen = tail.load(ordering: .acquiring)
            tailSeen.store(seen, ordering: .relaxed)
            guard capacity - (start - seen) >= count else { return false }
        }
        let offset = start & (capacity - 1)
        let first = min(count, capacity - offset)
        unsafe record.withUnsafeBufferPointer { source in
            guard let bytes = source.baseAddress else { return }
            unsafe (base + offset).update(from: bytes, count: first)
            if first < count { unsafe base.update(from: bytes + first, count: count - first) }
        }
        head.store(start + count, ordering: .releasing)
        return true
    }

    /// Consumer: how many bytes can be read now.
    var readable: Int { head.load(ordering: .acquiring) - tail.load(ordering: .relaxed) }

    /// Consumer: how many bytes a record may have now (exact on the producer's thread, a lower bound elsewhere).
    var free: Int { capacity - readable }

    /// Consumer: shows the unread bytes that lie in one piece (at most `limit`); `body` returns how many it took.
    func read<Failure: Error>(
        upTo limit: Int = .max, _ body: (Span<UInt8>) throws(Failure) -> Int
    ) throws(Failure) {
        let start = tail.load(ordering: .relaxed)
        let offset = start & (capacity - 1)
        let count = min(head.load(ordering: .acquiring) - start, capacity - offset, limit)
        guard count > 0 else { return }
        let taken = try body(unsafe Span(_unsafeStart: base + offset, count: count))
        precondition(taken >= 0 && taken <= count, "took more than was shown")
        tail.store(start + taken, ordering: .releasing)
    }

    /// Consumer: moves all unread records to the end of `target`, or nothing and `false` when they do not fit there.
    func drain(into target: inout FixedBytes) -> Bool {
        let start = tail.load(ordering: .relaxed)
        let count = head.load(ordering: .acquiring) - start
        guard count <= target.free else { return false }
        let offset = start & (capacity - 1)
        let first = min(count, capacity - offset)
        target.append(unsafe Span(_unsafeStart: base + offset, count: first))
        target.append(unsafe Span(_unsafeStart: base, count: count - first))
        tail.store(start + count, ordering: .releasing)
        return true
    }
}

/// Bytes in memory that is allocated once and never grows: what does not fit is left out and remembered.
@safe
struct FixedBytes: ~Copyable {
    /// How many bytes fit.
    let capacity: Int
    /// How many bytes there are.
    private(set) var count = 0
    /// Whether something was left out since the last `removeAll`.
    private(set) var isCut = false

    private let base: UnsafeMutablePointer<UInt8>

    init(capacityBytes: Int) {
        precondition(capacityBytes > 0, "no room at all")
        capacity = capacityBytes
        unsafe base = .allocate(capacity: capacityBytes)
        unsafe base.initialize(repeating: 0, count: capacityBytes)
    }

    deinit { unsafe base.deallocate() }

    /// How many bytes still fit.
    var free: Int { capacity - count }

    /// The bytes so far.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let bytes = unsafe Span<UInt8>(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(bytes, borrowing: self)
        }
    }

    mutating func removeAll() {
        count = 0
        isCut = false
    }

    /// Makes the bytes shorter again, for example to take back a field that did not fit.
    mutating func truncate(to shorter: Int) {
        precondition(shorter >= 0 && shorter <= count, "truncation cannot grow")
        count = shorter
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        guard count < capacity else {
            isCut = true
            return
        }
        unsafe base[count] = byte
        count += 1
    }

    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append($0) }
    }

    mutating func append(_ text: StaticString) {
        // A literal of one scalar may be stored as the scalar itself, which has no address.
        guard text.hasPointerRepresentation else {
            for byte in Character(text.unicodeScalar).utf8 { append(byte) }
            return
        }
        unsafe append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        let taken = min(bytes.count, free)
        if taken < bytes.count { isCut = true }
        unsafe (base + count).update(from: start, count: taken)
        count += taken
    }
}
