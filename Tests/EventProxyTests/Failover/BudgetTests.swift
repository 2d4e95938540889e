// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct RetryBudgetTests {
    @Test func `the floor is thirty retries of ten seconds, then three a second`() {
        var budget = RetryBudget()
        var taken = 0
        while budget.tryTake(nowMs: 1_000) { taken += 1 }
        #expect(taken == 30)
        expect(!budget.tryTake(nowMs: 10_999))
        expect(budget.tryTake(nowMs: 11_000), "what was taken ten seconds ago counts no more")
    }

    @Test func `five requests pay for a retry, for ten seconds`() {
        var budget = RetryBudget()
        for _ in 0..<30 { expect(budget.tryTake(nowMs: 0)) }
        for _ in 0..<4 { budget.requestBegan(nowMs: 500) }
        expect(!budget.tryTake(nowMs: 600))
        budget.requestBegan(nowMs: 700)
        same(budget.available(nowMs: 700), 1)
        expect(budget.tryTake(nowMs: 700))
        expect(!budget.tryTake(nowMs: 700))
        budget.giveBack(nowMs: 700)
        expect(budget.tryTake(nowMs: 700))
    }

    @Test func `workers share the floor`() {
        var budget = RetryBudget(workers: 4)
        var taken = 0
        while budget.tryTake(nowMs: 0) { taken += 1 }
        #expect(taken == 7)
    }

    @Test func `a quiet hour saves up nothing`() {
        var budget = RetryBudget()
        for i in 0..<100_000 { budget.requestBegan(nowMs: Int64(i)) }
        expect(budget.available(nowMs: 100_000) > 1_000)
        same(budget.available(nowMs: 3_600_000), 30)
    }

    /// The window's law at every retry, and the promise over the whole time.
    @Test(arguments: 0..<1_000 as Range<UInt64>)
    func `retries are at most a fifth of the load and the floor`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var budget = RetryBudget()
        var nowMs = Int64.random(in: 0...5_000, using: &random)
        let startMs = nowMs
        var requests = 0
        var retries = 0
        // Requests and retries by second.
        var seconds = [(requests: Int, retries: Int)](repeating: (0, 0), count: 4_000)
        for _ in 0..<400 {
            let isQuiet = Int.random(in: 0..<20, using: &random) == 0
            nowMs += isQuiet ? Int64.random(in: 0...15_000, using: &random) : Int64.random(in: 0...60, using: &random)
            let second = Int(nowMs / 1_000)
            for _ in 0..<Int.random(in: 0...10, using: &random) {
                budget.requestBegan(nowMs: nowMs)
                seconds[second].requests += 1
                requests += 1
            }
            for _ in 0..<Int.random(in: 0...10, using: &random) {
                let isGiven = budget.tryTake(nowMs: nowMs)
                if isGiven {
                    seconds[second].retries += 1
                    retries += 1
                }
                var seen = (requests: 0, retries: isGiven ? 0 : 1)
                for window in seconds[max(0, second - 9)...second] {
                    seen.requests += window.requests
                    seen.retries += window.retries
                }
                let isLawful = seen.retries * 1_000 <= seen.requests * 200 + 30_000
                #expect(isLawful == isGiven, "seed \(seed): given exactly when the law lets")
            }
        }
        let elapsed = Int((nowMs - startMs) / 1_000) + 1
        #expect(retries * 1_000 <= requests * 200 + 3_000 * elapsed + 30_000, "seed \(seed)")
    }
}

@Suite struct BackoffTests {
    @Test func `the first retry goes at once, later ones wait longer and longer up to a limit`() {
        #expect((1...8).map { Backoff.limitMs(retry: $0) } == [0, 25, 50, 100, 200, 250, 250, 250])
    }

