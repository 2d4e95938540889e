// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// Looks once a second how much of its memory the process has in use, away from the loops that serve requests, and has
/// these refuse them while it is too much.
final class MemoryWatch: DeadlineOwner {
    private let setup: ProxySetup
    private let loop: EventLoop
    private let read: () -> MemoryUse?
    private var shedder = MemoryShedder()
    private var deadline: TimerWheel.ID?

    init(_ setup: ProxySetup, on loop: EventLoop, read: @escaping () -> MemoryUse? = MemoryUse.current) {
        self.setup = setup
        self.loop = loop
        self.read = read
        deadline = loop.addDeadline(self)
        deadlinePassed()
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    func deadlinePassed() {
        if shedder.sheds { MemoryUse.giveBack() }
        let use = read()
        if shedder.sample(use) {
            setup.shedForMemory(shedder.sheds)
            let text = use.map { "\($0.usedBytes >> 20) of \($0.limitBytes >> 20) MiB are in use" } ?? "it has no limit"
            if shedder.sheds {
                setup.logger.error("memory runs out (\(text)): requests are answered 503")
            } else {
                setup.logger.notice("there is enough memory again (\(text))")
            }
        }
        if let deadline { loop.setDeadline(deadline, atMs: loop.nowMs + MemoryShedder.intervalMs) }
    }
}
