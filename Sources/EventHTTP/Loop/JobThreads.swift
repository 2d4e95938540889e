// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Does jobs on threads of its own, for what may block or takes long, in the order they came.
///
/// A thread starts when there is work and ends when there is none: some microseconds, beside what such a job costs.
package final class JobThreads<Job: Sendable>: Sendable {
    private struct State {
        var waiting: ContiguousArray<Job> = []
        var threads = 0
    }

    private let name: StaticString
    private let threadsMax: Int
    private let waitingMax: Int
    private let state = Mutex(State())

    /// At most `threadsMax` jobs are done at a time, and `waitingMax` wait.
    package init(_ name: StaticString, threadsMax: Int, waitingMax: Int = .max) {
        self.name = name
        self.threadsMax = threadsMax
        self.waitingMax = waitingMax
    }

    /// Has a job done by `perform`, which is the same for all of them. False if too many wait; then it is not done.
    package func submit(_ job: Job, _ perform: @escaping @Sendable (Job) -> Void) -> Bool {
        let (isTaken, needsThread) = state.withLock { state in
            guard state.waiting.count < waitingMax else { return (false, false) }
            state.waiting.append(job)
            guard state.threads < threadsMax else { return (true, false) }
            state.threads += 1
            return (true, true)
        }
        if needsThread {
            let started = SystemThread.start(name) { self.work(perform) }
            // Late is better than never.
            if let thread = started.thread { thread.detach() } else { work(perform) }
        }
        return isTaken
    }

    private func work(_ perform: (Job) -> Void) {
        while let job = next() { perform(job) }
    }

    /// The job that has waited longest; nil, and the caller's thread ends, when there is none.
    private func next() -> Job? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
