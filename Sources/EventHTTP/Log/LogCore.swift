// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// One producer's ring and what it lost.
final class LogRing: Sendable {
    let bytes: ByteRing
    /// Lines that did not fit since the writer last told of it.
    let unreported = Atomic<UInt64>(0)
    /// Set when the producer is gone: the writer forgets the ring once it is empty.
    let isClosed = Atomic<Bool>(false)

    init(capacityBytes: Int) { bytes = ByteRing(capacityBytes: capacityBytes) }
}

/// What the threads that log, the writer thread and the owner share.
///
/// Waking up: the writer stores `parked`, then looks at the rings once more; a producer publishes its line, then looks
/// at `state`. With a full fence between the two steps on both sides at least one sees the other, so no line is left
/// behind, and a producer makes a system call only for the first line after an idle time.
final class LogCore: Sendable {
    /// What the writer thread is doing, as producers see it.
    enum State {
        /// It will look at the rings by itself, within `LogPump.pauseMs`.
        static let awake: UInt8 = 0
        /// It sleeps until someone pokes it.
        static let parked: UInt8 = 1
        /// It has ended: nothing is read any more.
        static let stopped: UInt8 = 2
    }

    let options: LogOptions
    let state = Atomic<UInt8>(State.awake)
    let dropped = Atomic<UInt64>(0)
    let stopRequested = Atomic<Bool>(false)
    let reopenRequested = Atomic<Bool>(false)
    /// How often a producer woke the writer: a system call each.
    let wakeups = Atomic<UInt64>(0)
    let wakeRead: Int32

    private let wakeWrite: Int32
    private let rings: Mutex<[LogRing]>
    private let shared: Mutex<SharedProducer>

    init(options: LogOptions) {
        self.options = options
        let pipe = LogSyscalls.makePipe()
        precondition(pipe.status == 0, "no descriptors left for the log's wake-up pipe")
        wakeRead = pipe.read
        wakeWrite = pipe.write
        let ring = LogRing(capacityBytes: max(options.ringBytes, LogOptions.ringBytesMin))
        rings = Mutex([ring])
        shared = Mutex(SharedProducer(ring: ring, format: options.format))
    }

    deinit {
        LogSyscalls.closeDescriptor(wakeRead)
        LogSyscalls.closeDescriptor(wakeWrite)
    }

    // MARK: Producers

    func addRing() -> LogRing {
        let ring = LogRing(capacityBytes: max(options.ringBytes, LogOptions.ringBytesMin))
        rings.withLock { $0.append(ring) }
        return ring
    }

    /// Queues whole lines on the ring's producer thread; what does not fit is counted.
    @inline(__always)
    func publish(_ line: Span<UInt8>, to ring: LogRing) {
        guard ring.bytes.tryWrite(line) else {
            drop(line, from: ring)
            return
        }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if state.load(ordering: .relaxed) != State.awake { wakeForLine() }
    }

    /// Formats and queues one line on any thread. `body` runs under a lock and must not log.
    func publishShared(_ body: (inout FixedBytes, inout LogClock) -> Void) {
        shared.withLock { producer in
            producer.line.removeAll()
            body(&producer.line, &producer.clock)
            publish(producer.line.span, to: producer.ring)
        }
    }

    @inline(never)
    private func drop(_ lines: Span<UInt8>, from ring: LogRing) {
        let count = lineCount(lines)
        dropped.wrappingAdd(count, ordering: .relaxed)
        ring.unreported.wrappingAdd(count, ordering: .relaxed)
    }

    @inline(never)
    private func wakeForLine() {
        let (exchanged, seen) = state.compareExchange(
            expected: State.parked, desired: State.awake, ordering: .sequentiallyConsistent)
        if exchanged {
            wakeups.wrappingAdd(1, ordering: .relaxed)
            LogSyscalls.poke(wakeWrite)
        } else if seen == State.stopped {
            // Nobody will read it. (While the writer is just ending, a line may be both written and counted.)
            dropped.wrappingAdd(1, ordering: .relaxed)
        }
    }

    // MARK: Owner and writer

    /// Makes the writer look at its flags now, whatever it waits for.
    func wakeForControl() { LogSyscalls.poke(wakeWrite) }

    func currentRings() -> [LogRing] { rings.withLock { $0 } }

    func forget(_ ring: LogRing) { rings.withLock { $0.removeAll { $0 === ring } } }
}

/// The producer end that threads without a channel of their own take turns with.
private struct SharedProducer: ~Copyable {
    let ring: LogRing
    var line = FixedBytes(capacityBytes: EventLogHandler.lineBytesMax)
    var clock: LogClock

    init(ring: LogRing, format: LogFormat) {
        self.ring = ring
        clock = LogClock(format: format)
    }
}

/// How many lines end in these bytes.
func lineCount(_ bytes: Span<UInt8>) -> UInt64 {
    var count: UInt64 = 0
    for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") { count += 1 }
    return count
}
