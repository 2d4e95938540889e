// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Writes log lines to standard output and a file from one background thread, so that no event loop ever waits for a
/// disk or a terminal.
///
/// Lines arrive through one ``LogChannel`` per event loop, or from any thread through ``EventLogHandler``. What cannot
/// be taken is dropped and counted: the sinks say so (`dropped N log lines …`) when there is room again. Trouble with
/// the file is a warning on standard error, once per errno until ``reopen()``, and the file is tried again with the
/// next line after a second. A standard output that is closed is left alone from then on. The writer's thread takes no
/// signals, so a broken pipe is an errno to it.
public final class LogWriter: Sendable {
    /// How long `stop` waits for a sink that blocks.
    static let stopMs: Int32 = 1000

    /// What the writer was made with.
    public var options: LogOptions { core.options }

    /// How many lines did not reach where they should since the start. A line that both sinks lost counts twice.
    public var droppedLines: UInt64 { core.dropped.load(ordering: .relaxed) }

    let core: LogCore
    /// Readable (closed at the other end) when the thread has ended.
    private let ended: Int32
    private let thread: Mutex<SystemThread?>

    /// Starts the writer thread, which opens the file. Errors are warnings on standard error, never thrown.
    public convenience init(options: LogOptions) {
        self.init(options: options, consoleDescriptor: 1, warningDescriptor: 2)
    }

    /// As above, with other descriptors in the place of standard output and standard error. They stay the caller's.
    init(options: LogOptions, consoleDescriptor: Int32, warningDescriptor: Int32) {
        let core = LogCore(options: options)
        self.core = core
        let pipe = LogSyscalls.makePipe()
        precondition(pipe.status == 0, "no descriptors left for the log's pipes")
        ended = pipe.read
        let started = SystemThread.start("log") {
            LogPump.run(core: core, consoleDescriptor: consoleDescriptor, warningDescriptor: warningDescriptor)
            LogSyscalls.closeDescriptor(pipe.write)
        }
        thread = Mutex(started.thread)
        if started.thread == nil {
            LogSyscalls.closeDescriptor(pipe.write)
            core.state.store(LogCore.State.stopped, ordering: .sequentiallyConsistent)
            let alert = LogAlert(name: options.name, descriptor: warningDescriptor)
            alert.warn("no thread for the log, all lines are dropped: \(LogSyscalls.errorText(-started.status))")
        }
    }

    deinit {
        stop()
        // Only a thread that a sink holds up is still there: it frees itself when that ends.
        thread.withLock { thread in
            if let left = thread.take() { left.detach() }
        }
        LogSyscalls.closeDescriptor(ended)
    }

    /// A new producer end for one event loop. Thread-safe; the channel itself is not.
    public func makeChannel() -> sending LogChannel { LogChannel(core: core) }

    /// Closes the file and opens its path again, soon and on the writer's thread: for SIGUSR1 after a rotation.
    public func reopen() {
        core.reopenRequested.store(true, ordering: .releasing)
        core.wakeForControl()
    }

    /// Writes all lines queued before the call, then ends the thread. Waits about a second at most if a sink blocks;
    /// what it could not write then is counted as dropped. May be called again and from any thread.
    public func stop() {
        core.stopRequested.store(true, ordering: .releasing)
        core.wakeForControl()
        guard thread.withLock({ $0 != nil }) else { return }
        let deadlineMs = LogSyscalls.monotonicMs() + Int(Self.stopMs)
        var leftMs = Self.stopMs
        var hasEnded = false
        while !hasEnded, leftMs > 0 {
            hasEnded = LogSyscalls.wait(readable: ended, timeoutMs: leftMs).readable
            leftMs = Int32(max(0, deadlineMs - LogSyscalls.monotonicMs()))
        }
        guard hasEnded else { return }
        thread.withLock { thread in
            if let ready = thread.take() { ready.join() }
        }
    }
}
