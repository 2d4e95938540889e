// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A connected socket with what could not be sent yet: the part that connections to clients and to origins share.
///
/// Writing comes first: bytes go to the kernel at once, and only what it does not take is kept until it is
/// writable again.
struct ConnectionSocket: ~Copyable {
    /// When the kernel takes no more and this much waits, the producer is asked to wait until less does. So a stream
    /// holds at most this, one read (64 KiB) and a head.
    static let lowWatermarkBytes = 4 << 10
    /// Pieces up to this size are copied behind what waits, so that one call sends them together; larger ones are sent
    /// from where they are.
    static let copyBytesMax = 4 << 10
    /// Chunks have bytes before and after them, and an origin's read has several: up to this size copying them costs
    /// less than a call for each. Together they fill one block of the pool.
    static let chunkCopyBytesMax = 32 << 10
    static let chunksBytesMax = 64 << 10

    private(set) var descriptor = Descriptor.none
    private var watcher: IOWatcher
    var output = Buffer()
    /// The kernel took less than it was given; no use trying before it says so.
    private(set) var isBlocked = false

    init(on loop: EventLoop) {
        watcher = IOWatcher(on: loop)
    }

    func attach(_ target: IOTarget) {
        watcher.attach(target)
    }

    mutating func open(_ descriptor: consuming Descriptor) {
        precondition(!self.descriptor.isOpen && output.isEmpty)
        self.descriptor = descriptor
        isBlocked = false
    }

    /// Nothing is sent until the kernel says that it can be: the connection is being made, or others have their turn.
    mutating func block() {
        isBlocked = true
    }

    mutating func unblock() {
        isBlocked = false
    }

    mutating func close(_ pool: BufferPool) {
        watcher.stop()
        descriptor = .none
        output.release(to: pool)
        isBlocked = false
    }

    /// Waits for reading if `reading`, and for writing if something is waiting to be sent.
    mutating func wait(reading: Bool) {
        var events: IOEvents = reading ? .read : []
        if isBlocked { events.insert(.write) }
        watcher.wait(for: events, of: descriptor)
    }

    /// Sends what waits. Returns an errno, or 0.
    mutating func flush(_ pool: BufferPool) -> Int32 {
        while !output.isEmpty && !isBlocked {
            switch Syscalls.send(descriptor, output.bytes) {
            case .bytes(let count):
                if count < output.count { isBlocked = true }
                output.consume(count)
            case .wouldBlock: isBlocked = true
            case .failed(let number): return number
            case .ended: return EPIPE
            }
        }
        if output.isEmpty { output.release(to: pool) }
        return 0
    }

    /// Puts a whole chunk behind what waits, so that those which come together go out together. False if it is so large
    /// that it should be sent from where it is, or more waits than one call should take.
    mutating func appendChunk(_ bytes: Span<UInt8>, _ pool: BufferPool) -> Bool {
        let needed = bytes.count + ChunkedEncoder.overheadBytesMax
        guard bytes.count <= Self.chunkCopyBytesMax, output.count + needed <= Self.chunksBytesMax else { return false }
        output.reserve(needed, from: pool)
        ChunkedEncoder.appendStart(count: bytes.count, to: &output)
        output.append(bytes)
        ChunkedEncoder.appendEnd(to: &output)
        return true
    }

    /// Sends `bytes` after what waits, or keeps them. Returns an errno, or 0.
    mutating func write(_ bytes: Span<UInt8>, _ pool: BufferPool) -> Int32 {
        if isBlocked || bytes.count <= Self.copyBytesMax {
            output.reserve(bytes.count, from: pool)
            output.append(bytes)
            return 0
        }
        let waiting = output.count
        let result =
            waiting == 0
            ? Syscalls.send(descriptor, bytes) : Syscalls.send(descriptor, output.bytes, bytes)
        switch result {
        case .bytes(let count):
            let taken = max(count - waiting, 0)
            output.consume(min(count, waiting))
            if taken < bytes.count {
                isBlocked = true
                output.reserve(bytes.count - taken, from: pool)
                output.append(bytes.dropping(taken))
            }
        case .wouldBlock:
            isBlocked = true
            output.reserve(bytes.count, from: pool)
            output.append(bytes)
        case .failed(let number): return number
        case .ended: return EPIPE
        }
        return 0
    }
}
