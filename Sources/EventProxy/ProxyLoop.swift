// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// The proxy on one loop: the origins as this loop sees them, and the transactions.
///
/// Choosing hosts and learning from them is in ProxyLoop+Hosts; what a reload changes in ProxyLoop+Snapshot.
final class ProxyLoop: Postponable {
    let loop: EventLoop
    let setup: ProxySetup
    // Beside the setup, so that a request counts no references in memory that all workers share.
    private let fingerprintKey: UInt64
    let poison: PoisonBoard
    /// Who may ask for what, if the configuration says so.
    var edge: Edge?
    let worker: Int
    let policy: AnyPolicy?

    // What the snapshot says, ready for use.
    var snapshot: ProxySnapshot
    var origins: ContiguousArray<Origin> = []
    var attemptsMax = 1
    var trustsIdempotencyKey = false
    var mayHedge = false
    /// The promise: after so long without a response the client is answered 504.
    var totalTimeoutMs: Int64 = 0
    /// Whose requests may have it shorter.
    var requestTimeout = ProxyConfiguration.RequestTimeout.ignore
    /// What one of several attempts may take.
    var tryTimeoutMs: Int64 = 0
    var hashKey = HashKey.none
    /// The response field that names the origin.
    var originName: [UInt8] = []
    var originField: FieldName?

    /// `Via` as the proxy adds it, by the version of what it received (RFC 9110 §7.6.3).
    let via: FieldLines
    let viaHTTP10: FieldLines
    /// The name in `Via` that tells this process from every other.
    let pseudonym: [UInt8]
    /// In `Proxy-Status`.
    let name: [UInt8]
    /// Each request gets an `X-Request-ID`.
    var namesRequests = false
    /// `Proxy-Status` is written.
    var tellsStatus = false
    var tracing = ProxyConfiguration.Tracing.Mode.propagate

    // What is known of the hosts.
    var table: HostTable
    var balancer: Balancer
    var health: HealthView
    var detectors: ContiguousArray<OutlierDetector>
    var budgets: ContiguousArray<RetryBudget>
    /// Of each service, if its limit is to be found out.
    var concurrency: ContiguousArray<ConcurrencyLimit> = []
    var latency = LatencyQuantile()
    var memory = SuccessMemory()
    var random: SplitMix64
    var identifiers: IdentifierSource
    let metrics: WorkerMetrics
    /// Of each service.
    var serviceMetrics: ContiguousArray<ServiceMetrics> = []
    private var recentLag = RecentMaximum()
    var limitLines = LineThrottle()
    var refusedEjectionLines = LineThrottle()
    /// Hosts at which somebody's turn may have come.
    var dueOrigins: ContiguousArray<Origin> = []

    /// Requests whose clients' passwords are being looked at, by the numbers of these checks.
    var awaitingCheck: [UInt64: Transaction] = [:]
    var checks: UInt64 = 0
    /// As other threads name it.
    private(set) lazy var bound = LoopBound(self, on: loop)

    private var lag: LoopLag?
    /// Memory runs out.
    var shedsForMemory = false
    private(set) var isShutDown = false
    /// Every transaction there is; they are used again and again.
    private(set) var transactions: ContiguousArray<Transaction> = []
    private var idle: ContiguousArray<Transaction> = []
    private var retries: ContiguousArray<Transaction> = []

    init(_ setup: ProxySetup, on loop: EventLoop, worker: Int, policy: AnyPolicy? = nil) {
        self.loop = loop
        self.policy = policy
        self.setup = setup
        fingerprintKey = setup.fingerprintKey
        poison = setup.poison
        self.worker = worker
        let snapshot = setup.snapshot
        self.snapshot = snapshot
        name = Array(setup.name.utf8)
        pseudonym = Array(setup.pseudonym.utf8)
        via = FieldLines(["Via": "1.1 \(setup.pseudonym)"])
        viaHTTP10 = FieldLines(["Via": "1.0 \(setup.pseudonym)"])
        let metrics = setup.metrics[worker]
        self.metrics = metrics
        let table = snapshot.makeTable()
        let seed = setup.seed &+ worker
        balancer = snapshot.makeBalancer(table, seed: seed)
        self.table = table
        health = HealthView(snapshot.health)
        detectors = ContiguousArray(repeating: OutlierDetector(), count: snapshot.hosts.count)
        budgets = ContiguousArray(repeating: RetryBudget(workers: setup.workers), count: snapshot.hostCounts.count)
        random = SplitMix64(seed: UInt64(truncatingIfNeeded: seed))
        identifiers = setup.identifiers.forWorker(worker)
        let logger = setup.logger
        metrics.heartbeat.start(nowMs: loop.nowMs)
        lag = LoopLag(on: loop) { [unowned self] lagUs in
            sampled(lagUs: lagUs)
        } told: { level in
            metrics.shedLevel.set(Int64(level.rawValue))
            switch level {
            case .nothing: logger.notice("worker \(worker) keeps up again")
            case .retries: logger.warning("worker \(worker) is late: it sends nothing twice")
            case .everything: logger.error("worker \(worker) is overloaded: it answers requests 503")
            }
        }
        origins = ContiguousArray(snapshot.hosts.map { Origin($0, snapshot, on: loop, worker: worker, metrics) })
        for host in origins.indices { origins[host].number = host }
        moveConcurrency([], snapshot)
        takeRules(from: snapshot)
    }

