// SPDX-License-Identifier: Apache-2.0
public import EventHTTP
internal import Logging

/// What all workers of a proxy share: the configuration with its names resolved.
public struct ProxySetup: Sendable {
    /// An address of a host of a service.
    struct ResolvedHost: Sendable {
        let service: String
        let host: ProxyConfiguration.Host
        let address: SocketAddress
    }

    public let configuration: ProxyConfiguration
    let hosts: [ResolvedHost]
    let hostCounts: [Int]
    let pseudonym: String
    let seed: Int
    let workers: Int
    /// Shared by all workers, without locks on the way of an ordinary request.
    let health: HealthBoard
    let poison = PoisonBoard()
    /// What each worker counts.
    let metrics: [WorkerMetrics]
    let edge: Edge?
    let fingerprintKey: UInt64
    /// What the sources of the loops' identifiers are made from.
    private(set) var identifiers: IdentifierSource
    let hashKey: HashKey
    var logger = Logger(label: "proxy-log")

    /// Resolves the names of the hosts; a name with several addresses becomes as many hosts. `seed` chooses where the
    /// round robin begins and what the proxy calls itself in `Via`. `workers` is how many loops there will be.
    public init(
        _ configuration: ProxyConfiguration, seed: UInt32, workers: Int
    ) throws(Resolver.Failure) {
        // Nobody outside can know it, so nobody can make requests that look alike to us.
        var random = SystemRandomNumberGenerator()
        try self.init(configuration, seed: seed, workers: workers, fingerprintKey: random.next())
        identifiers = IdentifierSource(using: &random)
    }

    /// With a key that is known, so that a simulation can be repeated.
    init(
        _ configuration: ProxyConfiguration, seed: UInt32, workers: Int, fingerprintKey: UInt64
    ) throws(Resolver.Failure) {
        self.configuration = configuration
        edge = Edge(configuration)
        var hosts: [ResolvedHost] = []
        var counts: [Int] = []
        for service in configuration.services {
            let before = hosts.count
            for host in service.hosts {
                for address in try Resolver.addresses(of: host.address, port: host.port) {
                    hosts.append(ResolvedHost(service: service.name, host: host, address: address))
                }
            }
            counts.append(hosts.count - before)
        }
        self.hosts = hosts
        hostCounts = counts
        pseudonym = "proxy-server-" + String(seed, radix: 16)
        self.seed = Int(seed >> 1)
        self.workers = workers
        metrics = (0..<workers).map { _ in WorkerMetrics() }
        health = HealthBoard(hostCount: hosts.count)
        self.fingerprintKey = fingerprintKey
        var random = SplitMix64(seed: fingerprintKey)
        identifiers = IdentifierSource(using: &random)
        hashKey = HashKey(configuration.balancing)
    }

    /// What a loop knows of the hosts before it has met them.
    func makeTable() -> HostTable {
        var shapes: [HostTable.ServiceShape] = []
        var first = 0
        for (service, count) in zip(configuration.services, hostCounts) {
            let hosts = hosts[first..<first + count].map { host in
                HostTable.HostShape(
                    weight: host.host.weight, identity: Hash64.hash(Array(host.address.description.utf8).span, seed: 0))
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
        case .hash: .consistentHash(ConsistentHash(table))
        }
    }

    /// Limits of heads, the same towards clients and origins.
    var limits: ParserLimits {
        var limits = ParserLimits()
        limits.lineBytesMax = configuration.limits.lineBytes
        limits.headBytesMax = configuration.limits.headBytes
        limits.fieldsMax = configuration.limits.fields
        return limits
    }

    /// What each host is given at a time.
    public var hostLimits: HostLimits {
        let limits = configuration.limits
        let derived = OpenFiles.proxiedClientsMax(workers: 1, limit: OpenFiles.limit)
        return HostLimits(
            requests: limits.hostRequests == 0 ? derived : limits.hostRequests, waiting: limits.hostQueue,
            waitingMs: configuration.timeouts.hostQueueMs, workers: workers)
    }

    var timeouts: ClientTimeouts {
        var timeouts = ClientTimeouts()
        timeouts.connectMs = configuration.timeouts.connectMs
        timeouts.responseMs = configuration.timeouts.responseMs
        timeouts.bodyMs = configuration.timeouts.originBodyMs
        timeouts.tunnelMs = configuration.timeouts.tunnelMs
        return timeouts
    }

    /// What the server of a worker counts into.
    public func serverMetrics(worker: Int) -> ServerMetrics { metrics[worker].server }

    /// What clients are allowed.
    public var serverOptions: ServerOptions {
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
        options.connectionsMax = configuration.limits.connections
        if options.connectionsMax == 0 {
            options.connectionsMax = OpenFiles.proxiedClientsMax(workers: workers, limit: OpenFiles.limit)
        }
        return options
    }
}
