// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

/// Choosing among some services, as if there were no others.
struct ServiceChoiceTests {
    enum Policy: CaseIterable { case roundRobin, leastRequests, consistentHash }

    private static func shapes(_ services: [(tier: Int, hosts: Int)]) -> [HostTable.ServiceShape] {
        var identity: UInt64 = 0
        return services.map { service in
            let hosts = (0..<service.hosts).map { _ in
                identity += 1
                return HostTable.HostShape(weight: 1, identity: Hash64.combine(identity, 7))
            }
            return HostTable.ServiceShape(weight: 1, tier: service.tier, hosts: hosts)
        }
    }

    private static func balancer(_ policy: Policy, _ table: borrowing HostTable) -> Balancer {
        switch policy {
        case .roundRobin: .roundRobin(WeightedRoundRobin(table, seed: 0))
        case .leastRequests: .leastRequests
        case .consistentHash: .consistentHash(ConsistentHash(table))
        }
    }

    private static func choice(_ number: Int, _ services: Int...) -> ServiceChoice {
        ServiceChoice(number: number, services: ServiceMask(services))
    }

    private static func count(
        _ choice: ServiceChoice, _ table: borrowing HostTable, _ balancer: inout Balancer, _ random: inout SplitMix64
    ) -> [Int] {
        var counts = [0, 0, 0, 0]
        for key in 0..<2_000 {
            let host = balancer.select(
                table, key: Hash64.combine(UInt64(key), 3), tried: TriedHosts(), choice: choice, nowMs: 0,
                random: &random)
            counts[host ?? 0] += 1
        }
        return counts
    }

    @Test(arguments: Policy.allCases) func `no other service gets any attempt, whatever ails the chosen`(policy: Policy)
    {
        // Hosts 0, 1 | 2, 3 | 4, 5.
        var table = HostTable(Self.shapes([(0, 2), (0, 2), (0, 2)]), slowStartMs: 0)
        var balancer = Self.balancer(policy, table)
        var random = SplitMix64(seed: 1)
        for ill in [[], [2], [2, 3], [2, 3, 4, 5]] {
            for host in 0..<6 { table.setAvailable(host, !ill.contains(host)) }
            for key in 0..<50 {
                var tried = TriedHosts()
                var chosen: [Int] = []
                while let host = balancer.select(
                    table, key: UInt64(key), tried: tried, choice: Self.choice(1, 1, 2), nowMs: 0, random: &random)
                {
                    chosen.append(host)
                    tried.insert(host)
                }
                #expect(chosen.sorted() == [2, 3, 4, 5])
                // Those that are well come first.
                let well = 4 - ill.count
                #expect(chosen.prefix(well).allSatisfy { !ill.contains($0) })
            }
        }
    }

    @Test func `the shares of a choice are its own, whatever others take`() {
        let table = HostTable(Self.shapes([(0, 1), (0, 1), (0, 1)]), slowStartMs: 0)
        var balancer = Self.balancer(.roundRobin, table)
        var random = SplitMix64(seed: 1)
        var counts = [0: [0, 0, 0], 1: [0, 0, 0], 2: [0, 0, 0]]
        for round in 0..<600 {
            let number = round % 3
            let choice = number == 0 ? ServiceChoice.all : number == 1 ? Self.choice(1, 0, 1) : Self.choice(2, 1, 2)
            let host = balancer.select(
                table, key: 0, tried: TriedHosts(), choice: choice, nowMs: 0, random: &random)
            counts[number]?[host ?? -1] += 1
        }
        #expect(counts[1] == [100, 100, 0])
        #expect(counts[2] == [0, 100, 100])
        #expect(counts[0].map { $0.allSatisfy { (66...67).contains($0) } } == true)
    }

    @Test(arguments: Policy.allCases) func `tiers are those of the choice`(policy: Policy) {
        // Host 0 in tier 0; 1 and 2 in tier 1; 3 in tier 2.
        var table = HostTable(Self.shapes([(0, 1), (1, 2), (2, 1)]), slowStartMs: 0)
        var balancer = Self.balancer(policy, table)
        var random = SplitMix64(seed: 1)
        // Without the first tier, the second is the first.
        let both = Self.count(Self.choice(1, 1, 2), table, &balancer, &random)
        #expect(both[0] == 0 && both[3] == 0 && both[1] > 500 && both[2] > 500)
        let last = Self.count(Self.choice(2, 2), table, &balancer, &random)
        #expect(last == [0, 0, 0, 2_000])
        // Half of it is out: it keeps 1.4 halves, and the rest goes on.
        table.setAvailable(1, false)
        let half = Self.count(Self.choice(1, 1, 2), table, &balancer, &random)
        #expect(half[1] == 0 && (1_300...1_500).contains(half[2]) && half[2] + half[3] == 2_000)
    }

    @Test func `a choice moves with the services`() {
        let choice = Self.choice(3, 0, 2)
        let moved = choice.renumbered([nil, 0, 1])
        #expect(moved.services == ServiceMask([1]) && moved.number == 3)
        #expect(ServiceChoice.all.renumbered([nil, nil]).services.isAll)
        #expect(!Self.choice(1, 0).renumbered([nil]).services.contains(0))
    }
}