    /// Ten times a second: shows that the loop comes round, and what else is not counted as it happens.
    private func sampled(lagUs: Int64) {
        metrics.heartbeat.beat(nowMs: loop.nowMs)
        metrics.lagUs.set(recentLag.record(lagUs, nowMs: loop.nowMs))
        for service in budgets.indices {
            serviceMetrics[service].budget.set(Int64(budgets[service].available(nowMs: loop.nowMs)))
        }
    }

    // MARK: Transactions

    /// Overload: further attempts and hedges, which are extra load, go before first attempts.
    var shedsRetries: Bool { shedsForMemory || (lag?.level ?? .nothing) >= .retries }

    func begin(
        _ request: borrowing RequestHead, _ exchange: consuming Exchange, _ peer: Peer, _ identity: RequestIdentity,
        _ route: Route?
    ) {
        if shedsForMemory || lag?.level == .everything {
            return refuse(exchange, identity)
        }
        var check: PasswordCheck?
        if let authentication = route?.authentication {
            switch authenticate(request, authentication, from: exchange.clientAddress) {
            case .admitted: break
            case .pending(let pending): check = pending
            case .refused(let answer): return answer.send(exchange, identity, by: self)
            }
        }
        var destination = Destination(route)
        var answer: PolicyAnswer?
        if let policy {
            let decision = policy.route(request, from: exchange.clientAddress)
            answer = follow(decision, of: policy, &destination)
            // Whoever has yet to be known gets it then.
            if let answer, check == nil { return answer.send(exchange, identity, by: self) }
        }
        let fingerprint = Fingerprint(
            method: request.method, path: request.path, query: request.query,
            key: fingerprintKey ^ (route?.fingerprintSalt ?? 0))
        // A request that has to wait for its client's password is looked at after that.
        let verdict = check == nil ? self.check(fingerprint, among: destination.choice.services) : .allowed
        if case .quarantined(let untilMs) = verdict {
            return quarantined(untilMs: untilMs).send(exchange, identity, by: self)
        }
        let transaction = idle.popLast() ?? addTransaction()
        transaction.route = route
        transaction.choice = destination.choice
        transaction.mark = destination.mark
        if !destination.isDecided, let split = route?.split {
            destination.preferred = split.choice(for: request, from: exchange.clientAddress, using: &random)
        }
        transaction.begin(request, exchange, peer, identity, fingerprint)
        if verdict != .allowed { transaction.attempt.onProbation() }
        if let check { return transaction.awaitCheck(check, destination, answer) }
        transaction.tryFirstHost(preferring: destination.preferred, host: destination.host)
    }

    private func refuse(_ exchange: consuming Exchange, _ identity: RequestIdentity) {
        if shedsForMemory { metrics.shedForMemory.add() } else { metrics.shed.add() }
        // A client that comes again over another connection may come to another proxy.
        exchange.endConnection()
        ProxyResponse.overloaded(shedsForMemory ? .memory : .loopLag).send(exchange, identity, by: self)
    }

    /// Whether a request may be sent, by what its like has done to origins.
    func check(_ fingerprint: Fingerprint, among services: ServiceMask) -> PoisonBoard.Verdict {
        let verdict = poison.check(fingerprint, nowMs: loop.nowMs)
        guard case .quarantined = verdict else { return verdict }
        // A refusal is there to save the other hosts. Where there is none, it would only make an outage of an origin's
        // restart; then the request is tried once, like one on probation.
        if table.hostCount(of: services) == 1 { return .probation }
        metrics.quarantined.add()
        return verdict
    }

    func quarantined(untilMs: Int64) -> ProxyResponse {
        .quarantined(seconds: (untilMs - loop.nowMs + 999) / 1_000)
    }

    private func addTransaction() -> Transaction {
        let transaction = Transaction(self)
        transactions.append(transaction)
        return transaction
    }

    func ended(_ transaction: Transaction) {
        // The end of the last one may be what the server's drain waited for.
        if !isShutDown { idle.append(transaction) }
    }

    /// Has a transaction try again from a clean stack.
    func later(_ transaction: Transaction) {
        retries.append(transaction)
        loop.later(self)
    }

    func resume() {
        let due = retries
        retries.removeAll(keepingCapacity: true)
        // One whose client has left meanwhile has nothing to go on with.
        for transaction in due { transaction.goOn() }
        while let host = dueOrigins.popLast() { serveQueue(host) }
    }

    /// The server has drained: nothing is in flight. What owns each other in a circle is let go.
    func shutDown() {
        isShutDown = true
        metrics.heartbeat.stop()
        lag = nil
        for origin in origins { origin.shutDown() }
        idle.removeAll()
        transactions.removeAll()
        retries.removeAll()
        dueOrigins.removeAll()
        awaitingCheck.removeAll()
    }

    // MARK: The copy of a request's content

    func append(_ bytes: Span<UInt8>, chunked: Bool, to buffer: inout Buffer) {
        ReplayWriter.append(bytes, chunked: chunked, to: &buffer, pool: loop.pool)
    }

    func appendLastChunk(_ trailers: borrowing Fields, to buffer: inout Buffer) {
        ReplayWriter.appendLastChunk(trailers, to: &buffer, pool: loop.pool)
    }
}
