// SPDX-License-Identifier: Apache-2.0

/// A loop beside a program that has none of its own.
extension EventLoop {
    /// Has a new thread run the loop until it is stopped. From now on only that thread touches it; others reach it by
    /// letters and by tasks of its executor.
    package func runOnThread(_ name: StaticString) {
        executor.leaveThread()
        let handed = HandedLoop(loop: self)
        let started = SystemThread.start(name) { handed.loop.run() }
        guard let thread = started.thread else {
            let why = SystemError("start the thread of an event loop", -started.status)
            fatalError("\(why); raise the limit of threads (ulimit -u)")
        }
        thread.detach()
    }
}

/// Sound as `@unchecked`: whoever hands it over does not look at it again.
private struct HandedLoop: @unchecked Sendable {
    let loop: EventLoop
}