    @Test(arguments: 0..<1_000 as Range<UInt64>)
    func `the wait is within its limit and the deadline`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let retry = Int.random(in: 1...100, using: &random)
        let remainingMs = Int64.random(in: -100...2_000, using: &random)
        let wait = Backoff.delayMs(retry: retry, remainingMs: remainingMs, using: &random)
        guard let wait else {
            #expect(remainingMs < Backoff.reserveMs, "seed \(seed)")
            return
        }
        #expect((0...Backoff.limitMs(retry: retry)).contains(wait), "seed \(seed)")
        #expect(wait + Backoff.reserveMs <= remainingMs, "seed \(seed)")
    }

    @Test func `the jitter is full`() {
        var random = SplitMix64(seed: 1)
        let waits = (0..<2_000).compactMap { _ in Backoff.delayMs(retry: 9, remainingMs: 60_000, using: &random) }
        #expect(waits.min() == 0 && waits.max() == 250)
        #expect((110...140).contains(waits.reduce(0, +) / Int64(waits.count)))
    }
}

@Suite struct LatencyQuantileTests {
    @Test func `few samples say nothing`() {
        var latency = LatencyQuantile()
        for _ in 0..<19 { latency.record(us: 1_000, nowMs: 0) }
        same(latency.quantile(perMille: 950, nowMs: 0), nil)
        same(latency.hedgeDelay(nowMs: 0), LatencyQuantile.hedgeDelayUnknownMs)
        latency.record(us: 1_000, nowMs: 0)
        expect(latency.quantile(perMille: 950, nowMs: 0) != nil)
        same(latency.hedgeDelay(nowMs: 99), 100, "worked out at most every 100 ms")
        same(latency.hedgeDelay(nowMs: 100), LatencyQuantile.hedgeDelayMinMs)
    }

    @Test func `every latency is in the bucket that holds it`() {
        var last = -1
        for bucket in 0..<LatencyQuantile.bucketCount {
            let highest = LatencyQuantile.highestUs(bucket)
            #expect(LatencyQuantile.bucket(highest) == bucket)
            #expect(LatencyQuantile.bucket(highest + 1) == min(bucket + 1, LatencyQuantile.bucketCount - 1))
            #expect(highest > last)
            last = Int(highest)
        }
        #expect(LatencyQuantile.bucket(0) == 0 && LatencyQuantile.bucket(-5) == 0)
        #expect(LatencyQuantile.bucket(.max) == LatencyQuantile.bucketCount - 1)
    }

    @Test func `the delay is clamped`() {
        func delay(_ us: Int64) -> Int64 {
            var latency = LatencyQuantile()
            for _ in 0..<100 { latency.record(us: us, nowMs: 0) }
            return latency.hedgeDelay(nowMs: 0)
        }
        #expect(delay(10) == 5)
        #expect((30...34).contains(delay(20_000)))
        #expect(delay(60_000_000) == 1_000)
    }

    @Test func `half a minute later an old latency is forgotten`() {
        var latency = LatencyQuantile()
        for _ in 0..<100 { latency.record(us: 500_000, nowMs: 0) }
        for _ in 0..<100 { latency.record(us: 1_000, nowMs: 16_000) }
        same(latency.sampleCount, 200)
        for _ in 0..<100 { latency.record(us: 1_000, nowMs: 32_000) }
        same(latency.sampleCount, 200)
        expect(latency.quantile(perMille: 1_000, nowMs: 32_000)! < 1_200)
        same(latency.quantile(perMille: 500, nowMs: 100_000), nil)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `a quantile is at most an eighth above the true one`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var latency = LatencyQuantile()
        var samples: [Int64] = []
        for _ in 0..<Int.random(in: 20...500, using: &random) {
            let us = Int64.random(in: 64...(64 << Int64.random(in: 0...15, using: &random)), using: &random)
            samples.append(us)
            latency.record(us: us, nowMs: 0)
        }
        samples.sort()
        for perMille in [1, 500, 900, 950, 990, 1_000] {
            let exact = samples[(samples.count * perMille + 999) / 1_000 - 1]
            let estimate = latency.quantile(perMille: perMille, nowMs: 0)!
            #expect(estimate >= exact && estimate <= exact + exact / 8 + 1, "seed \(seed), \(perMille)")
        }
    }
}
