// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What a proxy works by at a moment: a configuration, and the addresses of its hosts. It never changes; when either
/// does, another one follows, and each loop goes over to it between two requests.
final class ProxySnapshot: Sendable {
    /// Grows with each.
    let number: Int
    let configuration: ProxyConfiguration
    /// Of all names in it.
    let addresses: KnownAddresses
    /// Those of the first service, then those of the second, and so on.
    let hosts: [ResolvedHost]
    /// How many of them each service has.
    let hostCounts: [Int]
    /// What loops find out about these hosts. The words of a host that stays go on in the next snapshot's board.
    let health: HealthBoard
    let hashKey: HashKey
    /// Who may ask for what, if the configuration says so.
    let edge: Edge?
    /// Limits of heads, the same towards clients and origins.
    let limits: ParserLimits
    let timeouts: ClientTimeouts
    /// What each host is given at a time.
    let hostLimits: HostLimits
    private let workers: Int
    private let nextID: Int
    private let ring: ConsistentHash?

    /// The snapshot that follows `old`. A host stays what it is as long as its service has its name and it its address.
    init(
        _ configuration: ProxyConfiguration, _ addresses: KnownAddresses, after old: ProxySnapshot?, workers: Int
    ) {
        var known: [String: Int] = [:]
        for (index, host) in (old?.hosts ?? []).enumerated() { known[host.key] = index }
        var hosts: [ResolvedHost] = []
        var counts: [Int] = []
        var before: [Int?] = []
        var nextID = old?.nextID ?? 0
        for service in configuration.services {
            let first = hosts.count
            var seen: Set<String> = []
            for host in service.hosts {
                for place in addresses[HostName(host)] {
                    var resolved = ResolvedHost(service, host, at: place)
                    // Two names for one address are one host.
                    guard seen.insert(resolved.key).inserted, hosts.count < HealthBoard.hostsMax else { continue }
                    let index = known[resolved.key]
                    before.append(index)
                    resolved.id = index.flatMap { old?.hosts[$0].id } ?? nextID
                    if index == nil { nextID += 1 }
                    hosts.append(resolved)
                }
            }
            counts.append(hosts.count - first)
        }
        number = (old?.number ?? 0) + 1
        self.configuration = configuration
        self.addresses = addresses
        self.hosts = hosts
        hostCounts = counts
        self.workers = workers
        self.nextID = nextID
        health =
            old.map { HealthBoard(after: $0.health, hosts: before, hostCounts: counts) }
            ?? HealthBoard(hostCounts: counts)
        edge = Edge(configuration, after: old?.edge)
        limits = ParserLimits(configuration.limits)
        timeouts = ClientTimeouts(configuration.timeouts)
        hostLimits = HostLimits(configuration, workers: workers)
        hashKey = HashKey(configuration.balancing)
        ring = Self.ring(configuration, hosts, counts, after: old)
    }

    /// It takes long to make and is the same for all loops, so it is made here, and again only when it has to be.
    private static func ring(
        _ configuration: ProxyConfiguration, _ hosts: [ResolvedHost], _ counts: [Int], after old: ProxySnapshot?
    ) -> ConsistentHash? {
        guard configuration.balancing.policy == .hash else { return nil }
        if let old, let ring = old.ring, old.hosts.map(\.id) == hosts.map(\.id),
            old.hosts.map(\.weight) == hosts.map(\.weight),
            old.configuration.services.map(\.weight) == configuration.services.map(\.weight)
        {
            return ring
        }
        return ConsistentHash(makeTable(configuration, hosts, counts))
    }

    /// For each host its number in another snapshot; nil if it is not there.
    func numbers(in other: ProxySnapshot) -> [Int?] {
        var places: [Int: Int] = [:]
        for (index, host) in other.hosts.enumerated() { places[host.id] = index }
        return hosts.map { places[$0.id] }
    }

    /// The same for services, which are told by their names.
    func serviceNumbers(in other: ProxySnapshot) -> [Int?] {
        let names = other.configuration.services.map(\.name)
        return configuration.services.map { names.firstIndex(of: $0.name) }
    }

