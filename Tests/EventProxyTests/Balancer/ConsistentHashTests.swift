// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct ConsistentHashTests {
    private func assignment(_ chooser: inout Chooser, keys: Int) -> [Int] {
        (0..<keys).map { chooser.choose(key: UInt64($0))! }
    }

    @Test func `keys spread by the weights`() {
        var chooser = Chooser(.consistentHash, HostTable(weights: [[1, 2, 3, 4]]))
        let counts = chooser.counts(100_000)
        for (count, weight) in zip(counts, [1, 2, 3, 4]) {
            #expect(abs(count - weight * 10_000) < weight * 2_000, "\(counts)")
        }
    }

    @Test func `heavy weights and many hosts keep the ring small and the shares right`() {
        let weights = (0..<300).map { $0 % 2 == 0 ? 255 : 85 }
        var chooser = Chooser(.consistentHash, HostTable(weights: [weights]))
        let counts = chooser.counts(200_000)
        let heavy = stride(from: 0, to: 300, by: 2).reduce(0) { $0 + counts[$1] }
        #expect(abs(heavy - 150_000) < 5_000)
    }

    @Test func `a host that goes moves its own keys only, and spreads them`() {
        for gone in 0..<10 {
            var chooser = Chooser(.consistentHash, HostTable(weights: [[Int](repeating: 1, count: 10)]))
            let before = assignment(&chooser, keys: 10_000)
            if gone % 2 == 0 { chooser.table.setAvailable(gone, false) } else { chooser.table.setDraining(gone, true) }
            let after = assignment(&chooser, keys: 10_000)
            var heirs = [Int](repeating: 0, count: 10)
            for (old, new) in zip(before, after) where old != new {
                #expect(old == gone)
                heirs[new] += 1
            }
            #expect(heirs[gone] == 0 && heirs.reduce(0, +) < 1_300, "\(heirs)")
            #expect(heirs.max()! < heirs.reduce(0, +) / 3, "\(heirs)")
            if gone % 2 == 0 { chooser.table.setAvailable(gone, true) } else { chooser.table.setDraining(gone, false) }
            let back = assignment(&chooser, keys: 10_000)
            #expect(back == before)
        }
    }

    @Test func `a ring built without a host differs in that host's keys only`() {
        func table(without gone: Int?) -> HostTable {
            let hosts = (0..<10).filter { $0 != gone }.map { HostTable.HostShape(identity: UInt64($0) &* 0x9E37_79B9) }
            return HostTable([.init(hosts: hosts)], slowStartMs: 0)
        }
        var full = Chooser(.consistentHash, table(without: nil))
        let before = assignment(&full, keys: 10_000)
        for gone in 0..<10 {
            var reduced = Chooser(.consistentHash, table(without: gone))
            let after = assignment(&reduced, keys: 10_000).map { $0 < gone ? $0 : $0 + 1 }
            let moved = zip(before, after).filter { $0 != $1 }
            #expect(moved.allSatisfy { $0.0 == gone })
            #expect(moved.count < 1_300, "\(moved.count)")
        }
    }

    @Test func `no host exceeds 1.25 times its share of what is in flight`() {
        for seed in 0..<300 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let weights = (0..<2 + random.below(8)).map { _ in seed % 2 == 0 ? 1 : 1 + random.below(4) }
            var chooser = Chooser(.consistentHash, HostTable(weights: [weights]), seed: seed)
            let hotKeys = 1 + random.below(4)
            var inFlight = weights.map { _ in 0 }
            let sum = weights.reduce(0, +)
            for _ in 0..<400 {
                if random.below(3) == 0,
                    let busy = inFlight.indices.filter({ inFlight[$0] > 0 }).randomElement(using: &random)
                {
                    inFlight[busy] -= 1
                    chooser.table.ended(busy, .answered, latencyNs: 1, nowMs: 0)
                    continue
                }
                let host = chooser.choose(key: UInt64(random.below(hotKeys)))!
                chooser.table.began(host)
                inFlight[host] += 1
                let share = Double(inFlight.reduce(0, +) * weights[host]) / Double(sum)
                #expect(
                    Double(inFlight[host]) <= (1.25 * share).rounded(.up), "seed \(seed): \(inFlight) of \(weights)")
            }
        }
    }

    @Test func `a hot key alone stays at one host`() {
        var chooser = Chooser(.consistentHash, HostTable(weights: [[1, 1, 1, 1]]))
        let home = chooser.choose(key: 42)!
        for _ in 0..<100 {
            let host = chooser.choose(key: 42)!
            #expect(host == home)
            chooser.table.began(host)
            chooser.table.ended(host, .answered, latencyNs: 1, nowMs: 0)
        }
    }

    @Test func `retries of a key are in the same order each time`() {
        var chooser = Chooser(.consistentHash, HostTable(weights: [[1, 1, 1], [1, 1, 1]]))
        for key in 0..<100 as Range<UInt64> {
            var orders: [[Int]] = []
            for _ in 0..<2 {
                var tried: [Int] = []
                while let host = chooser.choose(key: key, tried: tried) { tried.append(host) }
                orders.append(tried)
            }
            #expect(orders[0] == orders[1] && orders[0].count == 6)
        }
    }

    @Test func `the same host listed twice gets two shares`() {
        let hosts = [1, 1, 2].map { HostTable.HostShape(identity: $0) }
        var chooser = Chooser(.consistentHash, HostTable([.init(hosts: hosts)], slowStartMs: 0))
        let counts = chooser.counts(30_000)
        #expect(counts.allSatisfy { abs($0 - 10_000) < 2_000 }, "\(counts)")
    }
}
