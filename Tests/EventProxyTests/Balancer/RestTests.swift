// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

/// Hosts that ask for patience, with each way to choose.
@Suite struct RestTests {
    private static func resting(_ table: borrowing HostTable) -> [Int] {
        (0..<table.count).filter { table[$0].isResting }
    }

    @Test(arguments: BalancerKind.allCases)
    func `a host gets nothing until it has rested, and its share afterwards`(_ kind: BalancerKind) {
        var chooser = Chooser(kind, HostTable(weights: [[1, 1], [1, 1]]))
        chooser.table.rest(1, forMs: 3_000, nowMs: 0)
        chooser.nowMs = 2_999
        var counts = chooser.counts(1_000)
        #expect(counts[1] == 0 && counts.reduce(0, +) == 1_000)
        chooser.nowMs = 3_000
        counts = chooser.counts(4_000)
        #expect((700...1_300).contains(counts[1]), "\(counts)")
    }

    @Test(arguments: BalancerKind.allCases)
    func `Retry-After is obeyed, and not believed for ever`(_ kind: BalancerKind) {
        for (askedMs, quietMs) in [(30_000, 30_000), (3_600_000, 60_000)] as [(Int64, Int64)] {
            let good = LoadSimulation.Host(latencyMs: 20)
            let ill = LoadSimulation.Host(latencyMs: 1, isFailing: true, retryAfterMs: askedMs)
            var load = LoadSimulation(Chooser(kind, HostTable(weights: [[1, 1]]), seed: 7), [good, ill])
            let first = load.run(requests: 100, gapMs: 10)
            #expect(first[1] > 0)
            load.hosts[1] = good
            let during = load.run(requests: Int(quietMs - 1_000) / 10, gapMs: 10)
            #expect(during[1] == 0, "\(during)")
            let since = load.run(requests: 10_000, gapMs: 10)
            #expect(since[1] > 500, "\(since)")
        }
    }

    @Test(arguments: BalancerKind.allCases)
    func `a retry prefers the others, and takes it rather than none`(_ kind: BalancerKind) {
        var chooser = Chooser(kind, HostTable(weights: [[1, 1], [1]]))
        chooser.table.rest(2, forMs: 3_000, nowMs: 0)
        for key in 0..<20 as Range<UInt64> {
            var host = chooser.choose(key: key, tried: [0])
            #expect(host == 1)
            host = chooser.choose(key: key, tried: [0, 1])
            #expect(host == 2)
        }
    }

    @Test func `half of the hosts may rest; when more ask, the one that asked first is used again`() {
        var table = HostTable(weights: [[1, 1, 1], [1, 1, 1]])
        for host in [4, 0, 2] { table.rest(host, forMs: 9_000, nowMs: 0) }
        same(Self.resting(table), [0, 2, 4])
        table.rest(5, forMs: 1_000, nowMs: 5)
        same(Self.resting(table), [0, 2, 5])
        // Asking again makes it the last.
        table.rest(0, forMs: 1_000, nowMs: 6)
        table.rest(1, forMs: 1_000, nowMs: 7)
        same(Self.resting(table), [0, 1, 5])
        table.endRests(nowMs: 1_005)
        same(Self.resting(table), [0, 1])
    }

    @Test func `of two hosts one rests, a single one never`() {
        var table = HostTable(weights: [[1, 1]])
        table.rest(0, forMs: 1_000, nowMs: 0)
        same(Self.resting(table), [0])
        table.rest(1, forMs: 1_000, nowMs: 0)
        same(Self.resting(table), [1])
        var single = HostTable(weights: [[1]])
        single.rest(0, forMs: 1_000, nowMs: 0)
        same(Self.resting(single), [])
    }

    @Test func `hosts that are out leave no room for others to rest`() {
        var table = HostTable(weights: [[1, 1, 1, 1]])
        table.rest(0, forMs: 1_000, nowMs: 0)
        table.rest(1, forMs: 1_000, nowMs: 0)
        table.setAvailable(2, false)
        same(Self.resting(table), [1])
        table.setDraining(3, true)
        same(Self.resting(table), [])
        table.rest(1, forMs: 1_000, nowMs: 0)
        same(Self.resting(table), [])
        // One that was out has forgotten it.
        table.setAvailable(2, true)
        table.setDraining(3, false)
        table.rest(2, forMs: 1_000, nowMs: 0)
        table.setAvailable(2, false)
        table.setAvailable(2, true)
        same(Self.resting(table), [])
    }

    @Test func `hosts that stay when others come and go rest on, and are as full as they were`() {
        var before = HostTable(weights: [[1, 1, 1, 1]])
        for host in [3, 1] { before.rest(host, forMs: 1_000, nowMs: 0) }
        before.setFull(2, true)
        var after = HostTable(weights: [[1, 1, 1, 1]])
        after.adopt(before, moved: [nil, 0, 1, 2])
        same(Self.resting(after), [0, 2])
        #expect(after[1].isFull && !after[1].isReady)
        after.rest(3, forMs: 1_000, nowMs: 0)
        same(Self.resting(after), [0, 3], "the one that asked first is used again")
        after.endRests(nowMs: 1_000)
        same(Self.resting(after), [])
    }

    @Test(arguments: BalancerKind.allCases)
    func `the next tier stands in for one that rests`(_ kind: BalancerKind) {
        var chooser = Chooser(kind, HostTable([.init([1]), .init([1], tier: 1, number: 1)], slowStartMs: 0))
        chooser.table.rest(0, forMs: 1_000, nowMs: 0)
        #expect(chooser.counts(100) == [0, 100])
        chooser.nowMs = 1_000
        #expect(chooser.counts(100) == [100, 0])
    }
}
