// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization

/// What runs on one loop of a group.
public protocol LoopService: AnyObject {
    /// Takes no new work, lets what is in flight finish, and calls `completion` once, on the loop's thread.
    func drain(_ pace: Drain.Pace, _ completion: @escaping () -> Void)
}

/// Event loops that share nothing, a thread for each.
public enum LoopGroup {
    /// Has these signals wait until a loop asks for them (`EventLoop.onSignal`), instead of ending a process that has
    /// only just begun: whoever sends one may see that it listens before its loops run. To be called before anything
    /// that starts a thread. What nobody asks for waits for good.
    public static func hold(_ signals: Int32...) { ProcessSignals.hold(signals) }

    /// Runs `workers` loops, the first on the calling thread, each other on its own, until all have drained.
    ///
    /// `start` makes the service of one loop, on that loop's thread; `worker` counts from 0. All of them drain when
    /// `drain` begins: from any thread, or by SIGTERM, or without a delay by SIGINT (Ctrl-C). The next of these signals
    /// ends the process at once with status 143 or 130. SIGUSR1 calls `reopenLogs` on the first loop; SIGPIPE is
    /// ignored. With `takesSignals` false, signals (but for SIGPIPE) are left to the rest of the program.
    ///
    /// `control` makes the service of one loop more, which serves no requests: for what is done once per process, and
    /// goes on when a worker is stuck. It is told of the drain like the others, and ends after them.
    public static func run(
        workers: Int,
        drain: Drain = Drain(),
        takesSignals: Bool = true,
        reopenLogs: @escaping @Sendable () -> Void = {},
        control: (@Sendable (_ loop: EventLoop) -> any LoopService)? = nil,
        start: @escaping @Sendable (_ loop: EventLoop, _ worker: Int) -> any LoopService
    ) {
        precondition(workers >= 1, "a group has at least one loop")
        ProcessSignals.ignoreBrokenPipes()
        let group = GroupState(workers)
        let first = Worker()
        group.lead(with: first.loop.mailbox)
        let endings = takesSignals ? [SIGTERM, SIGINT] : []
        for number in endings {
            first.loop.onSignal(number) {
                for number in endings { ProcessSignals.endProcess(on: number) }
                drain.begin(number == SIGTERM ? .delayed : .immediate)
            }
        }
        drain.onBegin {
            group.drain($0)
        } onCut: {
            group.cut()
        }
        if takesSignals { first.loop.onSignal(SIGUSR1, reopenLogs) }

        let controlThread = control.map { control in
            startThread("control", of: "the control loop") {
                Worker().run(GroupState.controlIndex, group) { loop, _ in control(loop) }
            }
        }
        var threads: [SystemThread] = []
        for index in 1..<workers {
            threads.append(startThread("loop", of: "worker \(index)") { Worker().run(index, group, start) })
        }
        first.run(0, group, start)
        for thread in threads { thread.join() }
        group.endControl()
        controlThread?.join()
        for number in endings { ProcessSignals.restoreDefault(number) }
    }

    private static func startThread(
        _ name: StaticString, of what: String, _ body: @escaping @Sendable () -> Void
    ) -> SystemThread {
        let started = SystemThread.start(name, body)
        guard let thread = started.thread else {
            let why = SystemError("start the thread of \(what)", -started.status)
            fatalError("\(why); fewer workers need fewer threads, or raise the limit (ulimit -u)")
        }
        return thread
    }
}

/// A loop and its service. `@unchecked`: made, used and freed on the loop's thread; other threads only name it in
/// letters to that loop.
private final class Worker: @unchecked Sendable {
    let loop = EventLoop()
    private var service: (any LoopService)?
    private var isDraining = false

    func run(_ index: Int, _ group: GroupState, _ start: (EventLoop, Int) -> any LoopService) {
        service = start(loop, index)
        group.add(self, index)
        loop.run()
        group.remove(index)
        // Only here: the completion of a drain may be called by what the service owns.
        service = nil
    }

    func drain(_ pace: Drain.Pace, _ completion: @escaping () -> Void) {
        guard !isDraining, let service else { return }
        isDraining = true
        service.drain(pace, completion)
    }

    func cut() {
        service = nil
    }
}

/// What the threads of a group share: how to reach each loop, and how many have not drained.
private final class GroupState: Sendable {
    private struct Member {
        let index: Int
        let worker: Worker
    }

    private struct State {
        var members: [Member] = []
        /// The way to the first loop, which ends last: it has the signals.
        var leader: Mailbox?
        var undrained: Int
        /// How they drain, once they do.
        var pace: Drain.Pace?
        /// They end without having drained.
        var isCut = false
        /// All others have ended.
        var controlEnds = false
    }

    /// The number of the control loop, which is no worker.
    static let controlIndex = -1
    private let state: Mutex<State>

    init(_ workers: Int) {
        state = Mutex(State(undrained: workers))
    }

    func lead(with mailbox: Mailbox) {
        state.withLock { $0.leader = mailbox }
    }

    /// Enters a loop that can be drained from now on, and drains it if that has been asked for already.
    func add(_ worker: Worker, _ index: Int) {
        let member = Member(index: index, worker: worker)
        state.withLock { state in
            state.members.append(member)
            if let pace = state.pace { askToDrain(member, pace) }
            if state.isCut { askToEnd(member) }
            if index == Self.controlIndex, state.controlEnds { askToStop(member) }
        }
    }

    func remove(_ index: Int) {
        state.withLock { $0.members.removeAll { $0.index == index } }
    }

    func drain(_ pace: Drain.Pace) {
        state.withLock { state in
            state.pace = pace
            for member in state.members { askToDrain(member, pace) }
        }
    }

    func cut() {
        state.withLock { state in
            state.isCut = true
            for member in state.members { askToEnd(member) }
        }
    }

    private func askToEnd(_ member: Member) {
        let index = member.index
        member.worker.loop.mailbox.submit { [self] in
            guard let worker = worker(index) else { return }
            worker.cut()
            // Behind the letters of tasks that were cancelled by this, so that they see it.
            askToStop(Member(index: index, worker: worker))
        }
    }

    private func askToDrain(_ member: Member, _ pace: Drain.Pace) {
        let index = member.index
        member.worker.loop.mailbox.submit { [self] in
            worker(index)?.drain(pace) { [self] in drained(index) }
        }
    }

    /// The worker, until its loop has ended. Letters name workers by number: a loop's mailbox must not own the loop.
    private func worker(_ index: Int) -> Worker? {
        state.withLock { state in state.members.first { $0.index == index }?.worker }
    }

    /// Ends the control loop, or has it end as soon as it begins.
    func endControl() {
        state.withLock { state in
            state.controlEnds = true
            if let control = state.members.first(where: { $0.index == Self.controlIndex }) { askToStop(control) }
        }
    }

    private func askToStop(_ member: Member) {
        let index = member.index
        member.worker.loop.mailbox.submit { [self] in worker(index)?.loop.stop() }
    }

    private func drained(_ index: Int) {
        // What the control loop does, it does until all others have drained.
        if index == Self.controlIndex { return }
        let leader = state.withLock { state in
            state.undrained -= 1
            return state.undrained == 0 ? state.leader : nil
        }
        if index > 0 { worker(index)?.loop.stop() }
        leader?.submit { [self] in worker(0)?.loop.stop() }
    }
}
