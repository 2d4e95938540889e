// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

/// What holds for each balancer in each state, over seeded random scenarios.
@Suite struct SelectionTests {
    /// A random table of up to 4 services of up to 4 hosts in up to 3 tiers, in random health.
    private static func randomTable(_ random: inout SplitMix64) -> HostTable {
        let shapes = (0..<1 + random.below(4)).map { number in
            HostTable.ServiceShape(
                (0..<1 + random.below(4)).map { _ in 1 + random.below(5) },
                weight: 1 + random.below(3), tier: random.below(3) * 7, number: UInt64(number))
        }
        var table = HostTable(shapes, slowStartMs: 1_000)
        for host in 0..<table.count {
            if random.below(3) == 0 { table.setAvailable(host, false) }
            if random.below(5) == 0 { table.setDraining(host, true) }
            if random.below(4) == 0 { table.setFull(host, true) }
            if random.below(4) == 0 { table.rest(host, forMs: 50_000, nowMs: 0) }
            if random.below(5) == 0 { table.startRamp(host, nowMs: Int64(random.below(1_500)) - 1_000) }
            for _ in 0..<random.below(4) { table.began(host) }
        }
        return table
    }

    /// How good a choice a host is; the balancer must take one of the best that are left.
    private static func rank(_ host: Int, _ table: borrowing HostTable, tried: [Int]) -> Int {
        let entry = table[host]
        let health = !entry.isAvailable ? 0 : entry.isDraining ? 1 : entry.isResting ? 2 : 3
        var isNewService = true
        for other in tried where table[other].service == entry.service { isNewService = false }
        let hasRoom = health == 3 && !entry.isFull
        return (health + (hasRoom ? 1 : 0)) * 2 + (isNewService ? 1 : 0)
    }

    @Test(arguments: BalancerKind.allCases)
    func `a request walks through all hosts, the best ones first`(_ kind: BalancerKind) {
        for seed in 0..<kind.seeds(3_000) {
            var random = SplitMix64(seed: seed)
            var chooser = Chooser(kind, Self.randomTable(&random), seed: seed)
            for _ in 0..<3 {
                let key = random.next()
                var tried: [Int] = []
                while tried.count < min(chooser.table.count, TriedHosts.attemptsMax) {
                    var best = -1
                    for host in 0..<chooser.table.count where !tried.contains(host) {
                        best = max(best, Self.rank(host, chooser.table, tried: tried))
                    }
                    guard let host = chooser.choose(key: key, tried: tried) else {
                        Issue.record("seed \(seed): none after \(tried)")
                        break
                    }
                    let rank = Self.rank(host, chooser.table, tried: tried)
                    #expect(!tried.contains(host), "seed \(seed): \(host) again after \(tried)")
                    #expect(rank == best, "seed \(seed): \(host) after \(tried) is of rank \(rank), not \(best)")
                    tried.append(host)
                }
                if tried.count == chooser.table.count {
                    #expect(chooser.choose(key: key, tried: tried) == nil, "seed \(seed)")
                }
            }
        }
    }

    @Test(arguments: BalancerKind.allCases)
    func `the same seed gives the same choices`(_ kind: BalancerKind) {
        for seed in 0..<kind.seeds(500) {
            var random = SplitMix64(seed: seed)
            var again = SplitMix64(seed: seed)
            var one = Chooser(kind, Self.randomTable(&random), seed: seed)
            var other = Chooser(kind, Self.randomTable(&again), seed: seed)
            for key in 0..<50 as Range<UInt64> {
                let host = one.choose(key: key)
                #expect(host == other.choose(key: key), "seed \(seed)")
            }
        }
    }

    @Test(arguments: BalancerKind.allCases)
    func `a single host is chosen, down or not, and not again`(_ kind: BalancerKind) {
        var chooser = Chooser(kind, HostTable(weights: [[1]]))
        var host = chooser.choose()
        #expect(host == 0)
        chooser.table.setAvailable(0, false)
        host = chooser.choose()
        #expect(host == 0)
        host = chooser.choose(tried: [0])
        #expect(host == nil)
    }

    @Test(arguments: BalancerKind.allCases)
    func `where there are no hosts, none is chosen`(_ kind: BalancerKind) {
        var chooser = Chooser(kind, HostTable(weights: [[], []]))
        #expect(chooser.choose(key: 7) == nil)
    }

    @Test func `a weight is at least 1, and at most the greatest`() async {
        for weight in [1, HostTable.weightMax] {
            let table = HostTable(weights: [[weight]])
            #expect(table[0].weight == weight)
        }
        await #expect(processExitsWith: .failure) { _ = HostTable(weights: [[0]]) }
        await #expect(processExitsWith: .failure) { _ = HostTable(weights: [[HostTable.weightMax + 1]]) }
    }

    @Test(arguments: [(HostFilter.Quality.ready, 0), (.willing, 0), (.usable, 1), (.available, 2), (.any, 3)])
    func `hosts are let pass down to the worst that may be, and no further`(worst: HostFilter.Quality, passed: Int) {
        // One that rests, one that drains and one that is down; the others have been tried.
        var table = HostTable(weights: [[1, 1, 1, 1, 1, 1]])
        table.setAvailable(0, false)
        table.setDraining(1, true)
        table.rest(2, forMs: 50_000, nowMs: 0)
        var filter = HostFilter(tried: TriedHosts([3, 4, 5]), worst: worst)
        while filter.relax() {}
        let count = (0..<6).count { filter.admits($0, of: table) }
        #expect(count == passed)
    }

    @Test(arguments: BalancerKind.allCases)
    func `with all hosts down, all of them share the traffic`(_ kind: BalancerKind) {
        var chooser = Chooser(kind, HostTable(weights: [[1, 1, 1], [1, 1, 1]]))
        for host in 0..<6 { chooser.table.setAvailable(host, false) }
        let counts = chooser.counts(6_000)
        #expect(counts.allSatisfy { (700...1_300).contains($0) }, "\(counts)")
    }

    @Test func `the table's sums are those of its hosts`() {
        for seed in 0..<500 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var table = Self.randomTable(&random)
            for _ in 0..<100 {
                let host = random.below(table.count)
                switch random.below(6) {
                case 0: table.setAvailable(host, random.below(2) == 0)
                case 1: table.setDraining(host, random.below(2) == 0)
                case 3: table.rest(host, forMs: Int64(random.below(3)), nowMs: 0)
                case 2 where table[host].inFlight > 0: table.ended(host, .answered, latencyNs: 1, nowMs: 0)
                default: table.began(host)
                }
            }
            for tier in 0..<table.tierCount {
                var inFlight = 0
                var usable = 0
                for host in 0..<table.count where table[host].tier == tier && table[host].isWilling {
                    inFlight += table[host].inFlight
                    usable += table[host].weight * table.service(table[host].service).weight
                }
                let sums = table.tier(tier)
                #expect(sums.inFlight == inFlight && sums.weightUsable == usable, "seed \(seed)")
            }
            let last = table.tier(table.tierCount - 1).shareEnd
            #expect(last == Capacity.scale, "seed \(seed)")
        }
    }
}
