// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct SlowStartTests {
    private static let slowStartMs: Int64 = 10_000

    @Test func `the weight grows in a line from a tenth to all`() {
        var table = HostTable(weights: [[1, 200]], slowStartMs: Self.slowStartMs)
        table.startRamp(1, nowMs: 5_000)
        let expected: [(Int64, Int)] = [(0, 10), (5_000, 10), (10_000, 55), (14_000, 91), (15_000, 100), (99_000, 100)]
        for (nowMs, percent) in expected {
            let weight = table.effectiveWeight(1, nowMs: nowMs)
            let whole = 200 * HostTable.weightScale
            #expect(abs(weight * 100 - whole * percent) <= whole, "\(nowMs) ms")
        }
        let other = table.effectiveWeight(0, nowMs: 5_000)
        #expect(other == HostTable.weightScale)
    }

    @Test func `without slow start a new host has all of its weight`() {
        var table = HostTable(weights: [[1, 1]], slowStartMs: 0)
        table.startRamp(1, nowMs: 0)
        let weight = table.effectiveWeight(1, nowMs: 0)
        #expect(weight == HostTable.weightScale)
    }

    @Test(arguments: BalancerKind.allCases)
    func `the share of an idle host grows while it warms up`(_ kind: BalancerKind) {
        var chooser = Chooser(kind, HostTable(weights: [[1, 1, 1, 1]], slowStartMs: Self.slowStartMs))
        let warm = chooser.counts(8_000)[3]
        chooser.table.startRamp(3, nowMs: 0)
        var shares: [Int] = []
        for nowMs in stride(from: 0, through: Self.slowStartMs, by: 2_500) {
            chooser.nowMs = nowMs
            shares.append(chooser.counts(8_000)[3])
        }
        #expect(shares == shares.sorted(), "\(shares)")
        #expect(shares[0] > 50 && shares[0] < 500, "\(shares)")
        #expect(shares[2] > warm / 4 && shares[2] < warm * 3 / 4, "\(shares)")
        #expect(abs(shares[4] - warm) < 200, "\(shares) towards \(warm)")
    }

    @Test(arguments: BalancerKind.allCases)
    func `the share grows under load too`(_ kind: BalancerKind) {
        let host = LoadSimulation.Host(latencyMs: 50)
        for seed in 1...10 as ClosedRange<UInt64> {
            let chooser = Chooser(kind, HostTable(weights: [[1, 1, 1, 1]], slowStartMs: Self.slowStartMs), seed: seed)
            var load = LoadSimulation(chooser, [host, host, host, host])
            _ = load.run(requests: 4_000, gapMs: 1)
            let nowMs = load.chooser.nowMs
            load.chooser.table.startRamp(3, nowMs: nowMs)
            let shares = (0..<5).map { _ in load.run(requests: 2_500, gapMs: 1)[3] }
            #expect(shares[0] > 20 && shares[0] < 350, "seed \(seed): \(shares)")
            #expect(shares[0] < shares[1] && shares[1] < shares[3], "seed \(seed): \(shares)")
            #expect((500...750).contains(shares[4]), "seed \(seed): \(shares)")
        }
    }

    @Test(arguments: BalancerKind.allCases)
    func `a second new host does not surge one that is warming up`(_ kind: BalancerKind) {
        var chooser = Chooser(kind, HostTable(weights: [[1, 1, 1, 1]], slowStartMs: Self.slowStartMs))
        chooser.table.startRamp(2, nowMs: 0)
        chooser.nowMs = 5_000
        let before = chooser.counts(8_000)[2]
        chooser.table.startRamp(3, nowMs: 5_000)
        let after = chooser.counts(8_000)
        #expect(after[2] < before * 3 / 2, "\(before), then \(after)")
        #expect(after[3] < after[2], "\(after)")
    }

    @Test func `a service whose only host warms up gets less, and its hosts' neighbours no more`() {
        var chooser = Chooser(.roundRobin, HostTable(weights: [[1], [1], [1]], slowStartMs: Self.slowStartMs))
        chooser.table.startRamp(0, nowMs: 0)
        let counts = chooser.counts(10_000)
        // A tenth, and 40 % more: 0.14 of 2.14.
        #expect((550...750).contains(counts[0]), "\(counts)")
    }

    @Test func `a host that is back is not held to what it was`() {
        var table = HostTable(weights: [[1, 1]], slowStartMs: Self.slowStartMs)
        for host in 0..<2 {
            table.began(host)
            table.ended(host, host == 0 ? .failed : .answered, latencyNs: 3_000_000, nowMs: 0)
        }
        var latency = table.latencyNs(0, nowMs: 0)
        #expect(latency == 5e9)
        table.startRamp(0, nowMs: 0)
        latency = table.latencyNs(0, nowMs: 0)
        #expect(latency == 3_000_000)
    }
}