    /// The same for choices among services: the one among all, and then those of the routes, in the file's order.
    func choiceNumbers(in other: ProxySnapshot) -> [Int?] {
        let identities = other.configuration.routes.map(ProxyConfiguration.Route.unique.identity)
        let routes = configuration.routes.map { route -> Int? in
            identities.firstIndex(of: ProxyConfiguration.Route.unique.identity(route)).map { $0 + 1 }
        }
        return [0] + routes
    }

    // MARK: What loops make of it

    /// What a loop knows of the hosts before it has met them.
    func makeTable() -> HostTable { Self.makeTable(configuration, hosts, hostCounts) }

    private static func makeTable(
        _ configuration: ProxyConfiguration, _ hosts: [ResolvedHost], _ counts: [Int]
    ) -> HostTable {
        var shapes: [HostTable.ServiceShape] = []
        var first = 0
        for (service, count) in zip(configuration.services, counts) {
            let hosts = hosts[first..<first + count].map { host in
                HostTable.HostShape(weight: host.weight, identity: host.identity)
            }
            shapes.append(HostTable.ServiceShape(weight: service.weight, tier: service.tier, hosts: hosts))
            first += count
        }
        return HostTable(shapes, slowStartMs: configuration.balancing.slowStartMs)
    }

    func makeBalancer(_ table: borrowing HostTable, seed: Int) -> Balancer {
        switch configuration.balancing.policy {
        case .roundRobin: .roundRobin(WeightedRoundRobin(table, seed: seed))
        case .p2c: .leastRequests
        case .hash: .consistentHash(ring ?? ConsistentHash(table))
        }
    }

    /// What clients are allowed by a proxy of this name.
    func serverOptions(of name: String) -> ServerOptions {
        var options = ServerOptions()
        options.limits = limits
        options.headTimeoutMs = configuration.timeouts.clientHeaderMs
        options.bodyTimeoutMs = configuration.timeouts.clientBodyMs
        options.idleTimeoutMs = configuration.timeouts.clientIdleMs
        options.writeTimeoutMs = configuration.timeouts.clientWriteMs
        options.tunnelTimeoutMs = configuration.timeouts.tunnelMs
        options.drainDelayMs = configuration.drain.delayMs
        options.drainTimeoutMs = configuration.drain.timeoutMs
        if configuration.limits.bodyBytes > 0 { options.bodyBytesMax = UInt64(configuration.limits.bodyBytes) }
        if configuration.listen.proxyProtocol {
            options.proxyHeaderPeers = AddressBlocks(configuration.trustedProxies)
        }
        options.connectionsMax = configuration.limits.connections
        if options.connectionsMax == 0 {
            options.connectionsMax = OpenFiles.proxiedClientsMax(workers: workers, limit: OpenFiles.limit)
        }
        if configuration.proxyStatus { options.refusalFields = ProxyStatus.refusal(by: name) }
        return options
    }
}

extension ParserLimits {
    init(_ configuration: ProxyConfiguration.Limits) {
        self.init()
        lineBytesMax = configuration.lineBytes
        headBytesMax = configuration.headBytes
        fieldsMax = configuration.fields
    }
}

extension ClientTimeouts {
    init(_ configuration: ProxyConfiguration.Timeouts) {
        self.init()
        connectMs = configuration.connectMs
        responseMs = configuration.responseMs
        bodyMs = configuration.originBodyMs
        tunnelMs = configuration.tunnelMs
    }
}

extension HostLimits {
    /// Without a number in the file it follows from how many files may be open now.
    init(_ configuration: ProxyConfiguration, workers: Int) {
        let derived = OpenFiles.proxiedClientsMax(workers: 1, limit: OpenFiles.limit)
        self.init(
            requests: configuration.limits.hostRequests == 0 ? derived : configuration.limits.hostRequests,
            waiting: configuration.limits.hostQueue, waitingMs: configuration.timeouts.hostQueueMs, workers: workers)
    }
}
