// SPDX-License-Identifier: Apache-2.0

/// Chooses the host of each attempt. A closed set of ways instead of a protocol, so that the compiler sees through the
/// call; each chooses among the hosts that a `HostFilter` admits, and the order in which that lets more of them pass is
/// the same for all. One per event loop.
enum Balancer: ~Copyable {
    case roundRobin(WeightedRoundRobin)
    /// Two random choices by latency and requests in flight (`p2c`).
    case leastRequests
    case consistentHash(ConsistentHash)

    /// The next host for a request that has tried some: never one of those, and nil when there is no other.
    ///
    /// First a usable host of a service that has not been tried, then any usable host, both with room for the request;
    /// then the same though it has to wait there; then one that has asked for patience; then a draining one; and if all
    /// that are left are thought to be down, one of them; but none beyond `worst`. Each time in the tier whose turn it
    /// is, and if it has none, in the other tiers in order. A retry prefers a new service of a later tier to the
    /// service that has just failed.
    ///
    /// With `choice`, all that among some services only, as if there were no others.
    ///
    /// Only the consistent hash looks at `key`, only `leastRequests` draws from `random`.
    mutating func select(
        _ table: borrowing HostTable, key: UInt64, tried: TriedHosts, choice: ServiceChoice = .all,
        worst: HostFilter.Quality = .any, nowMs: Int64, random: inout SplitMix64
    ) -> Int? {
        guard tried.presentCount < table.count else { return nil }
        let favourite: Int
        if choice.services.isAll {
            favourite = table.spillsOver ? table.tier(at: roll(key, &random)) : 0
        } else {
            favourite = table.tier(of: choice.services) { roll(key, &random) }
        }
        var filter = HostFilter(tried: tried, choice: choice, worst: worst)
        repeat {
            filter.tier = favourite
            if let host = select(table, filter, key: key, nowMs: nowMs, &random) { return host }
            for tier in 0..<table.tierCount where tier != favourite {
                filter.tier = tier
                if let host = select(table, filter, key: key, nowMs: nowMs, &random) { return host }
            }
        } while filter.relax()
        return nil
    }

    /// Takes over from the balancer of before what holds on; see `WeightedRoundRobin.adopt`.
    mutating func adopt(_ old: borrowing Balancer, hosts: [Int?], services: [Int?], choices: [Int?]) {
        switch old {
        case .roundRobin(let before): adopt(before, hosts, services, choices)
        case .leastRequests: break
        case .consistentHash: break
        }
    }

    private mutating func adopt(
        _ before: borrowing WeightedRoundRobin, _ hosts: [Int?], _ services: [Int?], _ choices: [Int?]
    ) {
        switch consume self {
        case .roundRobin(var turns):
            turns.adopt(before, hosts: hosts, services: services, choices: choices)
            self = .roundRobin(turns)
        case .leastRequests: self = .leastRequests
        case .consistentHash(let ring): self = .consistentHash(ring)
        }
    }

    /// A number that chooses the tier. Of a key always the same, so that it stays with its host.
    private mutating func roll(_ key: UInt64, _ random: inout SplitMix64) -> Int {
        switch consume self {
        case .roundRobin(var turns):
            let roll = turns.nextRoll()
            self = .roundRobin(turns)
            return roll
        case .leastRequests:
            self = .leastRequests
            return random.below(Capacity.scale)
        case .consistentHash(let ring):
            let roll = ring.roll(key)
            self = .consistentHash(ring)
            return roll
        }
    }

    private mutating func select(
        _ table: borrowing HostTable, _ filter: HostFilter, key: UInt64, nowMs: Int64, _ random: inout SplitMix64
    ) -> Int? {
        let host: Int?
        switch consume self {
        case .roundRobin(var turns):
            host = turns.select(table, filter, nowMs: nowMs)
            self = .roundRobin(turns)
        case .leastRequests:
            host = LeastRequests.select(table, filter, nowMs: nowMs, random: &random)
            self = .leastRequests
        case .consistentHash(let ring):
            host = ring.select(table, filter, key: key, nowMs: nowMs)
            self = .consistentHash(ring)
        }
        return host
    }
}
