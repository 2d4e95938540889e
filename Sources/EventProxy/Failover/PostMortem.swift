// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// Finds out whether a host died, or only the connection that a request was sent over.
///
/// A process that ends takes its listening socket along, so that nobody can connect from that moment until it has been
/// started again. Many servers, though, only end the connection of a request that they stumble over (a handler that
/// panics, a worker that is recycled), and serve all others. Their hosts need no saving, and a quarantine would be the
/// only outage there is. So a death is held against a request at once, as if its host had died, and taken back when
/// the host takes a connection right after it and keeps it.
///
/// Whatever cannot be found out counts as dead, such as a host that is slow to accept.
final class PostMortem: DeadlineOwner, ClientConnectionObserver {
    /// How long the host must keep the connection: a process that ends gives up its listener and its connections
    /// within a moment of each other, in any order. Much less than it takes to start another one and connect to it.
    static let watchMs: Int64 = 100

    private let setup: ProxySetup
    private let loop: EventLoop
    private unowned let origin: Origin
    private let connection: ClientConnection
    private var deadline: TimerWheel.ID?
    /// What died while the connection to the host was tried.
    private var suspects: ContiguousArray<Fingerprint> = []
    private static let suspectsMax = 64
    private var isConnected = false
    private var notBeforeMs: Int64 = .min

    init(_ origin: Origin, _ setup: ProxySetup, _ snapshot: ProxySnapshot, on loop: EventLoop) {
        self.setup = setup
        self.loop = loop
        self.origin = origin
        connection = ClientConnection(on: loop, limits: snapshot.limits, timeouts: snapshot.timeouts)
        deadline = loop.addDeadline(self)
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    func stop() {
        connection.close()
        if let deadline { loop.clearDeadline(deadline) }
    }

    /// A request's connection has just died.
    func begin(_ fingerprint: Fingerprint) {
        if connection.isOpen {
            guard suspects.count < Self.suspectsMax else { return }
            suspects.append(fingerprint)
            return watch()
        }
        guard loop.nowMs >= notBeforeMs else { return }
        suspects.append(fingerprint)
        // If the host has died, what follows in the next second is the same death, which the board counts once.
        notBeforeMs = loop.nowMs + PoisonTable.sameDeathMs + 1
        isConnected = false
        connection.observer = self
        do throws(SystemError) {
            try connection.connect(to: origin.address, as: origin.takesProxyHeader ? .ourselves : nil)
            watch()
        } catch { suspects.removeAll() }
    }

    private func watch() {
        if let deadline { loop.setDeadline(deadline, atMs: loop.nowMs + Self.watchMs) }
    }

    func deadlinePassed() {
        let isAlive = isConnected && connection.isOpen
        connection.close()
        var isLifted = false
        if isAlive {
            notBeforeMs = .min
            for suspect in suspects where setup.poison.acquit(suspect, host: origin.id, nowMs: loop.nowMs) {
                isLifted = true
            }
        }
        suspects.removeAll()
        guard isLifted else { return }
        let name = String(decoding: origin.label, as: UTF8.self)
        setup.logger.notice("\(name) lives: what it ended a connection under is passed on again")
    }

    // MARK: What the connection tells

    func connected(_ connection: ClientConnection) { isConnected = true }

    func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict { .take }
    func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) {}
    func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection) {}
    func responsePaused(_ connection: ClientConnection) {}
    func requestDrained(_ connection: ClientConnection) {}
    func failed(_ failure: ClientFailure, _ connection: ClientConnection) {}
    func idleEnded(_ connection: ClientConnection) {}
}
