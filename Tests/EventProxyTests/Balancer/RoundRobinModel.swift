// SPDX-License-Identifier: Apache-2.0
@testable import EventProxy

/// What round robin means when all weights are one and everybody is well, said as plainly as possible: the model for
/// `WeightedRoundRobin`. Each level has a counter of its own: with the one
/// counter of the 2019 reference, half of the hosts of two services with two hosts were never chosen.
///
/// Hosts are numbered through all services. Pure: where it begins is a parameter, so that the workers of a process, and
/// the replicas of a deployment, do not march in step.
struct RoundRobin {
    private struct Service {
        let hosts: Range<Int>
        /// The next host of a first attempt.
        var next: Int
        /// The next host of a further attempt. Kept apart, so that failures do not disturb the even distribution.
        var nextAlternate: Int
    }

    private var services: [Service] = []
    private var next: Int
    private var nextAlternate: Int
    let hostCount: Int

    /// For services with so many hosts each.
    init(hostCounts: [Int], seed: Int) {
        precondition(!hostCounts.isEmpty && hostCounts.allSatisfy { $0 > 0 } && seed >= 0)
        var first = 0
        for count in hostCounts {
            services.append(Service(hosts: first..<first + count, next: seed % count, nextAlternate: seed % count))
            first += count
        }
        hostCount = first
        next = seed % hostCounts.count
        nextAlternate = next
    }

    func service(of host: Int) -> Int {
        var index = 0
        while !services[index].hosts.contains(host) { index += 1 }
        return index
    }

    /// The host of a first attempt: exactly even over the services, and over the hosts of each.
    mutating func select() -> Int {
        let service = next
        next = next + 1 == services.count ? 0 : next + 1
        let host = services[service].hosts.lowerBound + services[service].next
        services[service].next = (services[service].next + 1) % services[service].hosts.count
        return host
    }

    /// The host of a further attempt: one that has not been tried, of a service that has not been tried if there is
    /// one. Nil when every host has been.
    mutating func selectAlternate(tried: TriedHosts) -> Int? {
        if let host = alternate(tried, newServicesOnly: true) ?? alternate(tried, newServicesOnly: false) {
            return host
        }
        return nil
    }

    private mutating func alternate(_ tried: TriedHosts, newServicesOnly: Bool) -> Int? {
        for step in 0..<services.count {
            let index = (nextAlternate + step) % services.count
            let service = services[index]
            if newServicesOnly, service.hosts.contains(where: tried.contains) { continue }
            for offset in 0..<service.hosts.count {
                let position = (service.nextAlternate + offset) % service.hosts.count
                let host = service.hosts.lowerBound + position
                if tried.contains(host) { continue }
                services[index].nextAlternate = (position + 1) % service.hosts.count
                nextAlternate = (index + 1) % services.count
                return host
            }
        }
        return nil
    }
}

/// `WeightedRoundRobin` with all weights one, with the interface of the model.
struct EqualTurns: ~Copyable {
    private let table: HostTable
    private var balancer: Balancer
    private var random = SplitMix64(seed: 0)

    init(hostCounts: [Int], seed: Int) {
        let table = HostTable(
            hostCounts.map { HostTable.ServiceShape(hosts: Array(repeating: HostTable.HostShape(), count: $0)) },
            slowStartMs: 0)
        balancer = .roundRobin(WeightedRoundRobin(table, seed: seed))
        self.table = table
    }

    mutating func select() -> Int {
        balancer.select(table, key: 0, tried: TriedHosts(), nowMs: 0, random: &random)!
    }

    mutating func selectAlternate(tried: TriedHosts) -> Int? {
        balancer.select(table, key: 0, tried: tried, nowMs: 0, random: &random)
    }

    func service(of host: Int) -> Int { table[host].service }
}
