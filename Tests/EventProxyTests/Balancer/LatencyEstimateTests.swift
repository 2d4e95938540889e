// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct LatencyEstimateTests {
    @Test func `a single failure is forgotten after a dozen successes`() {
        var estimate = LatencyEstimate()
        estimate.ended(.failed, latencyNs: 1_000_000, nowMs: 0)
        #expect(estimate.penalty(nowMs: 0) == 5e9 && !estimate.isKnown)
        for _ in 0..<12 { estimate.ended(.answered, latencyNs: 1_000_000, nowMs: 1) }
        #expect(estimate.penalty(nowMs: 1) < 2e6)
    }

    @Test func `an estimate rises at once, falls slowly and fades`() {
        var estimate = LatencyEstimate()
        estimate.ended(.answered, latencyNs: 1_000_000, nowMs: 0)
        estimate.ended(.answered, latencyNs: 9_000_000, nowMs: 1)
        #expect(estimate.latency(nowMs: 1) == 9_000_000)
        estimate.ended(.answered, latencyNs: 1_000_000, nowMs: 1_001)
        #expect((8_000_000...8_400_000).contains(estimate.latency(nowMs: 1_001)))
        #expect((2_900_000...3_200_000).contains(estimate.latency(nowMs: 11_001)))
        #expect(estimate.latency(nowMs: 10_000_000) == LatencyEstimate.latencyNsMin)
        // The clock of the loop may stand still, and must not run back; if it does, nothing breaks.
        #expect(estimate.latency(nowMs: 0) >= 8_000_000)
    }

    @Test func `an abandoned request raises the estimate and never lowers it`() {
        var estimate = LatencyEstimate()
        estimate.ended(.answered, latencyNs: 5_000_000, nowMs: 0)
        estimate.ended(.abandoned, latencyNs: 1_000_000, nowMs: 1)
        #expect(estimate.latency(nowMs: 0) == 5_000_000)
        estimate.ended(.abandoned, latencyNs: 80_000_000, nowMs: 2)
        #expect(estimate.latency(nowMs: 2) == 80_000_000)
    }

    @Test func `decay is that of e to the minus t over 10 s`() {
        let known: [(Int64, Double)] = [(0, 1), (1_000, 0.904_837), (10_000, 0.367_879), (25_000, 0.082_085)]
        for (elapsedMs, factor) in known {
            let decay = LatencyEstimate.decay(sinceMs: 5, nowMs: 5 + elapsedMs)
            #expect(abs(decay - factor) < factor * 0.004, "\(elapsedMs) ms: \(decay)")
        }
        #expect(LatencyEstimate.decay(sinceMs: .min / 2, nowMs: 0) == 0)
    }

    @Test func `a penalty fades with time, and by half with each success`() {
        var estimate = LatencyEstimate()
        estimate.ended(.failed, latencyNs: 1_000_000, nowMs: 0)
        #expect((1.8e9...1.9e9).contains(estimate.penalty(nowMs: 10_000)))
        estimate.ended(.failed, latencyNs: 30_000_000_000, nowMs: 10_000)
        #expect(estimate.penalty(nowMs: 10_000) == 30e9)
        estimate.ended(.answered, latencyNs: 1_000_000, nowMs: 10_000)
        #expect(estimate.penalty(nowMs: 10_000) == 15e9)
    }
}
