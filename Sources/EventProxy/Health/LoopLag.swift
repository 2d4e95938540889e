// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Measures how late a loop is, ten times a second: how long after its time a deadline passes is how long a request
/// waits before anybody looks at it.
///
/// Only a loop that is late because it works counts. One that is not given the processor would answer no sooner if it
/// did less.
final class LoopLag: DeadlineOwner {
    private let loop: EventLoop
    private let sampled: (Int64) -> Void
    private let told: (LoadShedder.Level) -> Void
    private var shedder = LoadShedder()
    private var deadline: TimerWheel.ID?
    private var dueMs: Int64 = 0
    private var sampledNs: Int64 = 0
    private var usedNs: Int64 = 0
    /// Of the time since the last sample, so much was spent working.
    private static let busyPercentMin: Int64 = 80

    /// `sampled` is called with each sample in microseconds, whatever the loop was late for; `told` hears of each
    /// change.
    init(
        on loop: EventLoop, sampled: @escaping (_ lagUs: Int64) -> Void = { _ in },
        told: @escaping (LoadShedder.Level) -> Void
    ) {
        self.loop = loop
        self.sampled = sampled
        self.told = told
        deadline = loop.addDeadline(self)
        arm()
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    var level: LoadShedder.Level { shedder.level }

    func deadlinePassed() {
        loop.refreshTime()
        let used = EventLoop.threadCPUNs()
        sampled(max(loop.nowNs / 1_000 - dueMs * 1_000, 0))
        let isBusy = (used - usedNs) * 100 >= (loop.nowNs - sampledNs) * Self.busyPercentMin
        if shedder.sample(lagMs: isBusy ? max(loop.nowMs - dueMs, 0) : 0) { told(shedder.level) }
        arm()
    }

    private func arm() {
        sampledNs = loop.nowNs
        usedNs = EventLoop.threadCPUNs()
        dueMs = loop.nowMs + LoadShedder.intervalMs
        if let deadline { loop.setDeadline(deadline, atMs: dueMs) }
    }
}
