// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

struct BucketTableTests {
    private static let second: Int64 = 1_000_000_000

    @Test func `a burst passes, then one for each interval`() {
        var table = BucketTable(capacity: 64)
        let rate = BucketRate(requests: 10, perMs: 1_000, burst: 3)
        for _ in 0..<3 { same(table.take(1, rate, nowNs: 0), nil) }
        same(table.take(1, rate, nowNs: 0), Self.second / 10)
        same(table.take(1, rate, nowNs: Self.second / 10 - 1), 1)
        same(table.take(1, rate, nowNs: Self.second / 10), nil)
        same(table.take(1, rate, nowNs: Self.second / 10), Self.second / 10)
        // What is refused costs nothing, and a pause fills no more than the burst.
        for _ in 0..<3 { same(table.take(1, rate, nowNs: Self.second), nil) }
        same(table.take(1, rate, nowNs: Self.second), Self.second / 10)
    }

    @Test(arguments: [(1, 1_000, 1), (7, 1_000, 7), (100, 60_000, 5), (1_000_000, 1, 1_000_000), (3, 86_400_000, 1)])
    func `in the long run it is the rate, and never more than that and a burst`(
        requests: Int, perMs: Int64, burst: Int
    ) {
        var table = BucketTable(capacity: 4)
        let rate = BucketRate(requests: requests, perMs: perMs, burst: burst)
        // Rounded up, or the third step would come a moment too early each time.
        let stepNs = (rate.intervalNs + 2) / 3
        var passed = 0
        for step in 0..<3_000 where table.take(1, rate, nowNs: Int64(step) * stepNs) == nil { passed += 1 }
        let elapsed = 2_999 * stepNs
        let most = elapsed / rate.intervalNs + Int64(burst)
        expect(Int64(passed) <= most)
        expect(Int64(passed) >= min(most - 1, 3_000) - 1)
    }

    @Test func `the largest numbers do not overflow`() {
        var table = BucketTable(capacity: 4)
        let rate = BucketRate(requests: 1, perMs: 86_400_000, burst: 1_000_000)
        for _ in 0..<100 { same(table.take(1, rate, nowNs: .max / 4), nil) }
    }

    @Test func `ever new keys do not give an emptied bucket back`() {
        var table = BucketTable(capacity: 64)
        let rate = BucketRate(requests: 10, perMs: 1_000, burst: 10)
        for _ in 0..<10 { same(table.take(.max, rate, nowNs: 0), nil) }
        var random = SplitMix64(seed: 1)
        for _ in 0..<100_000 {
            same(table.take(random.next() | 1 << 32, rate, nowNs: 0), nil)
        }
        expect(table.take(.max, rate, nowNs: 0) != nil)
    }
}
