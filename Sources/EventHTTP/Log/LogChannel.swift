// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The producer's end of a ring to the log writer: one for each event loop.
///
/// Not thread-safe: a channel is made by ``LogWriter/makeChannel()`` on any thread, then used by one thread at a time.
public final class LogChannel {
    let core: LogCore
    private let ring: LogRing

    init(core: LogCore) {
        self.core = core
        ring = core.addRing()
    }

    deinit { ring.isClosed.store(true, ordering: .releasing) }

    /// Queues one or more whole lines, each ending in "\n". Never waits, locks or allocates: when the ring is full the
    /// lines are dropped and counted in ``LogWriter/droppedLines``. Makes a system call only if the writer was idle.
    public func write(_ line: Span<UInt8>) {
        precondition(!line.isEmpty && line[line.count - 1] == UInt8(ascii: "\n"), "a log line ends in a newline")
        core.publish(line, to: ring)
    }
}
