// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The writer thread: moves lines from all rings to the sinks.
///
/// One round: look at the flags, empty every ring into one batch, write the batch to the file, queue it for the
/// console, push the console, wait. After a round that moved something the wait is a short pause during which producers
/// make no system call; after one that did not, the thread parks until a producer pokes it.
struct LogPump: ~Copyable {
    /// How long lines may gather under load: about 100 rounds a second.
    static let pauseMs: Int32 = 10
    /// The pause while a console takes lines more slowly than they come: a pipe of 64 KiB is filled this often.
    static let consolePauseMs: Int32 = 2
    /// How long the console gets at the end for what still waits.
    static let finishMs = 800

    private let core: LogCore
    private var batch: FixedBytes
    private var file: FileSink?
    private var console: ConsoleSink?

    private init(core: LogCore, consoleDescriptor: Int32, warningDescriptor: Int32) {
        self.core = core
        var capacity = 1
        while capacity < max(core.options.ringBytes, LogOptions.ringBytesMin) { capacity *= 2 }
        batch = FixedBytes(capacityBytes: capacity)
        file = nil
        console = nil
        if let path = core.options.file {
            file = FileSink(path: path, core: core, warnings: warningDescriptor)
        }
        if core.options.console {
            console = ConsoleSink(descriptor: consoleDescriptor, core: core, warnings: warningDescriptor)
        }
    }

    /// The body of the thread; the sinks are closed when it returns.
    static func run(core: LogCore, consoleDescriptor: Int32, warningDescriptor: Int32) {
        var pump = LogPump(core: core, consoleDescriptor: consoleDescriptor, warningDescriptor: warningDescriptor)
        pump.run()
    }

    /// Runs until a stop is requested and everything that was queued before is written.
    private mutating func run() {
        file?.open()
        while true {
            // The flag is read before the rings: what was queued before the stop is found by this round.
            let isLast = core.stopRequested.load(ordering: .acquiring)
            if core.reopenRequested.exchange(false, ordering: .acquiring) { file?.reopen() }
            if isLast { core.state.store(LogCore.State.stopped, ordering: .sequentiallyConsistent) }
            let moved = round()
            if isLast { return finish() }
            wait(moved)
        }
    }

    private mutating func round() -> Bool {
        var moved = false
        var lost: UInt64 = 0
        for ring in core.currentRings() {
            lost += ring.unreported.exchange(0, ordering: .relaxed)
            let isClosed = ring.isClosed.load(ordering: .acquiring)
            if ring.bytes.readable > 0 {
                moved = true
                if !ring.bytes.drain(into: &batch) {
                    flush()
                    _ = ring.bytes.drain(into: &batch)
                }
            }
            if isClosed, ring.bytes.readable == 0 { core.forget(ring) }
        }
        flush()
        if lost > 0 {
            file?.note(lost: lost)
            console?.note(lost: lost)
        }
        file?.settle()
        console?.push()
        return moved
    }

    private mutating func flush() {
        Self.flush(&batch, &file, &console)
    }

    /// Takes the parts one by one: a span of the batch borrows all of `self` otherwise.
    private static func flush(_ batch: inout FixedBytes, _ file: inout FileSink?, _ console: inout ConsoleSink?) {
        file?.write(batch.span)
        console?.enqueue(batch.span)
        batch.removeAll()
    }

    private mutating func wait(_ moved: Bool) {
        let waitsForConsole = console?.hasBacklog ?? false
        if moved || waitsForConsole && (console?.isFickle ?? false) {
            pause(waitsForConsole && (console?.isMoving ?? false) ? Self.consolePauseMs : Self.pauseMs)
        } else {
            park()
        }
    }

    private func pause(_ timeoutMs: Int32) {
        if LogSyscalls.wait(readable: core.wakeRead, timeoutMs: timeoutMs).readable { LogSyscalls.drain(core.wakeRead) }
    }

    /// Sleeps until a producer, the owner or a console that takes bytes again has something to do.
    private mutating func park() {
        core.state.store(LogCore.State.parked, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if !hasWork() {
            let ready = LogSyscalls.wait(
                readable: core.wakeRead, writable: console?.waitDescriptor ?? -1, timeoutMs: -1)
            if ready.readable { LogSyscalls.drain(core.wakeRead) }
        }
        core.state.store(LogCore.State.awake, ordering: .sequentiallyConsistent)
    }

    private func hasWork() -> Bool {
        if core.stopRequested.load(ordering: .acquiring) { return true }
        if core.reopenRequested.load(ordering: .acquiring) { return true }
        for ring in core.currentRings() {
            if ring.bytes.readable > 0 || ring.unreported.load(ordering: .relaxed) > 0 { return true }
        }
        return false
    }

    /// Gives the console a last, bounded time.
    private mutating func finish() {
        let deadlineMs = LogSyscalls.monotonicMs() + Self.finishMs
        while console?.hasBacklog ?? false {
            let leftMs = deadlineMs - LogSyscalls.monotonicMs()
            guard leftMs > 0 else { break }
            if console?.isFickle ?? false {
                _ = LogSyscalls.wait(readable: -1, timeoutMs: Self.consolePauseMs)
            } else {
                _ = LogSyscalls.wait(readable: -1, writable: console?.waitDescriptor ?? -1, timeoutMs: Int32(leftMs))
            }
            console?.push()
        }
        console?.abandon()
    }
}
