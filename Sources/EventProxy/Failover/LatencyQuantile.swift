// SPDX-License-Identifier: Apache-2.0

/// A service's latency over the last half minute as a histogram, and the delay after which a request is hedged.
///
/// The buckets grow with the latency, eight to each doubling, so that a quantile is at most an eighth too high. Two
/// halves take turns: the one that fills, and the one before it. Recording is a shift and an addition. Pure.
struct LatencyQuantile {
    static let bucketCount = 128
    static let halfMs: Int64 = 15_000
    /// With fewer samples a quantile says nothing.
    static let samplesMin = 20
    /// The first bucket ends a bit above 64 µs, the last begins a bit below 4.2 s.
    private static let firstExponent = 6
    private static let subBits = 3

    /// 95 %: a hedge then costs at most a twentieth of the load, a quarter of the retry budget.
    static let hedgePerMille = 950
    static let hedgeDelayMinMs: Int64 = 5
    static let hedgeDelayMaxMs: Int64 = 1_000
    static let hedgeDelayUnknownMs: Int64 = 100
    /// The delay is worked out no more often than this.
    static let hedgeDelayAgeMs: Int64 = 100

    private var current = InlineArray<128, UInt32>(repeating: 0)
    private var previous = InlineArray<128, UInt32>(repeating: 0)
    private var currentCount = 0
    private var previousCount = 0
    private var halfBeganMs: Int64 = .min
    private var delayMs = Self.hedgeDelayUnknownMs
    private var delayEndsMs: Int64 = .min

    var sampleCount: Int { currentCount + previousCount }

    /// A host has answered after so many microseconds, from the request's last byte to the answer's first. Attempts
    /// that were cancelled say nothing and are not recorded.
    mutating func record(us: Int64, nowMs: Int64) {
        rotate(nowMs)
        current[Self.bucket(us)] &+= 1
        currentCount += 1
    }

    /// The latency in microseconds that so many of a thousand answers do not exceed; nil with too few samples.
    mutating func quantile(perMille: Int, nowMs: Int64) -> Int64? {
        precondition((1...1_000).contains(perMille))
        rotate(nowMs)
        guard sampleCount >= Self.samplesMin else { return nil }
        let rank = (sampleCount * perMille + 999) / 1_000
        var seen = 0
        for bucket in 0..<Self.bucketCount {
            seen += Int(current[bucket]) + Int(previous[bucket])
            if seen >= rank { return Self.highestUs(bucket) }
        }
        preconditionFailure("the buckets hold all samples")
    }

    /// How long to wait for the first host's answer before another is asked too: half more than 95 % of answers take.
    mutating func hedgeDelay(nowMs: Int64) -> Int64 {
        if nowMs < delayEndsMs { return delayMs }
        delayEndsMs = nowMs + Self.hedgeDelayAgeMs
        if let us = quantile(perMille: Self.hedgePerMille, nowMs: nowMs) {
            delayMs = min(max((us * 3 / 2 + 999) / 1_000, Self.hedgeDelayMinMs), Self.hedgeDelayMaxMs)
        } else {
            delayMs = Self.hedgeDelayUnknownMs
        }
        return delayMs
    }

    private mutating func rotate(_ nowMs: Int64) {
        // Written as a sum that cannot overflow: the beginning is `.min` before the first call.
        if halfBeganMs != .min, nowMs - halfBeganMs < Self.halfMs { return }
        let isStale = halfBeganMs == .min || nowMs - halfBeganMs >= 2 * Self.halfMs
        previous = isStale ? InlineArray(repeating: 0) : current
        previousCount = isStale ? 0 : currentCount
        current = InlineArray(repeating: 0)
        currentCount = 0
        halfBeganMs = nowMs
    }

    static func bucket(_ us: Int64) -> Int {
        if us < 1 << firstExponent { return 0 }
        let exponent = Int64.bitWidth - 1 - us.leadingZeroBitCount
        let sub = Int(truncatingIfNeeded: us >> Int64(exponent - subBits)) & ((1 << subBits) - 1)
        return min((exponent - firstExponent) << subBits | sub, bucketCount - 1)
    }

    /// The highest latency that falls into a bucket; of the last one, where it would end.
    static func highestUs(_ bucket: Int) -> Int64 {
        let exponent = firstExponent + bucket >> subBits
        let sub = bucket & ((1 << subBits) - 1)
        return Int64((1 << subBits) + sub + 1) << Int64(exponent - subBits) - 1
    }
}
