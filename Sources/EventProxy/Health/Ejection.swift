// SPDX-License-Identifier: Apache-2.0

/// For how long a host is ejected. Pure.
enum Ejection {
    /// The first ejection; each further one is twice as long, up to the longest.
    static let baseMs: Int64 = 5_000
    static let longestMs: Int64 = 300_000
    /// Of a host that takes no connections. Asking it again costs next to nothing, and a restart takes a moment.
    static let connectBaseMs: Int64 = 1_000
    static let connectLongestMs: Int64 = 10_000
    /// Ejections that came together shall not end together.
    static let jitterPercent: Int64 = 10
    /// So much time in service makes the next ejection one step shorter.
    static let decayMs: Int64 = 60_000
    /// Steps beyond any that makes a difference.
    static let levelMax = 16
    /// How long the probe of a host keeps other probes out, if nobody ever hears of it.
    static let probeMs: Int64 = 20_000

    /// A probe that has been due for so long goes with the next request, even one that cannot be sent again.
    static let overdueMs: Int64 = 10_000

    /// The time of an ejection that had `level` others before.
    static func durationMs(
        level: Int, _ reason: EjectionReason, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        precondition((0...levelMax).contains(level))
        let isConnect = reason == .connectFailure
        let longest = isConnect ? connectLongestMs : longestMs
        let ms = min((isConnect ? connectBaseMs : baseMs) << Int64(level), longest)
        let jitter = ms * jitterPercent / 100
        return ms + Int64.random(in: -jitter...jitter, using: &random)
    }

    /// What is left of a level after so long in service.
    static func decayed(level: Int, healthyMs: Int64) -> Int {
        Int(max(0, Int64(level) - max(0, healthyMs) / decayMs))
    }
}
