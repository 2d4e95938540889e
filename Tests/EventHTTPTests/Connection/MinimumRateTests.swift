// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// `#expect` cannot take what changes its subject.
private func expect(_ holds: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(holds, sourceLocation: sourceLocation)
}

@Suite struct MinimumRateTests {
    @Test func `ten seconds of grace, then five kilobytes in five seconds`() {
        var rate = MinimumRate(nowMs: 1_000)
        #expect(rate.checkMs == 11_000)
        expect(!rate.isTooSlow(nowMs: 10_999))
        expect(!rate.isTooSlow(nowMs: 11_000))
        rate.passed(5_119)
        expect(!rate.isTooSlow(nowMs: 15_999))
        expect(rate.isTooSlow(nowMs: 16_000))
        rate.passed(5_120)
        expect(!rate.isTooSlow(nowMs: 21_000))
        #expect(rate.checkMs == 26_000)
    }

    @Test func `what came in the time of grace does not help later`() {
        var rate = MinimumRate(nowMs: 0)
        rate.passed(1 << 20)
        expect(!rate.isTooSlow(nowMs: 10_000))
        expect(rate.isTooSlow(nowMs: 15_000))
    }

    @Test func `time in which it is not the peer's turn does not count`() {
        var rate = MinimumRate(nowMs: 0)
        expect(!rate.isTooSlow(nowMs: 10_000))
        rate.pause(nowMs: 11_000)
        #expect(rate.checkMs == .max)
        expect(!rate.isTooSlow(nowMs: 100_000))
        rate.pause(nowMs: 50_000)
        rate.goOn(nowMs: 111_000)
        rate.goOn(nowMs: 112_000)
        #expect(rate.checkMs == 115_000)
        expect(rate.isTooSlow(nowMs: 115_000))
    }

    @Test func `a pace is kept by whoever is neither silent nor slow`() {
        let pace = Pace()
        pace.begin(nowMs: 0)
        #expect(pace.goOn(nowMs: 0, silenceMs: 3_000) == 3_000)
        #expect(pace.check(nowMs: 2_999) == 3_000)
        #expect(pace.check(nowMs: 3_000) == nil, "silent")
        pace.begin(nowMs: 0)
        for second in 1..<15 as Range<Int64> {
            pace.passed(1)
            _ = pace.goOn(nowMs: second * 1_000, silenceMs: 3_000)
            #expect(pace.check(nowMs: second * 1_000) != nil)
        }
        _ = pace.goOn(nowMs: 15_000, silenceMs: 3_000)
        #expect(pace.check(nowMs: 15_000) == nil, "a byte a second is too slow")
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `a peer of two kilobytes a second stays, one of half a kilobyte goes within a window`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for (bytesPerSecond, isSlow) in [(2_048, false), (512, true)] {
            var rate = MinimumRate(nowMs: 0)
            var nowMs: Int64 = 0
            var verdict = false
            while nowMs < 60_000, !verdict {
                let stepMs = Int64.random(in: 1...400, using: &random)
                nowMs += stepMs
                rate.passed(Int(stepMs) * bytesPerSecond / 1_000 + 1)
                if nowMs >= rate.checkMs { verdict = rate.isTooSlow(nowMs: nowMs) }
            }
            #expect(verdict == isSlow, "seed \(seed)")
            if isSlow { #expect(nowMs < 16_000, "seed \(seed)") }
        }
    }
}
