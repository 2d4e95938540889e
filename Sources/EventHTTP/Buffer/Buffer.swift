// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A contiguous run of bytes that is filled at its end and taken from its front.
///
/// The memory comes from a `BufferPool`, and only while there is something to hold: an empty buffer that gave its
/// memory back costs three words. Every access is checked, so nothing outside this folder needs `unsafe`.
@safe package struct Buffer: ~Copyable {
    private var memory: UnsafeMutablePointer<UInt8>?
    // Half a word each: every connection has several buffers, nearly always empty, and none holds 4 GiB.
    private var capacityBytes: UInt32 = 0
    private var startByte: UInt32 = 0
    private var endByte: UInt32 = 0

    package private(set) var capacity: Int {
        get { Int(capacityBytes) }
        set { capacityBytes = UInt32(newValue) }
    }
    private var start: Int {
        get { Int(startByte) }
        set { startByte = UInt32(truncatingIfNeeded: newValue) }
    }
    private var end: Int {
        get { Int(endByte) }
        set { endByte = UInt32(truncatingIfNeeded: newValue) }
    }

    package init() {
        unsafe memory = nil
    }

    /// A buffer that owns memory of its own and never goes to a pool, such as a loop's receive buffer.
    package init(capacity: Int) {
        unsafe memory = .allocate(capacity: capacity)
        capacityBytes = UInt32(capacity)
    }

    deinit {
        unsafe memory?.deallocate()
    }

    package var count: Int { end &- start }
    package var isEmpty: Bool { end == start }
    /// How many bytes can be appended before memory must be reserved.
    package var room: Int { capacity &- end }

    /// What the buffer holds.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self) get {
            guard let memory = unsafe memory else { return Span() }
            return unsafe _overrideLifetime(
                Span(_unsafeStart: memory + start, count: end - start), borrowing: self)
        }
    }

    /// Moves everything out, memory and all.
    package mutating func take() -> Buffer {
        var taken = Buffer()
        swap(&taken, &self)
        return taken
    }

    /// Drops `count` bytes from the front.
    package mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        start &+= count
        if start == end {
            start = 0
            end = 0
        }
    }

    package mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Drops bytes from the end, down to a length that the buffer had before.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        end = start &+ count
    }

    /// Makes room for `count` more bytes: by moving what is there to the front, or with a larger block of the pool.
    @inline(__always)
    package mutating func reserve(_ count: Int, from pool: BufferPool) {
        if capacity &- end < count { makeRoom(count, pool) }
    }

    @inline(never)
    private mutating func makeRoom(_ count: Int, _ pool: BufferPool) {
        let held = self.count
        if let memory = unsafe memory, held + count <= capacity {
            unsafe memory.update(from: memory + start, count: held)
        } else {
            let block = pool.take(held + count)
            if let memory = unsafe memory {
                unsafe block.memory.update(from: memory + start, count: held)
                unsafe pool.give(memory, capacity: capacity)
            }
            unsafe memory = block.memory
            capacity = block.capacity
        }
        start = 0
        end = held
    }

    /// Gives the memory back; what the buffer held is gone.
    package mutating func release(to pool: BufferPool) {
        guard let memory = unsafe memory else { return }
        unsafe pool.give(memory, capacity: capacity)
        unsafe self.memory = nil
        capacity = 0
        start = 0
        end = 0
    }

    // MARK: Appending. The caller has reserved the room; asking for more than that is a bug of ours and stops.

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        precondition(end < capacity)
        unsafe memory.unsafelyUnwrapped[end] = byte
        end &+= 1
    }

    package mutating func append(_ bytes: Span<UInt8>) {
        let count = bytes.count
        if count == 0 { return }
        precondition(capacity &- end >= count)
        unsafe bytes.withUnsafeBufferPointer { source in
            unsafe (memory.unsafelyUnwrapped + end).update(from: source.baseAddress.unsafelyUnwrapped, count: count)
        }
        end &+= count
    }

    @inline(__always)
    package mutating func append(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        precondition(capacity &- end >= count && text.hasPointerRepresentation)
        unsafe (memory.unsafelyUnwrapped + end).update(from: text.utf8Start, count: count)
        end &+= count
    }

    /// Appends a part of what the buffer holds once more.
    package mutating func append(repeating range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count && capacity &- end >= range.count)
        guard let memory = unsafe memory else { return }
        unsafe (memory + end).update(from: memory + start + range.lowerBound, count: range.count)
        end &+= range.count
    }

    /// Not just `append`: a literal would be taken for a String, which is slow.
    package mutating func append(string text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// The number in decimal, without sign or leading zeros.
    package mutating func append(decimal number: UInt64) {
        var digits = 1
        var bound: UInt64 = 10
        while number >= bound {
            digits &+= 1
            // 20 digits are the most that 64 bits have.
            if digits == 20 { break }
            bound &*= 10
        }
        precondition(capacity &- end >= digits)
        var rest = number
        var position = end &+ digits
        // Divided by a constant, which the compiler turns into a multiplication.
        repeat {
            position &-= 1
            unsafe memory.unsafelyUnwrapped[position] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while position > end
        end &+= digits
    }

    /// A number up to 255 in decimal: part of an address, which each forwarded request has twice.
    @inline(__always)
    package mutating func append(octet number: UInt8) {
        if number >= 100 { append(0x30 &+ number / 100) }
        if number >= 10 { append(0x30 &+ number / 10 % 10) }
        append(0x30 &+ number % 10)
    }

    /// The number in lower-case hexadecimal, without leading zeros.
    package mutating func append(hexadecimal number: UInt64) {
        let digits = max(1, (67 - number.leadingZeroBitCount) / 4)
        precondition(capacity &- end >= digits)
        var rest = number
        var position = end &+ digits
        repeat {
            position &-= 1
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            unsafe memory.unsafelyUnwrapped[position] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
            rest >>= 4
        } while position > end
        end &+= digits
    }

    /// 64 bits as 16 digits of lower-case hexadecimal.
    package mutating func append(hexadecimal16 number: UInt64) {
        precondition(capacity &- end >= 16)
        end &+= 16
        overwrite(at: count &- 16, hexadecimal16: number)
    }

    /// Puts such digits in the place of the 16 bytes at `offset`.
    package mutating func overwrite(at offset: Int, hexadecimal16 number: UInt64) {
        precondition(offset >= 0 && offset &+ 16 <= count)
        let first = unsafe UnsafeMutableRawPointer(memory.unsafelyUnwrapped).advanced(by: start &+ offset)
        let high = Hexadecimal.digits(UInt32(truncatingIfNeeded: number &>> 32))
        let low = Hexadecimal.digits(UInt32(truncatingIfNeeded: number))
        unsafe first.storeBytes(of: high.littleEndian, as: UInt64.self)
        unsafe first.storeBytes(of: low.littleEndian, toByteOffset: 8, as: UInt64.self)
    }

    /// Puts a number in the place of the eight bytes at `offset`, with spaces before it.
    package mutating func overwrite(at offset: Int, decimal8 number: UInt32) {
        precondition(offset >= 0 && offset &+ 8 <= count && number <= 99_999_999)
        var word = UInt64(0x2020_2020_2020_2020)
        var left = number
        var shift = UInt64(56)
        repeat {
            // A digit is its number more than 0x30, and a space is 0x20.
            word &+= UInt64(left % 10 &+ 0x10) &<< shift
            left /= 10
            shift &-= 8
        } while left > 0
        let first = unsafe UnsafeMutableRawPointer(memory.unsafelyUnwrapped).advanced(by: start &+ offset)
        unsafe first.storeBytes(of: word.littleEndian, as: UInt64.self)
    }

    /// Lets `fill` write into the free end of the buffer; it returns how many bytes it wrote, or what went wrong.
    /// For the system calls of Socket/ only.
    internal mutating func fill(
        max: Int, _ fill: (_ start: UnsafeMutableRawPointer, _ room: Int) -> Int
    ) -> Int {
        // A read of no bytes would look like the end of the connection.
        precondition(room > 0 && max > 0)
        let limit = max < room ? max : room
        let filled = unsafe fill(UnsafeMutableRawPointer(memory.unsafelyUnwrapped + end), limit)
        if filled > 0 {
            precondition(filled <= limit)
            end &+= filled
        }
        return filled
    }
}
