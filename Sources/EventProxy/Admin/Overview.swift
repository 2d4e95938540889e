// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// The whole proxy at a moment: what all workers have counted, and how the hosts stand. `/metrics` and `/upstreams` are
/// both written from it, so that they agree.
struct Overview {
    struct Host {
        /// In the configuration's words: an address or a name.
        let name: String
        /// `ADDRESS:PORT`.
        let address: String
        let weight: Int
        let state: HostState
        let status: HostStatus
        let ejections: Int
        let totals: HostTotals
        /// What was answered in the last half minute.
        let recent: [UInt64]
    }

    struct Service {
        let configuration: ProxyConfiguration.Service
        var hosts: [Host] = []
        var requests: UInt64 = 0
        var retries: UInt64 = 0
        var overBudget: UInt64 = 0
        var hedges: UInt64 = 0
        var hedgesWon: UInt64 = 0
        var budget: Int64 = 0
        var concurrencyLimit: Int64 = 0
        var firstByte = DurationHistogram.Snapshot()
    }

    struct Worker {
        let lagUs: Int64
        let isStarted: Bool
        let hasStalled: Bool
        let shedLevel: LoadShedder.Level
        let openConnections: UInt64
    }

    let nowMs: Int64
    private(set) var services: [Service]
    private(set) var workers: [Worker] = []
    /// By the first digit of the status.
    private(set) var requests: [UInt64] = Array(repeating: 0, count: 6)
    private(set) var durations = DurationHistogram.Snapshot()
    private(set) var inFlight: UInt64 = 0
    private(set) var openConnections: UInt64 = 0
    private(set) var acceptedConnections: UInt64 = 0
    private(set) var contentBytes: UInt64 = 0
    private(set) var quarantined: UInt64 = 0
    private(set) var shed: UInt64 = 0
    private(set) var shedForMemory: UInt64 = 0
    private(set) var queued: UInt64 = 0
    private(set) var limited: UInt64 = 0
    /// By reason.
    private(set) var authRefused: [(reason: String, count: UInt64)] = [
        ("missing", 0), ("wrong", 0), ("limited", 0), ("queue_full", 0),
    ]
    let ejectionsRefused: Int
    let poison: PoisonBoard.Counts

    /// `recent` gives what a host answered lately.
    init(_ setup: ProxySetup, nowMs: Int64, recent: (_ service: String, _ address: String, HostTotals) -> [UInt64]) {
        self.nowMs = nowMs
        let snapshot = setup.snapshot
        let health = snapshot.health
        ejectionsRefused = health.ejectionsRefused
        poison = setup.poison.counts(nowMs: nowMs)
        services = snapshot.configuration.services.map { Service(configuration: $0) }
        addWorkers(setup)
        addServices(setup)
        let totals = Self.totals(setup)
        let slowStartMs = snapshot.configuration.balancing.slowStartMs
        var index = 0
        for (service, count) in snapshot.hostCounts.enumerated() {
            for _ in 0..<count {
                let host = snapshot.hosts[index]
                let state = health.state(index)
                let address = host.address.description
                let counted = totals[HostKey(service: host.service, address: address)] ?? HostTotals()
                services[service].hosts.append(
                    Host(
                        name: host.host.address, address: address, weight: host.weight, state: state,
                        status: HostStatus(state, nowMs: nowMs, slowStartMs: slowStartMs),
                        ejections: health.ejections(index), totals: counted,
                        recent: recent(host.service, address, counted)))
                index += 1
            }
        }
    }

    struct HostKey: Hashable {
        let service: String
        let address: String
    }

    /// What all workers have counted of each host.
    static func totals(_ setup: ProxySetup) -> [HostKey: HostTotals] {
        var totals: [HostKey: HostTotals] = [:]
        for worker in setup.metrics {
            for host in worker.hosts {
                host.add(to: &totals[HostKey(service: host.service, address: host.host), default: HostTotals()])
            }
        }
        return totals
    }

    private mutating func addWorkers(_ setup: ProxySetup) {
        for metrics in setup.metrics {
            let server = metrics.server
            workers.append(
                Worker(
                    lagUs: metrics.lagUs.level, isStarted: metrics.heartbeat.isStarted,
                    hasStalled: metrics.heartbeat.hasStalled(nowMs: nowMs),
                    shedLevel: LoadShedder.Level(rawValue: UInt8(metrics.shedLevel.level)) ?? .nothing,
                    openConnections: server.openConnections))
            inFlight += server.inFlight
            for digit in 0..<6 { requests[digit] += server.requestsEnded[digit].total }
            durations += server.durations.snapshot
            openConnections += server.openConnections
            acceptedConnections += server.connectionsAccepted.total
            contentBytes += server.contentBytes.total
            quarantined += metrics.quarantined.total
            shed += metrics.shed.total
            shedForMemory += metrics.shedForMemory.total
            queued += metrics.hostQueued.total
            limited += metrics.hostLimited.total
            let auth = [
                metrics.authMissing.total, metrics.authWrong.total, metrics.authLimited.total,
                metrics.authQueueFull.total,
            ]
            for (index, count) in auth.enumerated() { authRefused[index].count += count }
        }
    }

    private mutating func addServices(_ setup: ProxySetup) {
        for metrics in setup.metrics.flatMap(\.services) {
            guard let index = services.firstIndex(where: { $0.configuration.name == metrics.name }) else { continue }
            services[index].requests += metrics.requests.total
            services[index].retries += metrics.retries.total
            services[index].overBudget += metrics.overBudget.total
            services[index].hedges += metrics.hedges.total
            services[index].hedgesWon += metrics.hedgesWon.total
            services[index].budget += metrics.budget.level
            services[index].concurrencyLimit += metrics.concurrencyLimit.level
            services[index].firstByte += metrics.firstByte.snapshot
        }
    }
}
