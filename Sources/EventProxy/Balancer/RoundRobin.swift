// SPDX-License-Identifier: Apache-2.0

/// The hosts that one request has tried. Small and without allocation: a request tries at most `attemptsMax` of them.
struct TriedHosts {
    static let attemptsMax = 10

    private var hosts = InlineArray<10, Int32>(repeating: -1)
    private(set) var count = 0

    mutating func insert(_ host: Int) {
        precondition(count < Self.attemptsMax)
        hosts[count] = Int32(host)
        count += 1
    }

    /// The host that was tried at this position.
    subscript(position: Int) -> Int {
        precondition(position < count)
        return Int(hosts[position])
    }

    func contains(_ host: Int) -> Bool {
        for i in 0..<count where hosts[i] == Int32(host) { return true }
        return false
    }
}

/// Takes services in turn, and of each service its hosts in turn. Each level has a counter of its own: with the one
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
