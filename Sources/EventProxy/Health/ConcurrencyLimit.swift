// SPDX-License-Identifier: Apache-2.0

/// How many requests a service is sent at once, found out from how long it takes for them. Pure.
///
/// A service that has more than it can do makes requests wait, which shows in its latency long before anything fails.
/// So the limit follows the gradient, the latency without load divided by that of now (Netflix' concurrency-limits,
/// Envoy's adaptive concurrency): as long as it is reached and requests take no longer, it grows by its square root;
/// when they take longer than half more than without load, it falls in proportion.
///
/// The latency without load is the least that was seen. Since a service may become another one, it is forgotten every
/// half minute for what was seen since while the limit was not reached. If that was never so, the limit is lowered for
/// a moment, and what is seen then is it: else it would creep up with the load that it is to be compared with.
struct ConcurrencyLimit {
    /// Fewer at once say nothing of a service, and would keep it idle between two of them.
    static let limitMin = 4.0
    static let limitInitial = 20.0
    /// Of samples the median counts, so that some requests that are slow by nature do not.
    static let windowMs: Int64 = 250
    static let windowSamplesMin = 16
    static let tolerance = 1.5
    /// How much the limit may fall at a time.
    static let gradientMin = 0.5
    static let baseMs: Int64 = 30_000
    /// What is under way when the limit is lowered has this time to end; and after this one without enough samples it
    /// is given up.
    static let settleMs: Int64 = 100
    static let probeMs: Int64 = 1_000
    static let probePart = 0.25

    /// Now; a part of a request is none.
    var current: Int { Int(probeBeganMs == nil ? limit : max(Self.limitMin, limit * Self.probePart)) }

    private var limit: Double
    private let most: Double
    private var samples = SampleMedian()
    private var windowEndsMs: Int64 = .min
    private var isReached = false
    /// Without load; 0 while that is not known.
    private var baseUs: Int64 = 0
    private var baseEndsMs: Int64 = .min
    /// The least of the windows since then: of those in which the limit was not reached.
    private var leastUs: Int64 = .max
    private var probeBeganMs: Int64?

    /// `most` is what all of the service's hosts may have.
    init(most: Int) {
        self.most = max(Double(most), Self.limitMin)
        limit = min(Self.limitInitial, self.most)
    }

    /// The limit of before, in a service that may now have `most`.
    func bounded(by most: Int) -> ConcurrencyLimit {
        var bounded = ConcurrencyLimit(most: most)
        bounded.limit = min(limit, bounded.most)
        bounded.baseUs = baseUs
        bounded.baseEndsMs = baseEndsMs
        return bounded
    }

    /// Some host had no room.
    mutating func reached() { isReached = true }

    /// A host has answered after so many microseconds, or has not within them. True if that changes the limit.
    mutating func record(us: Int64, beganMs: Int64, nowMs: Int64) -> Bool {
        if let probeBeganMs {
            if beganMs >= probeBeganMs + Self.settleMs { samples.add(us) }
            guard samples.count >= Self.windowSamplesMin || nowMs - probeBeganMs >= Self.probeMs else { return false }
            endProbe(nowMs)
            return true
        }
        if windowEndsMs == .min {
            windowEndsMs = nowMs + Self.windowMs
            if baseEndsMs == .min { baseEndsMs = nowMs + Self.baseMs }
        }
        samples.add(us)
        guard nowMs >= windowEndsMs, samples.count >= Self.windowSamplesMin else { return false }
        let before = current
        endWindow(nowMs)
        return current != before
    }

    private mutating func endWindow(_ nowMs: Int64) {
        let median = samples.take()
        baseUs = baseUs == 0 ? median : min(baseUs, median)
        if !isReached { leastUs = min(leastUs, median) }
        let gradient = Self.tolerance * Double(baseUs) / Double(median)
        if gradient < 1 {
            limit = limit * max(gradient, Self.gradientMin) + limit.squareRoot()
        } else if isReached {
            limit += limit.squareRoot()
        }
        limit = min(max(limit, Self.limitMin), most)
        isReached = false
        windowEndsMs = nowMs + Self.windowMs
        guard nowMs >= baseEndsMs else { return }
        if leastUs == .max {
            probeBeganMs = nowMs
        } else {
            baseUs = leastUs
            beginBase(nowMs)
        }
    }

    private mutating func endProbe(_ nowMs: Int64) {
        if samples.count >= Self.windowSamplesMin { baseUs = samples.take() }
        samples = SampleMedian()
        probeBeganMs = nil
        isReached = false
        windowEndsMs = nowMs + Self.windowMs
        beginBase(nowMs)
    }

    private mutating func beginBase(_ nowMs: Int64) {
        leastUs = .max
        baseEndsMs = nowMs + Self.baseMs
    }
}

/// The median of the last samples.
private struct SampleMedian {
    private static let samplesMax = 64

    private var samples = InlineArray<64, Int64>(repeating: 0)
    private(set) var count = 0

    mutating func add(_ us: Int64) {
        samples[count % Self.samplesMax] = max(us, 1)
        count += 1
    }

    /// And begins anew.
    mutating func take() -> Int64 {
        let known = min(count, Self.samplesMax)
        precondition(known > 0)
        // So few, and so seldom, that sorting them by insertion does.
        for end in 1..<max(known, 1) {
            var place = end
            while place > 0, samples[place - 1] > samples[place] {
                samples.swapAt(place - 1, place)
                place -= 1
            }
        }
        count = 0
        return samples[(known - 1) / 2]
    }
}
