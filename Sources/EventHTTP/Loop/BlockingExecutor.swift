// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Runs tasks on threads of its own, for what may block. Swift's global pool has only as many threads as there are
/// processors, and everything in it stands still when they wait for a disk.
///
/// A thread starts when there is work and ends when there is none: some microseconds, beside what blocking costs.
package final class BlockingExecutor: TaskExecutor {
    package static let shared = BlockingExecutor()
    /// Further jobs wait for one of these.
    private static let threadsMax = 32

    private struct State {
        var waiting: ContiguousArray<UnownedJob> = []
        var threads = 0
    }

    private let state = Mutex(State())

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let needsThread = state.withLock { state in
            state.waiting.append(job)
            if state.threads == Self.threadsMax { return false }
            state.threads += 1
            return true
        }
        if !needsThread { return }
        let started = SystemThread.start("off-loop") { self.work() }
        // Late is better than never.
        if let thread = started.thread { thread.detach() } else { work() }
    }

    private func work() {
        while let job = next() { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// The job that has waited longest; nil, and the caller's thread ends, when there is none.
    private func next() -> UnownedJob? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
