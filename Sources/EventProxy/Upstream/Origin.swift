// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// One host of a service as one loop sees it: where it is, what answers say of it, and its idle connections.
final class Origin: ClientConnectionObserver {
    /// Idle connections of one host and one loop; more are closed after their answer.
    static let idleMax = 1024
    /// An unsafe request goes over an idle connection only if that was used so recently that the origin has hardly
    /// ended it meanwhile; such a request could not be sent again (RFC 9110 §9.2.2).
    static let unsafeReuseMs: Int64 = 1_000

    let address: SocketAddress
    /// `NAME-ADDRESS-PORT`, as in the reference.
    let label: [UInt8]
    /// The response field that names the origin; empty when the configuration turns it off.
    let fields: FieldLines
    let metrics: HostMetrics
    private let registry: WorkerMetrics
    /// The requests that it has, and those that wait for their turn.
    var queue: HostQueue<Transaction>
    private let loop: EventLoop
    private let limits: ParserLimits
    private let timeouts: ClientTimeouts
    private let idleMs: Int64
    /// Last in, first out: the connection used last is the least likely to have been ended.
    private var idle: ContiguousArray<ClientConnection> = []
    /// Closed connection objects, to be used again.
    private var spare: ContiguousArray<ClientConnection> = []

    init(
        service: String, host: ProxyConfiguration.Host, address: SocketAddress, fieldName: String?,
        queue: consuming HostQueue<Transaction>, on loop: EventLoop, limits: ParserLimits, timeouts: ClientTimeouts,
        idleMs: Int64, metrics: WorkerMetrics
    ) {
        let label = "\(service)-\(host.address)-\(host.port)"
        self.label = Array(label.utf8)
        self.address = address
        self.queue = queue
        self.loop = loop
        self.limits = limits
        self.timeouts = timeouts
        self.idleMs = idleMs
        self.metrics = metrics.host(service: service, address: address.description)
        registry = metrics
        var fields = FieldLines()
        if let fieldName {
            // The configuration has been checked: name and label are what fields can have.
            do { try fields.add(fieldName, label) } catch { preconditionFailure("\(error)") }
        }
        self.fields = fields
    }

    deinit {
        registry.forget(metrics)
    }

    /// An idle connection, the one used last; nil when there is none that this request may use.
    func takeIdle(forUnsafeRequest isUnsafe: Bool) -> ClientConnection? {
        guard let connection = idle.last else { return nil }
        if isUnsafe, loop.nowMs - connection.usedAtMs > Self.unsafeReuseMs { return nil }
        idle.removeLast()
        metrics.connectionsIdle.add(-1)
        metrics.connectionsActive.add(1)
        return connection
    }

    /// A connection that is not connected yet.
    func takeClosed() -> ClientConnection {
        metrics.connectionsActive.add(1)
        metrics.connectionsMade.add()
        if let connection = spare.popLast() { return connection }
        return ClientConnection(on: loop, limits: limits, timeouts: timeouts)
    }

    /// Takes a connection back whose response is complete.
    func giveBack(_ connection: ClientConnection) {
        let keepMs = min(idleMs, keepAliveMs(connection))
        guard connection.isOpen, keepMs > 0, idle.count < Self.idleMax else {
            connection.close()
            return giveBackClosed(connection)
        }
        connection.observer = self
        connection.becomeIdle(forMs: keepMs)
        idle.append(connection)
        metrics.connectionsActive.add(-1)
        metrics.connectionsIdle.add(1)
    }

    /// Takes a connection back that was in use and is closed.
    func giveBackClosed(_ connection: ClientConnection) {
        metrics.connectionsActive.add(-1)
        keepClosed(connection)
    }

    private func keepClosed(_ connection: ClientConnection) {
        connection.observer = nil
        if spare.count < Self.idleMax { spare.append(connection) }
    }

    /// Shorter than the origin says that it keeps an idle connection, so that we end it and not a race.
    private func keepAliveMs(_ connection: ClientConnection) -> Int64 {
        guard let seconds = connection.keepAliveSeconds else { return .max }
        return (Int64(clamping: min(seconds, 86_400)) - 1) * 1_000
    }

    /// Closes what is not in use; the origin and its connections let go of each other.
    func shutDown() {
        for connection in idle { connection.close() }
        metrics.connectionsIdle.add(Int64(-idle.count))
        idle.removeAll()
        spare.removeAll()
    }

    // MARK: What an idle connection tells

    func idleEnded(_ connection: ClientConnection) {
        if let index = idle.lastIndex(where: { $0 === connection }) {
            idle.remove(at: index)
            metrics.connectionsIdle.add(-1)
        }
        keepClosed(connection)
    }

    func connected(_ connection: ClientConnection) {}
    func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict { .take }
    func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) {}
    func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection) {}
    func responsePaused(_ connection: ClientConnection) {}
    func requestDrained(_ connection: ClientConnection) {}
    func failed(_ failure: ClientFailure, _ connection: ClientConnection) { idleEnded(connection) }
}
