// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    @testable import EventHTTP
    @testable import EventProxy
    import Logging

    /// One seed's world: a proxy with all that is real of it, origins and clients that are not, and a record of what
    /// happened to each request, by which the promises are judged.
    final class World {
        let seed: UInt64
        let kernel: SimulatedKernel
        var random: SimulatedRandom
        let address = SocketAddress("10.9.9.9", port: 8_888)!
        var thinkMs = 200
        private(set) var problems: [String] = []
        private(set) var origins: [SimulatedOrigin] = []
        private(set) var clients: [SimulatedClient] = []
        private(set) var records: [Int: Record] = [:]
        /// When the proxy was told to stop, and how many of its loops have.
        private(set) var drainMs = Int64.max
        private(set) var drained = 0
        private var orders = 0
        private var renewals = 0

        // The real thing.
        private(set) var setup: ProxySetup?
        private(set) var proxies: [ProxyLoop] = []
        private(set) var servers: [HTTPServer] = []
        private(set) var pools: [BufferPool] = []
        private(set) var checker: HealthChecker?
        /// Makes the policy of each loop, if they have one.
        var policy: (_ world: World) -> AnyPolicy? = { _ in nil }

        struct Record {
            var request: Request?
            var client: SocketAddress?
            var isGood = false
            var askedMs: Int64 = 0
            /// The hosts that were sent it.
            var hosts: [Int] = []
            var kills = 0
            var answerBegan = false
            var answerIsCut = false
            var ends = 0
        }

        init(seed: UInt64) {
            self.seed = seed
            random = SimulatedRandom(seed: seed ^ 0x5151_5151)
            kernel = SimulatedKernel(seed: seed)
        }

        func problem(_ text: String) {
            if problems.count < 20 { problems.append("at \(kernel.nowMs) ms: \(text)") }
        }

        func nextOrder() -> Int {
            orders += 1
            return orders
        }

        // MARK: Building

        func addOrigins(_ count: Int) {
            for index in 0..<count {
                let origin = SimulatedOrigin(self, index: index)
                kernel.listen(origin, at: origin.address)
                origins.append(origin)
            }
        }

        @discardableResult
        func addClient(
            _ requests: [Request], _ manner: SimulatedClient.Manner, atMs: Int64
        ) -> SimulatedClient {
            let client = SimulatedClient(self, index: clients.count, requests, manner)
            clients.append(client)
            kernel.after(ms: atMs) { client.start() }
            return client
        }

        /// Starts the proxy, its services being runs of the origins. Each loop accepts in turn.
        func startProxy(_ services: [Int], workers: Int = 1, configure: (inout ProxyConfiguration) -> Void) {
            kernel.enter {
                var first = 0
                var parts: [ProxyConfiguration.Service] = []
                for (index, count) in services.enumerated() {
                    let hosts = origins[first..<first + count].map {
                        ProxyConfiguration.Host(address: $0.address.host, port: $0.address.port)
                    }
                    parts.append(ProxyConfiguration.Service(name: "s\(index)", hosts: hosts))
                    first += count
                }
                var configuration = ProxyConfiguration(services: parts)
                configuration.limits.connections = 1_000
                for index in configuration.services.indices where sendsProxyHeaders {
                    configuration.services[index].sendProxy = .v2
                }
                configure(&configuration)
                do {
                    var logger = Logger(label: "proxy-log")
                    logger.logLevel = .critical
                    let setup = ProxySetup(
                        configuration, seed: UInt32(truncatingIfNeeded: seed), workers: workers, fingerprintKey: seed,
                        logger: logger)
                    self.setup = setup
                    startChecks(setup)
                    for worker in 0..<workers { try startWorker(worker, setup) }
                } catch {
                    problem("no proxy: \(error)")
                }
            }
        }

        /// On a loop of their own, as in the executable.
        private func startChecks(_ setup: ProxySetup) {
            let loop = EventLoop()
            checker = HealthChecker(setup, on: loop)
            pools.append(loop.pool)
        }

        private func startWorker(_ worker: Int, _ setup: ProxySetup) throws {
            let loop = EventLoop()
            let handler = ReverseProxy(setup, on: loop, worker: worker, policy(self))
            proxies.append(handler.proxy)
            pools.append(loop.pool)
            let socket = try ListeningSocket(on: address)
            servers.append(
                HTTPServer(
                    on: loop, socket: socket, options: setup.serverOptions,
                    metrics: setup.serverMetrics(worker: worker), handler: handler))
        }

        /// Stops the proxy in order, in the middle of everything.
        func drain(atMs: Int64) {
            kernel.after(ms: atMs) { [self] in
                drainMs = kernel.nowMs
                for server in servers { server.drain(.immediate) { [unowned self] in drained += 1 } }
            }
        }

        // MARK: What clients and origins tell

        func asked(_ request: Request, from client: SocketAddress, isGood: Bool) {
            kernel.note(20, request.id, request.count)
            records[request.id] = Record(request: request, client: client, isGood: isGood, askedMs: kernel.nowMs)
        }

        /// The same once more, as a request of its own.
        func renewed(_ request: Request) -> Request {
            renewals += 1
            return Request(
                id: 1_000_000 + renewals, method: request.method, path: request.path, count: request.count,
                size: request.size, isChunked: request.isChunked, expects: request.expects, hasKey: request.hasKey)
        }

        /// `client` is whose connection the origin was told it is, if it expects to be told.
        func delivered(_ id: Int, to host: Int, _ head: Head, over client: SocketAddress?) {
            kernel.note(21, id, host)
            guard let request = records[id]?.request else { return problem("request \(id) was never made") }
            if sendsProxyHeaders, records[id]?.client != client {
                problem("request \(id) came over a connection of \(client?.description ?? "nobody")")
            }
            records[id]?.hosts.append(host)
            if judgesLimits, let limits = setup?.hostLimits {
                // What each worker may send, whatever the shares are.
                let most = max(limits.requests, limits.workers)
                let busy = origins[host].busyCount
                if busy > most { problem("host \(host) has \(busy) requests, \(most) may be") }
            }
            if head.line != "\(request.method) \(request.path) HTTP/1.1" {
                problem("request \(id) arrived as \(head.line)")
            }
            if !request.isIdempotent, records[id]?.hosts.count ?? 0 > 1 {
                problem("P2: \(request.method) \(id) was delivered to hosts \(records[id]?.hosts ?? [])")
            }
        }

        func killed(by id: Int) {
            records[id]?.kills += 1
            if let kills = records[id]?.kills, kills > 2 { problem("P7: request \(id) has killed \(kills) origins") }
        }

        func answerBegan(_ id: Int, isCut: Bool) {
            records[id]?.answerBegan = true
            if isCut { records[id]?.answerIsCut = true }
        }

        private func over(_ request: Request) {
            kernel.note(22, request.id, 0)
            records[request.id]?.ends += 1
            if records[request.id]?.ends != 1 { problem("request \(request.id) was answered twice") }
        }

        func answered(_ request: Request) { over(request) }

        /// Sent ahead on a connection that ended in order before its turn.
        func dropped(_ request: Request) { over(request) }

        /// An answer that says that there is none.
        func failed(_ request: Request, _ head: Head, isGood: Bool) {
            over(request)
            if head["x-limit"] == "host-requests", !proxies.contains(where: { $0.metrics.hostLimited.total > 0 }) {
                problem("request \(request.id) was refused, and not counted")
            }
            guard isGood, let why = mustSucceed(request) else { return }
            let record = records[request.id]
            problem(
                "P3: \(request.method) \(request.path) \(request.id), asked at \(record?.askedMs ?? 0) ms, got "
                    + "\(head.status) after hosts \(record?.hosts ?? []), although \(why)")
        }

        /// The answer broke off.
        func broken(_ request: Request, isGood: Bool) {
            over(request)
            let isLate = kernel.nowMs >= drainMs && kernel.nowMs - drainMs > 29_000
            if isGood, records[request.id]?.answerIsCut != true, !isTroubled, !isLate {
                problem("request \(request.id) was broken off, although no origin did so")
            }
        }

        func brokenBeforeHead(_ request: Request) {
            over(request)
            if records[request.id]?.answerIsCut == true { return }
            // Sent as its idle connection was ended, or when time was up.
            let isLate = kernel.nowMs >= drainMs && kernel.nowMs - drainMs > 29_000
            if kernel.nowMs >= drainMs, records[request.id]?.hosts.isEmpty == true || isLate { return }
            problem(
                "\(request.method) \(request.id) ended without an answer; hosts \(records[request.id]?.hosts ?? [])")
        }

        // MARK: Judging

        var badHosts: [SimulatedOrigin] { origins.filter { !$0.mischief.isEmpty } }
        var hasPoison = false
        /// Origins are told whose each connection is.
        var sendsProxyHeaders = false
        /// Not in worlds in which they change: who leaves and comes back begins anew.
        var judgesLimits = true
        /// Not in worlds whose policy does not want requests to succeed.
        var judgesSuccess = true
        private(set) lazy var trustsKeys = random.oneIn(3)

        /// Origins die under requests that have nothing to do with it.
        private var isTroubled: Bool { hasPoison }

        /// Why a request cannot have failed: there was a host that is good, attempts and time enough to come to it, and
        /// leave to send the request there.
        private func mustSucceed(_ request: Request) -> String? {
            guard judgesSuccess, let setup, request.path != "/fail" else { return nil }
            if hasPoison {
                guard badHosts.isEmpty, request.method == "GET", request.path == "/a", origins.count >= 4,
                    setup.snapshot.configuration.attempts >= 3
                else { return nil }
            }
            if proxies.contains(where: { $0.metrics.hostLimited.total > 0 }) { return nil }
            let bad = badHosts
            if bad.isEmpty { return "no host is bad" }
            guard bad.count < origins.count, bad.count < setup.snapshot.configuration.attempts else { return nil }
            if proxies.contains(where: { $0.metrics.overBudget > 0 || $0.metrics.shed.total > 0 }) { return nil }
            // A request under which two have died is not sent to a third.
            if bad.filter({ $0.mischief.contains { $0.isDeadly } }).count > 1 { return nil }
            let isReplayable = request.isIdempotent && request.count < 60_000
            guard isReplayable || bad.allSatisfy({ $0.mischief.allSatisfy(\.isOfConnecting) }) else { return nil }
            // Without a key they are not sent again, so some may die on one host in turn, and the path is suspect.
            if request.method == "POST", bad.contains(where: { $0.mischief.contains(where: \.isDeadly) }) { return nil }
            // Each may take its time twice: over an idle connection and over a fresh one.
            let timeouts = setup.snapshot.configuration.timeouts
            let tryMs = max(timeouts.perTryMs, timeouts.connectMs)
            let hasQueued = proxies.contains { $0.metrics.hostQueued.total > 0 }
            let waitMs = hasQueued ? Int64(bad.count + 1) * timeouts.hostQueueMs : 0
            guard Int64(bad.count) * tryMs * 2 + waitMs + 1_000 < timeouts.responseMs else {
                return nil
            }
            return
                "only \(bad.map(\.index)) of \(origins.count) are bad, "
                + "and \(setup.snapshot.configuration.attempts) are tried"
        }

        func finish() {
            for client in clients where !client.isOver { problem("client \(client.index) has not come to an end") }
            for (id, record) in records.sorted(by: { $0.key < $1.key }) where record.isGood && record.ends == 0 {
                problem("request \(id) has come to nothing; hosts \(record.hosts)")
            }
            for server in servers where server.connectionCount != 0 {
                problem("\(server.connectionCount) connections are left: \(kernel.openText)")
            }
            if kernel.idleWakesMax > 2 { problem("a watcher woke \(kernel.idleWakesMax) times for nothing") }
            if drainMs != .max, drained != servers.count { problem("only \(drained) loops have drained") }
            judgeQueues()
            judgeRetries()
            judgeCounts()
            judgeQuiet()
            judgeMemory()
            kernel.enter {
                checker = nil
                servers.removeAll()
                proxies.removeAll()
                kernel.dropLoops()
            }
            for pool in pools where pool.lentCount != 0 { problem("\(pool.lentCount) buffers were not given back") }
            if kernel.watchedCount != 0 { problem("\(kernel.watchedCount) descriptors are still watched") }
            if kernel.openCount != 0 { problem("\(kernel.openCount) descriptors are still open") }
        }

        /// What is counted as it begins is counted as it ends.
        private func judgeCounts() {
            for metrics in proxies.map(\.metrics) {
                if metrics.server.inFlight != 0 { problem("\(metrics.server.inFlight) requests are counted in flight") }
                for host in metrics.hosts {
                    let (active, idle) = (host.connectionsActive.level, host.connectionsIdle.level)
                    if active != 0 { problem("\(active) connections to \(host.host) are counted as active") }
                    if idle < 0 { problem("\(idle) connections to \(host.host) are counted as idle") }
                }
            }
        }

        /// All places among the hosts' requests have been given back, and nobody waits.
        private func judgeQueues() {
            for proxy in proxies {
                for (host, origin) in proxy.origins.enumerated() {
                    let (active, waiting) = (origin.queue.active, origin.queue.waiting)
                    if active + waiting > 0 { problem("host \(host) still has \(active), and \(waiting) wait") }
                }
            }
        }

        /// P4, for all of the time: deposits of a fifth, and the floor.
        private func judgeRetries() {
            let extra = proxies.reduce(0) { $0 + Double($1.metrics.retries + $1.metrics.hedges) }
            let requests = proxies.reduce(0) { $0 + Double($1.metrics.requests) }
            let seconds = Double(kernel.nowMs - startedMs) / 1_000
            let floor = (seconds + 10) * 3 * Double(setup?.snapshot.hostCounts.count ?? 0)
            if extra > 0.2 * requests + floor {
                problem("P4: \(extra) retries and hedges of \(requests) requests in \(seconds) s")
            }
        }

        /// What a client's exchange may hold: two directions, its request, its attempt and one beside it.
        static let exchangeBytesMax = 5 * 256 << 10

        private func judgeMemory() {
            for pool in pools {
                if pool.lentBytesPeak > clients.count * Self.exchangeBytesMax {
                    problem("\(pool.lentBytesPeak) bytes were lent for \(clients.count) clients")
                }
                // A check keeps its request, and one that is under way what it sends and reads.
                let ofChecks = setup?.snapshot.configuration.healthCheck.type == .http ? 3 * origins.count : 0
                if pool.lentCount > ofChecks { problem("\(pool.lentCount) buffers are lent for nothing") }
            }
        }

        var startedMs: Int64 = 0

        /// With nothing to do, a loop wakes for its lag timer and the checks, and for nothing else.
        private func judgeQuiet() {
            let before = kernel.iterations
            kernel.run(untilMs: kernel.nowMs + 10_000)
            let perSecond = (kernel.iterations - before) / 10
            if perSecond > servers.count * 12 + 8 * origins.count {
                problem("an idle loop wakes \(perSecond) times a second")
            }
        }
    }
#endif
