// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Synchronization

/// What all loops know of each other's health. Each loop writes its own part; any loop answers for all.
final class AppHealth: Sendable {
    /// One loop's part, written on its thread only.
    final class Worker: Sendable {
        let heartbeat = LoopHeartbeat()
        private let answers = Counter()
        private let serverErrors = Counter()

        /// Counts an answer. Those to probes do not count.
        func count(_ status: Status) {
            answers.add()
            if status.isServerError { serverErrors.add() }
        }

        var counts: LivenessJudge.Counts {
            LivenessJudge.Counts(answers: Int(answers.total), serverErrors: Int(serverErrors.total))
        }
    }

    let workers: [Worker]
    private let judge = Mutex(LivenessJudge())
    private let failsTooOften = Atomic<Bool>(false)
    private let outageCode = Atomic<Int>(0)

    private let drain: Drain

    init(workers: Int, drain: Drain = Drain()) {
        self.drain = drain
        self.workers = (0..<workers).map { _ in Worker() }
    }

    /// Lets the judge see the share of failures; called about once a second by one loop.
    func judge(nowMs: Int64) {
        var total = LivenessJudge.Counts()
        for worker in workers { total += worker.counts }
        let fails = judge.withLock { $0.isFailing(total, nowMs: nowMs) }
        failsTooOften.store(fails, ordering: .relaxed)
    }

    /// The status that every answer has during an outage; nil when there is none.
    var outage: Status? {
        Status(outageCode.load(ordering: .relaxed))
    }

    func setOutage(_ status: Status?) {
        outageCode.store(status.map { Int($0.code) } ?? 0, ordering: .relaxed)
    }

    // MARK: What probes ask

    enum Liveness {
        case ok, draining, stalled, failing
    }

    /// A process that is about to end anyway is left to finish.
    func liveness(nowMs: Int64) -> Liveness {
        if isDraining { return .draining }
        for worker in workers where worker.heartbeat.hasStalled(nowMs: nowMs) { return .stalled }
        return failsTooOften.load(ordering: .relaxed) ? .failing : .ok
    }

    var isDraining: Bool { drain.hasBegun }
    var isStarted: Bool { workers.allSatisfy(\.heartbeat.isStarted) }
}

/// Shows once a second that its loop comes round.
final class Pulse: DeadlineOwner {
    static let intervalMs: Int64 = 1_000

    private let loop: EventLoop
    private let worker: Int
    private let health: AppHealth
    private var deadline: TimerWheel.ID?

    init(_ loop: EventLoop, _ worker: Int, _ health: AppHealth) {
        self.loop = loop
        self.worker = worker
        self.health = health
        deadline = loop.addDeadline(self)
        beat()
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    func deadlinePassed() {
        beat()
        if worker == 0 { health.judge(nowMs: loop.nowMs) }
    }

    private func beat() {
        health.workers[worker].heartbeat.beat(nowMs: loop.nowMs)
        if let deadline { loop.setDeadline(deadline, atMs: loop.nowMs + Self.intervalMs) }
    }
}
