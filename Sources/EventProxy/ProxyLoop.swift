// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// The proxy on one loop: the origins as this loop sees them, and the transactions.
///
/// Choosing hosts and learning from them is in ProxyLoop+Hosts.
final class ProxyLoop: Postponable {
    let loop: EventLoop
    let setup: ProxySetup
    /// Who may ask for what, if the configuration says so.
    let edge: Edge?
    let origins: [Origin]
    let attemptsMax: Int
    let trustsIdempotencyKey: Bool
    let mayHedge: Bool
    /// The promise: after so long without a response the client is answered 504.
    let totalTimeoutMs: Int64
    /// What one of several attempts may take.
    let tryTimeoutMs: Int64
    /// `Via` as the proxy adds it, by the version of what it received (RFC 9110 §7.6.3).
    let via: FieldLines
    let viaHTTP10: FieldLines
    /// The name in `Via` that tells this process from every other.
    let pseudonym: [UInt8]
    /// The response field that names the origin.
    let originName: [UInt8]
    let originField: FieldName?
    /// Each request gets an `X-Request-ID`.
    let namesRequests: Bool
    let tracing: ProxyConfiguration.Tracing.Mode

    // What is known of the hosts.
    var table: HostTable
    var balancer: Balancer
    var health: HealthView
    var detectors: ContiguousArray<OutlierDetector>
    var budgets: ContiguousArray<RetryBudget>
    /// When each host was last seen to die.
    var diedNs: ContiguousArray<Int64>
    var latency = LatencyQuantile()
    var memory = SuccessMemory()
    var random: SplitMix64
    var identifiers: IdentifierSource
    let metrics: WorkerMetrics
    /// Of each service.
    let serviceMetrics: ContiguousArray<ServiceMetrics>
    private var recentLag = RecentMaximum()
    var limitLines = LineThrottle()
    /// Hosts at which somebody's turn may have come.
    var dueHosts: ContiguousArray<Int> = []

    /// By host; there is none until a connection of it has died under a request.
    var postMortems: ContiguousArray<PostMortem?>
    private var checker: HealthChecker?
    private var lag: LoopLag?
    private var isShutDown = false
    private var idle: ContiguousArray<Transaction> = []
    private var retries: ContiguousArray<Transaction> = []

    init(_ setup: ProxySetup, on loop: EventLoop, worker: Int) {
        self.loop = loop
        self.setup = setup
        edge = setup.edge
        let configuration = setup.configuration
        // Each goes to a host of its own.
        attemptsMax = min(configuration.attempts, TriedHosts.attemptsMax, setup.hosts.count)
        trustsIdempotencyKey = configuration.retry.idempotencyKey
        totalTimeoutMs = configuration.timeouts.responseMs
        tryTimeoutMs = configuration.timeouts.perTryMs
        pseudonym = Array(setup.pseudonym.utf8)
        via = FieldLines(["Via": "1.1 \(setup.pseudonym)"])
        viaHTTP10 = FieldLines(["Via": "1.0 \(setup.pseudonym)"])
        let name = Array((configuration.originHeader ?? "").utf8)
        originName = name
        originField = name.isEmpty ? nil : FieldName(name.span)
        namesRequests = configuration.requestID
        tracing = configuration.tracing.traceparent
        let metrics = setup.metrics[worker]
        self.metrics = metrics
        serviceMetrics = ContiguousArray(configuration.services.map { metrics.service($0.name) })
        origins = setup.hosts.map { host in
            Origin(
                service: host.service, host: host.host, address: host.address,
                fieldName: configuration.originHeader, queue: setup.hostLimits.queue(ofWorker: worker), on: loop,
                limits: setup.limits, timeouts: setup.timeouts, idleMs: configuration.timeouts.originIdleMs,
                metrics: metrics)
        }
        mayHedge = configuration.retry.hedge && origins.count > 1
        let table = setup.makeTable()
        let seed = setup.seed &+ worker
        balancer = setup.makeBalancer(table, seed: seed)
        self.table = table
        health = HealthView(setup.health)
        detectors = ContiguousArray(repeating: OutlierDetector(), count: origins.count)
        diedNs = ContiguousArray(repeating: 0, count: origins.count)
        budgets = ContiguousArray(repeating: RetryBudget(workers: setup.workers), count: setup.hostCounts.count)
        postMortems = ContiguousArray(repeating: nil, count: origins.count)
        random = SplitMix64(seed: UInt64(truncatingIfNeeded: seed))
        identifiers = setup.identifiers.forWorker(worker)
        if worker == 0 { checker = HealthChecker(setup, on: loop) }
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
    var shedsRetries: Bool { (lag?.level ?? .nothing) >= .retries }

    func begin(
        _ request: borrowing RequestHead, _ exchange: consuming Exchange, _ peer: Peer, _ identity: RequestIdentity
    ) {
        if lag?.level == .everything {
            metrics.shed.add()
            return ProxyResponse.overloaded.send(exchange, identity)
        }
        let fingerprint = Fingerprint(
            method: request.method, path: request.path, query: request.query, key: setup.fingerprintKey)
        let verdict = check(fingerprint)
        if case .quarantined(let untilMs) = verdict { return quarantined(untilMs: untilMs).send(exchange, identity) }
        let transaction = idle.popLast() ?? Transaction(self)
        transaction.begin(request, exchange, peer, identity, fingerprint)
        if verdict != .allowed { transaction.attempt.onProbation() }
        transaction.tryFirstHost()
    }

    /// Whether a request may be sent, by what its like has done to origins.
    func check(_ fingerprint: Fingerprint) -> PoisonBoard.Verdict {
        let verdict = setup.poison.check(fingerprint, nowMs: loop.nowMs)
        guard case .quarantined = verdict else { return verdict }
        // A refusal is there to save the other hosts. Where there is none, it would only make an outage of an origin's
        // restart; then the request is tried once, like one on probation.
        if origins.count == 1 { return .probation }
        metrics.quarantined.add()
        return verdict
    }

    func quarantined(untilMs: Int64) -> ProxyResponse {
        .quarantined(seconds: (untilMs - loop.nowMs + 999) / 1_000)
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
        while let host = dueHosts.popLast() { serveQueue(host) }
    }

    /// The server has drained: nothing is in flight. What owns each other in a circle is let go.
    func shutDown() {
        isShutDown = true
        metrics.heartbeat.stop()
        checker?.stop()
        lag = nil
        for origin in origins { origin.shutDown() }
        for postMortem in postMortems { postMortem?.stop() }
        idle.removeAll()
        retries.removeAll()
        dueHosts.removeAll()
    }

    // MARK: The copy of a request's content

    func append(_ bytes: Span<UInt8>, chunked: Bool, to buffer: inout Buffer) {
        ReplayWriter.append(bytes, chunked: chunked, to: &buffer, pool: loop.pool)
    }

    func appendLastChunk(_ trailers: borrowing Fields, to buffer: inout Buffer) {
        ReplayWriter.appendLastChunk(trailers, to: &buffer, pool: loop.pool)
    }
}
