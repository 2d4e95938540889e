// SPDX-License-Identifier: Apache-2.0

/// Runs tasks on threads of its own, for what may block. Swift's global pool has only as many threads as there are
/// processors, and everything in it stands still when they wait for a disk.
package final class BlockingExecutor: TaskExecutor {
    package static let shared = BlockingExecutor()
    /// Further jobs wait for one of these.
    private static let threadsMax = 32

    private let threads = JobThreads<UnownedJob>("off-loop", threadsMax: threadsMax)

    package func enqueue(_ job: consuming ExecutorJob) {
        // Any number may wait.
        _ = threads.submit(UnownedJob(job)) { unsafe $0.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
