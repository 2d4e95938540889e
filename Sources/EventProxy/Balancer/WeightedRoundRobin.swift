// SPDX-License-Identifier: Apache-2.0

/// Takes services in turn, and of each service its hosts in turn, by their weights. Each level counts by itself: with
/// the one counter of the 2019 reference, half of the hosts of two services with two hosts were never chosen.
///
/// Smooth, as nginx does it: each choice gives every candidate credit of its weight, takes the one with the most, and
/// takes the sum of what was given from it. So a cycle is exactly proportional, and what is heavy does not come in a
/// row. Who is out gets no credit, and its share goes to all others alike; the round robin that merely steps over it
/// gives all to the next one.
struct WeightedRoundRobin: ~Copyable {
    /// The steps of the rolls that choose a tier: odd, so that each number comes once in a cycle, and near the golden
    /// section of it, so that they are spread evenly at any time.
    private static let rollStep = 40_503

    private var firsts: SmoothCycle
    /// Further attempts are counted apart, so that failures do not disturb the even distribution.
    private var alternates: SmoothCycle
    private var roll = 0

    /// `seed` is where the turns begin, so that the workers of a process and the replicas of a deployment do not march
    /// in step.
    init(_ table: borrowing HostTable, seed: Int) {
        precondition(seed >= 0)
        firsts = SmoothCycle(table, seed: seed)
        alternates = SmoothCycle(table, seed: seed)
    }

    /// Takes over whose turn it is among those that were there: for each host of before its number now, or nil; and the
    /// same for the services, and for the choices among them. Else every change would begin with the same host.
    mutating func adopt(
        _ old: borrowing WeightedRoundRobin, hosts: [Int?], services: [Int?], choices: [Int?]
    ) {
        firsts.adopt(old.firsts, hosts: hosts, services: services, choices: choices)
        alternates.adopt(old.alternates, hosts: hosts, services: services, choices: choices)
        roll = old.roll
    }

    mutating func nextRoll() -> Int {
        roll = (roll + Self.rollStep) % Capacity.scale
        return roll
    }

    mutating func select(_ table: borrowing HostTable, _ filter: HostFilter, nowMs: Int64) -> Int? {
        filter.isFirstAttempt
            ? firsts.select(table, filter, nowMs: nowMs) : alternates.select(table, filter, nowMs: nowMs)
    }
}

private struct SmoothCycle: ~Copyable {
    /// The credit of each service, and then again for each choice among services that has been made: a service that is
    /// ahead in one would else be passed over in another.
    private var services: ContiguousArray<Int>
    private let serviceCount: Int
    private var hosts: ContiguousArray<Int>
    private let seed: Int

    init(_ table: borrowing HostTable, seed: Int) {
        serviceCount = table.serviceCount
        services = ContiguousArray(repeating: 0, count: serviceCount)
        hosts = ContiguousArray(repeating: 0, count: table.count)
        self.seed = seed
    }

    mutating func adopt(
        _ old: borrowing SmoothCycle, hosts moved: [Int?], services movedServices: [Int?], choices: [Int?]
    ) {
        for (before, now) in moved.enumerated() { if let now { hosts[now] = old.hosts[before] } }
        for (oldChoice, newChoice) in choices.enumerated() {
            // One that nothing has been chosen by yet has no credit.
            guard let newChoice, old.services.count >= (oldChoice + 1) * old.serviceCount else { continue }
            makeRoom(forChoice: newChoice)
            for (before, now) in movedServices.enumerated() {
                guard let now else { continue }
                services[newChoice * serviceCount + now] = old.services[oldChoice * old.serviceCount + before]
            }
        }
    }

    private mutating func makeRoom(forChoice number: Int) {
        while services.count < (number + 1) * serviceCount { services.append(0) }
    }

    mutating func select(_ table: borrowing HostTable, _ filter: HostFilter, nowMs: Int64) -> Int? {
        let first = filter.choice.number * serviceCount
        makeRoom(forChoice: filter.choice.number)
        guard let service = nextService(table, filter, credits: first, nowMs: nowMs) else { return nil }
        return nextHost(of: table.service(service).hosts, table, filter, nowMs: nowMs)
    }

    private mutating func nextService(
        _ table: borrowing HostTable, _ filter: HostFilter, credits first: Int, nowMs: Int64
    ) -> Int? {
        let count = table.serviceCount
        var best = -1
        var given = 0
        var index = seed % count
        for _ in 0..<count {
            if filter.admits(service: index, of: table) {
                // A service with nothing but hosts that are out has no capacity; in a panic there are only such.
                let weight =
                    filter.quality <= .willing
                    ? table.effectiveWeight(ofService: index, nowMs: nowMs)
                    : table.service(index).weight * HostTable.weightScale
                services[first + index] += weight
                given += weight
                if best < 0 || services[first + index] > services[first + best] { best = index }
            }
            index = index + 1 == count ? 0 : index + 1
        }
        if best < 0 { return nil }
        services[first + best] -= given
        return best
    }

    private mutating func nextHost(
        of range: Range<Int>, _ table: borrowing HostTable, _ filter: HostFilter, nowMs: Int64
    ) -> Int? {
        var best = -1
        var given = 0
        var host = range.lowerBound + seed % range.count
        for _ in 0..<range.count {
            if filter.admits(host, of: table) {
                let weight = table.effectiveWeight(host, nowMs: nowMs)
                hosts[host] += weight
                given += weight
                if best < 0 || hosts[host] > hosts[best] { best = host }
            }
            host = host + 1 == range.upperBound ? range.lowerBound : host + 1
        }
        if best < 0 { return nil }
        hosts[best] -= given
        return best
    }
}
