// SPDX-License-Identifier: Apache-2.0

/// How a request to a host ended.
enum HostOutcome {
    /// A response that is no failure, after the latency given with it.
    case answered
    /// No response, or one of 5xx.
    case failed
    /// We went before the response came: the client left, or another host was faster. All that is known of the latency
    /// is a lower bound.
    case abandoned
}

/// How long a host takes to answer, as an average of the last ten seconds or so that follows a rise at once and a fall
/// slowly (peak-sensitive EWMA, as in Finagle), and a penalty for failing.
///
/// The penalty is what keeps a host that fails fast from drawing all traffic: it counts as a very slow one. Without
/// news both fade, so that a host which was given up is tried again.
struct LatencyEstimate {
    /// The time in which a sample loses 63 % of its weight.
    static let decayMs: Double = 10_000
    /// The latency that a failure counts as.
    static let penaltyMs: Int64 = 5_000
    /// Below this, latency tells nothing about load.
    static let latencyNsMin: Double = 10_000
    static let nanosecondsInMillisecond: Int64 = 1_000_000

    private var latencyNs: Double = 0
    private var latencyAtMs: Int64 = 0
    private var penaltyNs: Double = 0
    private var penaltyAtMs: Int64 = 0
    /// Whether there has been a sample.
    private(set) var isKnown = false

    /// The latency without the penalty.
    func latency(nowMs: Int64) -> Double {
        max(Self.latencyNsMin, latencyNs * Self.decay(sinceMs: latencyAtMs, nowMs: nowMs))
    }

    func penalty(nowMs: Int64) -> Double {
        penaltyNs * Self.decay(sinceMs: penaltyAtMs, nowMs: nowMs)
    }

    mutating func ended(_ outcome: HostOutcome, latencyNs sampleNs: Int64, nowMs: Int64) {
        switch outcome {
        case .answered:
            add(Double(sampleNs), nowMs: nowMs)
            // Half for each success: a host that has recovered is back after a dozen requests.
            penaltyNs = penalty(nowMs: nowMs) / 2
            penaltyAtMs = nowMs
        case .failed:
            let sample = max(Double(Self.penaltyMs * Self.nanosecondsInMillisecond), Double(sampleNs))
            penaltyNs = max(penalty(nowMs: nowMs), sample)
            penaltyAtMs = nowMs
        case .abandoned:
            if Double(sampleNs) > latency(nowMs: nowMs) { add(Double(sampleNs), nowMs: nowMs) }
        }
    }

    private mutating func add(_ sampleNs: Double, nowMs: Int64) {
        let weight = Self.decay(sinceMs: latencyAtMs, nowMs: nowMs)
        latencyNs = isKnown ? max(sampleNs, latencyNs * weight + sampleNs * (1 - weight)) : sampleNs
        latencyAtMs = nowMs
        isKnown = true
    }

    /// What is left of one after a time: 1 for none. A power of two by its exponent and a parabola, 0.3 % off at most;
    /// libm's `exp` may differ in the last bit from machine to machine, and a seed's run with it.
    static func decay(sinceMs: Int64, nowMs: Int64) -> Double {
        guard nowMs > sinceMs else { return 1 }
        let halfLives = Double(nowMs - sinceMs) * (1 / (decayMs * 0.693_147_180_559_945_3))
        guard halfLives < 64 else { return 0 }
        let whole = Int(halfLives)
        let part = halfLives - Double(whole)
        let fraction = 1 - part * (0.671_573 - 0.171_573 * part)
        return fraction / Double(UInt64(1) << UInt64(whole))
    }
}
