// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Measures how late a loop is, ten times a second: how long after its time a deadline passes is how long a request
/// waits before anybody looks at it.
///
/// Only a loop that is late because it works counts. One that is not given the processor would answer no sooner if it
/// did less.
final class LoopLag: DeadlineOwner {
    private let loop: EventLoop
    private let told: (LoadShedder.Level) -> Void
    private var shedder = LoadShedder()
    private var deadline: TimerWheel.ID?
    private var dueMs: Int64 = 0
    private var sampledNs: Int64 = 0
    private var usedNs: Int64 = 0
    /// Of the time since the last sample, so much was spent working.
    private static let busyPercentMin: Int64 = 80

    /// `told` hears of each change.
    init(on loop: EventLoop, told: @escaping (LoadShedder.Level) -> Void) {
        self.loop = loop
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
