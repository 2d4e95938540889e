// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// One host of a service as one loop sees it: where it is, what answers say of it, and its idle connections.
final class Origin: IdleConnectionObserver {
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
    /// There is none until a connection has died under a request.
    private var postMortem: PostMortem?
    /// When it was last seen to die.
    private var diedNs: Int64 = 0
    private var connections: ConnectionPool

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
        connections = ConnectionPool(limits: snapshot.limits, timeouts: snapshot.timeouts)
        take(host, snapshot, worker: worker)
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
        connections.idleMs = snapshot.configuration.timeouts.originIdleMs
        connections.change(snapshot.limits, snapshot.timeouts)
    }

    /// The configuration does not have it any more. What is under way goes on; nothing is kept for later.
    func retire() {
        number = TriedHosts.gone
        shutDown()
    }

    // MARK: Connections

    /// An idle connection, the one used last; nil when there is none that this request may use. Of a host that is told
    /// whose they are it must be `client`'s: by its address and its port, as both have been told.
    func takeIdle(forUnsafeRequest isUnsafe: Bool, of client: SocketAddress? = nil) -> ClientConnection? {
        if takesProxyHeader, !connections.preferIdle(of: client) { return nil }
        guard let connection = connections.takeIdle(forUnsafeRequest: isUnsafe, nowMs: loop.nowMs) else { return nil }
        metrics.connectionsIdle.add(-1)
        metrics.connectionsActive.add(1)
        return connection
    }

    /// A connection that is not connected yet.
    func takeClosed() -> ClientConnection {
        metrics.connectionsActive.add(1)
        metrics.connectionsMade.add()
        return connections.takeClosed(on: loop)
    }

    /// Takes a connection back whose response is complete.
    func giveBack(_ connection: ClientConnection) {
        metrics.connectionsActive.add(-1)
        if connections.giveBack(connection, observer: self) { metrics.connectionsIdle.add(1) }
    }

    /// Takes a connection back that was in use and is closed.
    func giveBackClosed(_ connection: ClientConnection) {
        metrics.connectionsActive.add(-1)
        connections.keepClosed(connection)
    }

    /// An idle connection was ended by the host, or grew too old.
    func idleEnded(_ connection: ClientConnection) {
        if connections.ended(connection) { metrics.connectionsIdle.add(-1) }
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

    /// Closes what is not in use, and keeps nothing any more; the origin and its connections let go of each other.
    func shutDown() {
        postMortem?.stop()
        postMortem = nil
        metrics.connectionsIdle.add(Int64(-connections.idleCount))
        connections.retire()
    }
}
