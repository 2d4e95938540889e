// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization

/// Runs tasks on a loop: `Task(executorPreference: loop.executor)`. A task that suspends goes on, on the loop's thread,
/// in the iteration in which it is resumed; nothing changes threads.
///
/// What such a task calls runs on the loop too, `@concurrent` functions and child tasks included, so none of it may
/// block. A job that comes from another thread is a letter to the loop's mailbox; one that comes when the loop is gone
/// never runs.
///
/// Sound as `@unchecked`: `jobs` and `loop` are touched on the loop's thread only, which `thread` tells.
public final class LoopExecutor: TaskExecutor, @unchecked Sendable {
    private let thread: Atomic<UInt>
    private let mailbox: Mailbox
    private unowned let loop: EventLoop
    private let foreign = Atomic<Int>(0)
    private var jobs: ContiguousArray<UnownedJob> = []
    private var isRunning = false
    private static let noThread: UInt = 0

    init(_ loop: EventLoop) {
        self.loop = loop
        mailbox = loop.mailbox
        thread = Atomic(pthread_self())
    }

    /// The loop goes, or another thread will run it.
    func leaveThread() {
        thread.store(Self.noThread, ordering: .relaxed)
    }

    /// The loop runs on the calling thread from now on.
    func enterThread() {
        thread.store(pthread_self(), ordering: .relaxed)
    }

    /// Whether the caller is on the loop's thread.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == pthread_self() }

    /// Jobs that came from other threads: each cost a lock and a wake-up.
    package var foreignEnqueues: Int { foreign.load(ordering: .relaxed) }

    /// Has the loop run a job: soon, if asked on its thread, else as soon as it has been woken.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard isCurrent else {
            foreign.add(1, ordering: .relaxed)
            mailbox.submit { [self] in unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
            return
        }
        jobs.append(job)
        // What jobs ask for waits until the kernel has been asked: tasks that never rest must not starve connections.
        if jobs.count == 1 { if isRunning { loop.nextIteration(self) } else { loop.later(self) } }
    }
}

extension LoopExecutor: Postponable {
    package func resume() {
        let batch = jobs
        jobs.removeAll(keepingCapacity: true)
        isRunning = true
        for job in batch { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        isRunning = false
    }
}
