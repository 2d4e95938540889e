// SPDX-License-Identifier: Apache-2.0

/// The blocks of memory that an event loop's buffers borrow. One per loop: no lock.
///
/// Blocks come in four sizes and go back to a last-in-first-out list of their size, so that the next request finds
/// memory that is still in the processor's cache, and steady traffic never calls malloc.
@safe package final class BufferPool {
    /// 4 KiB holds nearly every head, 16 KiB most messages, 72 KiB a stream at its high watermark; the largest holds
    /// such a stream together with the largest heads that a configuration can allow.
    static let blockBytes: InlineArray<_, Int> = [4 << 10, 16 << 10, 72 << 10, 256 << 10]
    /// What is kept of each size when nobody needs it; the rest goes back to the system.
    static let retainedBytesMax = 2 << 20

    private var free: InlineArray<4, UnsafeMutablePointer<UInt8>?>
    private var freeCount = InlineArray<4, Int>(repeating: 0)
    /// Blocks that buffers hold now, for tests and statistics.
    package var lentCount: Int { lent }
    private var lent = 0
    #if DEBUG
        /// The memory of those blocks, and the most there was: what a simulation holds against the stated bounds.
        package private(set) var lentBytes = 0
        package private(set) var lentBytesPeak = 0
    #endif

    /// What was freed beyond that since `returnedToSystem`: the C library keeps it, in pieces, until it is told.
    package private(set) var freedBytes = 0

    package init() {
        unsafe free = InlineArray(repeating: nil)
    }

    deinit {
        for size in 0..<4 {
            while let block = unsafe pop(size) { unsafe block.deallocate() }
        }
    }

    @safe struct Block {
        let memory: UnsafeMutablePointer<UInt8>
        let capacity: Int
    }

    /// A block of at least `count` bytes. What is larger than the largest block (an answer that a handler gave in one
    /// piece) is allocated for itself.
    func take(_ count: Int) -> Block {
        var size = 0
        while size < 4 && Self.blockBytes[size] < count { size += 1 }
        lent += 1
        #if DEBUG
            lentBytes += size == 4 ? count : Self.blockBytes[size]
            lentBytesPeak = max(lentBytesPeak, lentBytes)
        #endif
        if size == 4 { return unsafe Block(memory: .allocate(capacity: count), capacity: count) }
        let capacity = Self.blockBytes[size]
        if let block = unsafe pop(size) { return unsafe Block(memory: block, capacity: capacity) }
        return unsafe Block(memory: .allocate(capacity: capacity), capacity: capacity)
    }

    func give(_ block: UnsafeMutablePointer<UInt8>, capacity: Int) {
        lent -= 1
        #if DEBUG
            lentBytes -= capacity
        #endif
        var size = 0
        while size < 4 && Self.blockBytes[size] != capacity { size += 1 }
        if size == 4 || freeCount[size] * capacity >= Self.retainedBytesMax {
            unsafe block.deallocate()
            freedBytes += capacity
            return
        }
        // The list is threaded through the free blocks themselves.
        unsafe UnsafeMutableRawPointer(block).storeBytes(
            of: free[size], as: UnsafeMutablePointer<UInt8>?.self)
        unsafe free[size] = block
        freeCount[size] += 1
    }

    func returnedToSystem() {
        freedBytes = 0
    }

    private func pop(_ size: Int) -> UnsafeMutablePointer<UInt8>? {
        guard let block = unsafe free[size] else { return nil }
        unsafe free[size] = UnsafeRawPointer(block).load(as: UnsafeMutablePointer<UInt8>?.self)
        freeCount[size] -= 1
        return unsafe block
    }
}
