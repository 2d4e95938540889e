// SPDX-License-Identifier: Apache-2.0

/// Tells the service manager how this process is (sd_notify(3)): a datagram of lines to the socket that it named. For
/// any thread. What cannot be sent is not: nobody would be served better by a process that waits for its manager.
public struct ServiceNotifier: Sendable {
    private let socket: NotifySocket?
    /// How often the manager wants to hear from a process that is well: half of the time after which it gives it up.
    /// Nil when it does not.
    public let watchdogIntervalMs: Int64?

    /// What `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` say; silent where there is no manager.
    public init() {
        socket = Environment.value("NOTIFY_SOCKET").flatMap { NotifySocket($0) }
        let isForUs = Environment.value("WATCHDOG_PID").map { Int32($0) == Environment.processID } ?? true
        let microseconds = Environment.value("WATCHDOG_USEC").flatMap { Int64($0) }
        if socket != nil, isForUs, let microseconds, microseconds > 0 {
            watchdogIntervalMs = max(microseconds / 2_000, 1)
        } else {
            watchdogIntervalMs = nil
        }
    }

    /// It serves; `status` says what, for people.
    public func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

    /// It begins to take over a new configuration. `ready` is to follow.
    public func reloading() { send("RELOADING=1\nMONOTONIC_USEC=\(EventLoop.clockNs() / 1_000)") }

    /// It has begun to end.
    public func stopping(_ status: String) { send("STOPPING=1\nSTATUS=\(status)") }

    /// What it is doing, for people.
    public func status(_ status: String) { send("STATUS=\(status)") }

    /// It is well.
    public func watchdog() { send("WATCHDOG=1") }

    private func send(_ text: String) { socket?.send(text) }
}

/// Tells the manager's watchdog again and again that the process is well, as long as all of its loops come round.
public final class Watchdog: DeadlineOwner {
    private let loop: EventLoop
    private let notifier: ServiceNotifier
    private let intervalMs: Int64
    private let isWell: () -> Bool
    private var deadline: TimerWheel.ID?

    /// Nil when nobody wants to be told. `isWell` is asked on the loop's thread.
    public init?(_ notifier: ServiceNotifier, on loop: EventLoop, isWell: @escaping () -> Bool) {
        guard let intervalMs = notifier.watchdogIntervalMs else { return nil }
        self.loop = loop
        self.notifier = notifier
        self.intervalMs = intervalMs
        self.isWell = isWell
        deadline = loop.addDeadline(self)
        deadlinePassed()
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    package func deadlinePassed() {
        if isWell() { notifier.watchdog() }
        if let deadline { loop.setDeadline(deadline, atMs: loop.nowMs + intervalMs) }
    }
}
