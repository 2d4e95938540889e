// SPDX-License-Identifier: Apache-2.0
internal import Logging

/// The server on one loop: its handler, its listener, and its connections.
final class ServerLoop {
    let loop: EventLoop
    let context: ServerContext
    private var listener: Listener?
    /// Every connection object there is; they are used again and again.
    private var connections: ContiguousArray<ServerConnection> = []
    private var idle: ContiguousArray<ServerConnection> = []
    private var drained: (() -> Void)?
    private let logger: Logger
    private var acceptFailures = LineThrottle(intervalMs: warningIntervalMs)
    private var refusals = LineThrottle(intervalMs: warningIntervalMs)
    /// One line for all the times that the same happened meanwhile.
    private static let warningIntervalMs: Int64 = 10_000

    init(
        on loop: EventLoop, handler: AnyHandler, options: ServerOptions, accessLog: AccessLog?, metrics: ServerMetrics
    ) {
        self.loop = loop
        context = ServerContext(
            on: loop, handler: handler, options: options, accessLog: accessLog, metrics: metrics)
        logger = Logger(label: "server")
    }

    var options: ServerOptions { context.options }
    var openCount: Int { connections.count - idle.count }

    func listen(_ descriptor: consuming Descriptor, of group: ListenerGroup) {
        listener = Listener(descriptor, of: group, server: self)
    }

    func accepted(_ descriptor: consuming Descriptor, peer: SocketAddress) {
        let connection: ServerConnection
        if let used = idle.popLast() {
            connection = used
        } else {
            connection = ServerConnection(self)
            connection.place = Int32(connections.count)
            connections.append(connection)
        }
        context.metrics.connectionsAccepted.add()
        connection.open(descriptor, peer: peer)
    }

    /// A connection has closed; its object can be used again by the next accept, which is a callback of its own.
    func closed(_ connection: ServerConnection) {
        context.metrics.connectionsClosed.add()
        if idle.count < Self.idleMax { idle.append(connection) } else { forget(connection) }
        listener?.resumeIfWaiting()
        if context.isDraining, openCount == 0 { finishDrain() }
    }

    /// Closed connections whose objects are kept for the next; more are what a peak has left.
    private static let idleMax = 1_024

    private func forget(_ connection: ServerConnection) {
        let last = connections.removeLast()
        if last === connection { return }
        connections[Int(connection.place)] = last
        last.place = connection.place
    }

    /// Connections wait in the kernel's queue because this process cannot have more descriptors.
    func acceptFailed(_ number: Int32) {
        guard acceptFailures.count(nowMs: loop.nowMs) != nil else { return }
        logger.warning("\(SystemError("accept a connection", number))")
    }

    func change(_ options: ServerOptions) {
        context.options = options
        listener?.resumeIfWaiting()
    }

    /// A connection is closed for its PROXY header.
    func refused(_ error: ProxyHeaderError, from peer: SocketAddress) {
        context.metrics.proxyHeadersRefused.add()
        guard refusals.count(nowMs: loop.nowMs) != nil else { return }
        let total = context.metrics.proxyHeadersRefused.total
        logger.warning(
            "closed a connection of \(peer): \(error.reason) (\(total) so far); trusted proxies must send one")
    }

    // MARK: Stopping

    /// Over how long the connections without a request are closed, so that not all of their clients come back at once,
    /// somewhere else: at most as long as new ones were still taken.
    private static let closeSpreadMsMax: Int64 = 2_000

    /// Stops accepting, lets what is in flight finish, and calls `completion` when nothing is left or the time is up.
    func drain(_ pace: Drain.Pace, _ completion: @escaping () -> Void) {
        guard !context.endsConnections else { return }
        context.endsConnections = true
        drained = completion
        let delayMs = pace == .delayed ? options.drainDelayMs : 0
        _ = handOver()
        if delayMs == 0 { return stopAccepting(spreadMs: 0) }
        loop.schedule(afterMs: delayMs) { [weak self] in
            self?.stopAccepting(spreadMs: min(delayMs, Self.closeSpreadMsMax))
        }
    }

    /// Has new connections go to the process that takes over, if there is one; how long some that began before may yet
    /// be on their way to this one.
    private func handOver() -> Int64 {
        do throws(SystemError) {
            guard let sinceMs = try listener?.handOver() else { return 0 }
            return max(sinceMs + ListenerGroup.handshakeMs - loop.nowMs, 0)
        } catch {
            logger.warning("\(error); connections that begin as this process ends may fail")
            return 0
        }
    }

    private func stopAccepting(spreadMs: Int64) {
        let waitMs = handOver()
        if waitMs == 0 { return closeListener(spreadMs: spreadMs) }
        loop.schedule(afterMs: waitMs) { [weak self] in self?.closeListener(spreadMs: spreadMs) }
    }

    private func closeListener(spreadMs: Int64) {
        context.isDraining = true
        // Those in the kernel's queue have been told that they are connected.
        listener?.acceptLast()
        listener = nil
        let count = Int64(openCount)
        var position: Int64 = 0
        for connection in connections where connection.isOpen {
            connection.serverDrains(afterMs: spreadMs * position / count)
            position += 1
        }
        if openCount == 0 { return finishDrain() }
        loop.schedule(afterMs: options.drainTimeoutMs) { [weak self] in self?.drainTimedOut() }
    }

    private func drainTimedOut() {
        abortAll(.drainTimeout)
        finishDrain()
    }

    private func abortAll(_ outcome: ExchangeOutcome) {
        for connection in connections where connection.isOpen { connection.abort(.clientGone, outcome) }
    }

    /// Nobody serves any more. Handlers may still hold exchanges: they become tokens of nothing.
    func abandon() {
        drained = nil
        listener = nil
        abortAll(.responseCut)
    }

    private func finishDrain() {
        let completion = drained
        drained = nil
        completion?()
    }
}
