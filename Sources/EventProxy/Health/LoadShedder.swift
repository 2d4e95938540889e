// SPDX-License-Identifier: Apache-2.0

/// Which work a loop refuses because it does not keep up. Pure.
///
/// The lag is how much later than asked a timer of the loop fires: what every request waits on top. Retries and hedges
/// are given up at the first late sample; first attempts only when it stays late, and until it is clearly better, so
/// that the decision does not flap. Health and administration are never refused; that is the caller's.
struct LoadShedder {
    static let lagMaxMs: Int64 = 100
    static let lagGoodMs: Int64 = 50
    /// Samples in a row that begin shedding.
    static let lateSamples = 3
    /// And good ones in a row that end it wholly.
    static let goodSamples = 3
    /// How often the caller samples.
    static let intervalMs: Int64 = 100
    /// For the `Retry-After` of what is refused.
    static let retryAfterSeconds = 1

    enum Level: UInt8, Comparable {
        case nothing
        case retries
        case everything

        static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    private(set) var level = Level.nothing
    private var late = 0
    private var good = 0

    /// Takes a sample in. True if the level has changed, which is worth a line in the log.
    mutating func sample(lagMs: Int64) -> Bool {
        late = lagMs > Self.lagMaxMs ? min(late + 1, Self.lateSamples) : 0
        good = lagMs <= Self.lagGoodMs ? min(good + 1, Self.goodSamples) : 0
        let before = level
        if late == Self.lateSamples {
            level = .everything
        } else if late > 0 {
            level = max(level, .retries)
        } else if good == Self.goodSamples {
            level = .nothing
        } else if good > 0 {
            // First attempts come back first: one good sample, and the lag shows what they do to it.
            level = min(level, .retries)
        }
        return level != before
    }
}
