// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct LeastRequestsTests {
    private func simulation(_ hosts: [LoadSimulation.Host], weights: [Int]? = nil, seed: UInt64) -> LoadSimulation {
        let table = HostTable(weights: [weights ?? hosts.map { _ in 1 }], slowStartMs: 30_000)
        return LoadSimulation(Chooser(.leastRequests, table, seed: seed), hosts)
    }

    @Test func `idle hosts that are alike are chosen uniformly`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            var chooser = Chooser(.leastRequests, HostTable(weights: [[1, 1, 1], [1, 1, 1, 1]]), seed: seed)
            let counts = chooser.counts(70_000)
            // Six degrees of freedom: five standard deviations of 3.5 above.
            #expect(counts.chiSquare() < 24, "seed \(seed): \(counts)")
        }
    }

    @Test func `with some hosts out the rest is chosen uniformly`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            var chooser = Chooser(.leastRequests, HostTable(weights: [[Int](repeating: 1, count: 20)]), seed: seed)
            for host in 0..<20 where host % 5 != 0 { chooser.table.setAvailable(host, false) }
            let all = chooser.counts(40_000)
            let counts = [all[0], all[5], all[10], all[15]]
            #expect(counts.reduce(0, +) == 40_000 && counts.chiSquare() < 16, "seed \(seed): \(counts)")
        }
    }

    @Test func `the one with fewer requests in flight is chosen`() {
        var chooser = Chooser(.leastRequests, HostTable(weights: [[1, 1]]))
        for _ in 0..<3 { chooser.table.began(0) }
        chooser.table.began(1)
        let counts = chooser.counts(100)
        #expect(counts == [0, 100])
    }

    @Test func `fast hosts get more than slow ones`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            let fast = LoadSimulation.Host(latencyMs: 10)
            let slow = LoadSimulation.Host(latencyMs: 200)
            var load = simulation([fast, fast, fast, slow], seed: seed)
            _ = load.run(requests: 1_000, gapMs: 2)
            let counts = load.run(requests: 10_000, gapMs: 2)
            #expect(counts[3] < 500, "seed \(seed): \(counts)")
            #expect(counts[0..<3].allSatisfy { $0 > 1_500 }, "seed \(seed): \(counts)")
        }
    }

    @Test func `a host that queues is relieved`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            let host = LoadSimulation.Host(latencyMs: 3, isSerial: true)
            let weak = LoadSimulation.Host(latencyMs: 12, isSerial: true)
            // The four can take 1.08 requests per millisecond; one every millisecond comes.
            var load = simulation([host, host, host, weak], seed: seed)
            _ = load.run(requests: 2_000, gapMs: 1)
            let counts = load.run(requests: 10_000, gapMs: 1)
            #expect(counts[3] < 1_100, "seed \(seed): \(counts)")
        }
    }

    @Test func `a host that fails fast is starved, and back when it has recovered`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            let good = LoadSimulation.Host(latencyMs: 20)
            var load = simulation([good, good, .init(latencyMs: 1, isFailing: true)], seed: seed)
            let failing = load.run(requests: 10_000, gapMs: 5)
            #expect(failing[2] < 100, "seed \(seed): \(failing)")
            load.hosts[2].isFailing = false
            load.hosts[2].latencyMs = 20
            // 5 s fade to 20 ms in 55 s.
            _ = load.run(requests: 16_000, gapMs: 5)
            let recovered = load.run(requests: 6_000, gapMs: 5)
            #expect(recovered[2] > 1_000, "seed \(seed): \(recovered)")
        }
    }

    @Test func `with all hosts failing they share the traffic`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            let bad = LoadSimulation.Host(latencyMs: 1, isFailing: true)
            var load = simulation([bad, bad, bad], seed: seed)
            let counts = load.run(requests: 6_000, gapMs: 5)
            #expect(counts.allSatisfy { $0 > 1_000 }, "seed \(seed): \(counts)")
        }
    }

    @Test func `a new host gets traffic at once`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            let host = LoadSimulation.Host(latencyMs: 20)
            var load = simulation([host, host, host, host], seed: seed)
            load.chooser.table.setAvailable(3, false)
            _ = load.run(requests: 5_000, gapMs: 2)
            load.chooser.table.setAvailable(3, true)
            let counts = load.run(requests: 1_000, gapMs: 2)
            #expect((150...400).contains(counts[3]), "seed \(seed): \(counts)")
        }
    }

    @Test func `under load requests in flight follow the weights`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            let host = LoadSimulation.Host(latencyMs: 100)
            var load = simulation([host, host, host], weights: [1, 2, 4], seed: seed)
            _ = load.run(requests: 1_000, gapMs: 1)
            let counts = load.run(requests: 14_000, gapMs: 1)
            for (count, share) in zip(counts, [2_000, 4_000, 8_000]) {
                #expect(abs(count - share) < share / 5, "seed \(seed): \(counts)")
            }
        }
    }

    @Test func `with little load shares grow with the weights and none is left out`() {
        var chooser = Chooser(.leastRequests, HostTable(weights: [[1, 2, 4, 4]]))
        let counts = chooser.counts(11_000)
        #expect(counts[0] > 500 && counts[0] < counts[1] && counts[1] < counts[2], "\(counts)")
        #expect(abs(counts[2] - counts[3]) < 400, "\(counts)")
    }

    @Test func `of two hosts, one that warms up gets no more than its weight allows, however quick it is`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            var chooser = Chooser(.leastRequests, HostTable(weights: [[1, 1]], slowStartMs: 30_000), seed: seed)
            chooser.table.startRamp(1, nowMs: 0)
            for host in 0..<2 {
                chooser.table.began(host)
                chooser.table.ended(host, .answered, latencyNs: host == 0 ? 90_000_000 : 1_000_000, nowMs: 0)
            }
            let counts = chooser.counts(10_000)
            // Drawn first in 1 of 11, and let in against the other in a tenth of the rest.
            #expect((1_500...2_000).contains(counts[1]), "seed \(seed): \(counts)")
        }
    }
}
