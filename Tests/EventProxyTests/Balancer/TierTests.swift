// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct TierTests {
    /// Ten hosts in each tier; how many of them are up, and the percentages that follow.
    static let spillOver: [(up: [Int], percent: [Int])] = [
        ([10, 10], [100, 0]),
        ([8, 10], [100, 0]),
        ([7, 10], [98, 2]),
        ([5, 10], [70, 30]),
        ([2, 10], [28, 72]),
        ([0, 10], [0, 100]),
        ([0, 3], [0, 100]),
        ([5, 0], [100, 0]),
        ([2, 2], [50, 50]),
        ([4, 2], [67, 33]),
        ([10, 0], [100, 0]),
        ([5, 1, 10], [70, 14, 16]),
        ([0, 5, 10], [0, 70, 30]),
        ([0, 0, 4], [0, 0, 100]),
        ([2, 2, 2], [33, 33, 33]),
    ]

    @Test(arguments: BalancerKind.allCases, spillOver)
    func `traffic spills over by what is healthy`(_ kind: BalancerKind, _ row: (up: [Int], percent: [Int])) {
        let shapes = row.up.indices.map {
            HostTable.ServiceShape([Int](repeating: 1, count: 10), tier: $0 * 3, number: UInt64($0))
        }
        var chooser = Chooser(kind, HostTable(shapes, slowStartMs: 0))
        for (tier, up) in row.up.enumerated() {
            for host in up..<10 { chooser.table.setAvailable(tier * 10 + host, false) }
        }
        let counts = chooser.counts(10_000)
        for (tier, percent) in row.percent.enumerated() {
            let got = counts[tier * 10..<tier * 10 + 10].reduce(0, +)
            #expect(abs(got - percent * 100) < 150, "tier \(tier) of \(row.up): \(got) of 10000")
            for host in row.up[tier]..<10 { #expect(counts[tier * 10 + host] == 0) }
        }
    }

    @Test(arguments: BalancerKind.allCases)
    func `with all down the first tier panics, and a request still reaches every host`(_ kind: BalancerKind) {
        let shapes = [HostTable.ServiceShape([1, 1]), .init([1, 1], tier: 1, number: 1)]
        var chooser = Chooser(kind, HostTable(shapes, slowStartMs: 0))
        for host in 0..<4 { chooser.table.setAvailable(host, false) }
        let counts = chooser.counts(1_000)
        #expect(counts[0] + counts[1] == 1_000)
        let alternate = chooser.choose(tried: [0])!
        #expect(alternate >= 2)
        let last = chooser.choose(tried: [0, 2, 3])
        #expect(last == 1)
    }

    @Test(arguments: BalancerKind.allCases)
    func `a retry goes to a new service of its tier, then of the next, then back`(_ kind: BalancerKind) {
        let shapes: [HostTable.ServiceShape] = [
            .init([1, 1]), .init([1, 1], number: 1), .init([1, 1], tier: 1, number: 2),
        ]
        var chooser = Chooser(kind, HostTable(shapes, slowStartMs: 0))
        for key in 0..<200 as Range<UInt64> {
            var tried: [Int] = []
            var services: [Int] = []
            while let host = chooser.choose(key: key, tried: tried) {
                tried.append(host)
                services.append(host / 2)
            }
            #expect(services[0] < 2 && services[1] == 1 - services[0] && services[2] == 2, "\(services)")
            #expect(services[3] < 2 && services[4] < 2 && services[5] == 2, "\(services)")
        }
    }

    @Test func `weights count in what is healthy`() {
        // The host that is left has 6 of 10: 84 %.
        let shapes = [HostTable.ServiceShape([4, 6]), .init([1], tier: 1)]
        var chooser = Chooser(.roundRobin, HostTable(shapes, slowStartMs: 0))
        chooser.table.setAvailable(0, false)
        let counts = chooser.counts(Capacity.scale)
        #expect(counts == [0, 55_050, 10_486])
    }

    @Test func `a key stays with its tier while shares move`() {
        let shapes = [HostTable.ServiceShape([Int](repeating: 1, count: 10)), .init([1, 1], tier: 1, number: 1)]
        var chooser = Chooser(.consistentHash, HostTable(shapes, slowStartMs: 0))
        var left = Set<UInt64>()
        for up in (0...10).reversed() {
            for host in 0..<10 { chooser.table.setAvailable(host, host < up) }
            var now = Set<UInt64>()
            for key in 0..<2_000 as Range<UInt64> where chooser.choose(key: key)! >= 10 { now.insert(key) }
            #expect(now.isSuperset(of: left), "with \(up) hosts up")
            left = now
        }
        #expect(left.count == 2_000)
    }
}
