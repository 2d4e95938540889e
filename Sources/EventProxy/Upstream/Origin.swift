// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// One host of a service as one loop sees it: where it is, what answers say of it, and its idle connections.
final class Origin: ClientConnectionObserver {
    /// Idle connections of one host and one loop; more are closed after their answer.
    static let idleMax = 1024
    /// An unsafe request goes over an idle connection only if that was used so recently that the origin has hardly
    /// ended it meanwhile; such a request could not be sent again (RFC 9110 §9.2.2). Nor could one
    /// with more content than is kept.
    static let unsafeReuseMs: Int64 = 1_000

    /// That of `ResolvedHost`.
    let id: Int
    /// Its number in the loop's snapshot, or `TriedHosts.gone`.
    var number = TriedHosts.gone
    let address: SocketAddress
    /// It is told in a PROXY header whose connection it is given.
    let takesProxyHeader: Bool
    /// `NAME-ADDRESS-PORT`, as in the reference.
    private(set) var label: [UInt8] = []
    /// The same for the log's attempts.
    private(set) var logName = AttemptName(service: "", host: "", label: "")
    /// The response field that names the origin; empty when the configuration turns it off.
    private(set) var fields = FieldLines()
    let metrics: HostMetrics
    private let registry: WorkerMetrics
    /// The requests that it has, and those that wait for their turn.
    var queue: HostQueue<Transaction>
    private let loop: EventLoop
    private var limits = ParserLimits()
    private var timeouts = ClientTimeouts()
    private var idleMs: Int64 = 0
    /// The configuration does not have it any more: it finishes what it has.
    private var isRetired = false
    /// Connections may have been made under other timeouts and limits.
    private var hasChanged = false
    /// There is none until a connection has died under a request.
    private var postMortem: PostMortem?
    /// When it was last seen to die.
    private var diedNs: Int64 = 0
    /// Last in, first out: the connection used last is the least likely to have been ended.
    private var idle: ContiguousArray<ClientConnection> = []
    /// Closed connection objects, to be used again.
    private var spare: ContiguousArray<ClientConnection> = []

    init(
        _ host: ResolvedHost, _ snapshot: ProxySnapshot, on loop: EventLoop, worker: Int, _ metrics: WorkerMetrics
    ) {
        id = host.id
        address = host.address
        takesProxyHeader = host.takesProxyHeader
        queue = snapshot.hostLimits.queue(ofWorker: worker)
        self.loop = loop
        self.metrics = metrics.host(service: host.service, address: host.address.description)
        registry = metrics
        take(host, snapshot, worker: worker)
        hasChanged = false
    }

    deinit {
        registry.forget(metrics)
    }

    // MARK: What a snapshot says

    /// Takes over what a snapshot says of it.
    func take(_ host: ResolvedHost, _ snapshot: ProxySnapshot, worker: Int) {
        queue.take(snapshot.hostLimits.queue(ofWorker: worker))
        let label = host.label
        self.label = Array(label.utf8)
        logName = AttemptName(service: host.service, host: host.address.description, label: label)
        fields = FieldLines()
        if let name = snapshot.configuration.originHeader {
            // The configuration has been checked: name and label are what fields can have.
            do { try fields.add(name, label) } catch { preconditionFailure("\(error)") }
        }
        idleMs = snapshot.configuration.timeouts.originIdleMs
        guard limits != snapshot.limits || timeouts != snapshot.timeouts else { return }
        limits = snapshot.limits
        timeouts = snapshot.timeouts
        hasChanged = true
        for connection in idle { adjust(connection) }
        spare.removeAll()
    }

    private func adjust(_ connection: ClientConnection) {
        connection.limits = limits
        connection.timeouts = timeouts
    }

    /// The configuration does not have it any more. What is under way goes on; nothing is kept for later.
    func retire() {
        isRetired = true
        number = TriedHosts.gone
        shutDown()
    }

    // MARK: Connections

    /// An idle connection, the one used last; nil when there is none that this request may use. Of a host that is told
    /// whose they are it must be `client`'s: by its address and its port, as both have been told.
    func takeIdle(forUnsafeRequest isUnsafe: Bool, of client: SocketAddress? = nil) -> ClientConnection? {
        if takesProxyHeader {
            guard let own = idle.lastIndex(where: { $0.client == client }) else { return nil }
            idle.swapAt(own, idle.count - 1)
        }
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
        if hasChanged { adjust(connection) }
        guard connection.isOpen, !isRetired, keepMs > 0, idle.count < Self.idleMax else {
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
        if hasChanged { adjust(connection) }
        if !isRetired, spare.count < Self.idleMax { spare.append(connection) }
    }

    /// Shorter than the origin says that it keeps an idle connection, so that we end it and not a race.
    private func keepAliveMs(_ connection: ClientConnection) -> Int64 {
        guard let seconds = connection.keepAliveSeconds else { return .max }
        return (Int64(clamping: min(seconds, 86_400)) - 1) * 1_000
    }

    // MARK: Deaths

    /// A connection died under a fresh attempt. Whether that is news of the host: a death is seen by all who wait
    /// there, and counts once.
    func sawDeath(beganNs: Int64) -> Bool {
        guard beganNs >= diedNs else { return false }
        diedNs = loop.nowNs
        return true
    }

    /// Has it found out whether the host lives; if it does, the death is taken back.
    func examine(_ fingerprint: Fingerprint, _ setup: ProxySetup, _ snapshot: ProxySnapshot) {
        let postMortem = postMortem ?? PostMortem(self, setup, snapshot, on: loop)
        self.postMortem = postMortem
        postMortem.begin(fingerprint)
    }

    // MARK: The end

    /// Closes what is not in use; the origin and its connections let go of each other.
    func shutDown() {
        postMortem?.stop()
        postMortem = nil
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
