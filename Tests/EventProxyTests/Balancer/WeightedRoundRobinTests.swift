// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct WeightedRoundRobinTests {
    @Test func `with equal weights the order is that of RoundRobin`() {
        for seed in 0..<1_000 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let hostCounts = (0..<1 + random.below(4)).map { _ in 1 + random.below(5) }
            var model = RoundRobin(hostCounts: hostCounts, seed: Int(seed % 1000))
            let table = HostTable(weights: hostCounts.map { [Int](repeating: 1, count: $0) })
            var chooser = Chooser(.roundRobin, table, seed: seed)
            for _ in 0..<100 {
                let host = chooser.choose()
                #expect(host == model.select(), "seed \(seed), hosts \(hostCounts)")
            }
        }
    }

    @Test func `a full cycle is exactly proportional, on both levels`() {
        for seed in 0..<1_000 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let shapes = (0..<1 + random.below(3)).map { _ in
                HostTable.ServiceShape(
                    (0..<1 + random.below(3)).map { _ in 1 + random.below(4) }, weight: 1 + random.below(4))
            }
            var chooser = Chooser(.roundRobin, HostTable(shapes, slowStartMs: 0), seed: seed)
            let servicesCycle = shapes.reduce(0) { $0 + $1.weight }
            let hostsCycle = shapes.reduce(1) { $0 * $1.hosts.reduce(0) { $0 + $1.weight } }
            let counts = chooser.counts(servicesCycle * hostsCycle)
            var host = 0
            for shape in shapes {
                let hostWeights = shape.hosts.reduce(0) { $0 + $1.weight }
                for entry in shape.hosts {
                    let expected = shape.weight * hostsCycle * entry.weight / hostWeights
                    #expect(counts[host] == expected, "seed \(seed), host \(host) of \(shapes)")
                    host += 1
                }
            }
        }
    }

    @Test func `weights are spread, not served in a row`() {
        var chooser = Chooser(.roundRobin, HostTable(weights: [[5, 1, 1]]), seed: 0)
        var order: [Int] = []
        for _ in 0..<7 { order.append(chooser.choose()!) }
        #expect(order == [0, 0, 1, 0, 2, 0, 0])
    }

    @Test func `at any time each host is within two of its share`() {
        for seed in 0..<300 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let weights = (0..<2 + random.below(6)).map { _ in 1 + random.below(256) }
            var chooser = Chooser(.roundRobin, HostTable(weights: [weights]), seed: seed)
            var counts = weights.map { _ in 0 }
            let sum = Double(weights.reduce(0, +))
            for step in 1...500 {
                counts[chooser.choose()!] += 1
                for (count, weight) in zip(counts, weights) {
                    let share = Double(step * weight) / sum
                    #expect(abs(Double(count) - share) < 2, "seed \(seed), step \(step), weights \(weights)")
                }
            }
        }
    }

    @Test func `what an unavailable service leaves goes evenly to the others`() {
        var chooser = Chooser(.roundRobin, HostTable(weights: [[1], [1], [1], [1]]), seed: 0)
        chooser.table.setAvailable(1, false)
        var counts = chooser.counts(300)
        #expect(counts == [100, 0, 100, 100])
        chooser.table.setAvailable(1, true)
        _ = chooser.counts(4)
        counts = chooser.counts(400)
        #expect(counts == [100, 100, 100, 100])
    }

    @Test func `whoever is out, the others stay even`() {
        for seed in 0..<500 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var chooser = Chooser(.roundRobin, HostTable(weights: [[1, 1, 1, 1, 1, 1]]), seed: seed)
            for _ in 0..<20 {
                var up: [Int] = []
                for host in 0..<6 {
                    let isUp = random.below(3) > 0
                    chooser.table.setAvailable(host, isUp)
                    if isUp { up.append(host) }
                }
                if up.isEmpty { continue }
                let counts = chooser.counts(10 * up.count)
                for host in up { #expect((9...11).contains(counts[host]), "seed \(seed): \(counts) of \(up)") }
            }
        }
    }

    @Test func `a service that has lost most of its hosts keeps what they can take`() {
        // Of 3 hosts 1 is left: 1.4 / 3 of a full share against 1, so 7 in 22.
        var chooser = Chooser(.roundRobin, HostTable(weights: [[1, 1, 1], [1, 1, 1]]), seed: 0)
        chooser.table.setAvailable(0, false)
        chooser.table.setAvailable(1, false)
        let counts = chooser.counts(22_000)
        #expect(abs(counts[2] - 7_000) <= 10, "\(counts)")
        #expect(counts[3...5].allSatisfy { abs($0 - 5_000) <= 10 }, "\(counts)")
    }

    @Test func `further attempts are even too, and leave first attempts alone`() {
        var chooser = Chooser(.roundRobin, HostTable(weights: [[1, 1], [1, 1], [1, 1]]), seed: 0)
        var firsts = [Int](repeating: 0, count: 6)
        var seconds = firsts
        for _ in 0..<600 {
            let first = chooser.choose()!
            firsts[first] += 1
            // The first service fails all the time.
            if first < 2 { seconds[chooser.choose(tried: [first])!] += 1 }
        }
        #expect(firsts == [100, 100, 100, 100, 100, 100])
        #expect(seconds == [0, 0, 50, 50, 50, 50])
    }
}
