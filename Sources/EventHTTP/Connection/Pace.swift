// SPDX-License-Identifier: Apache-2.0

/// Whether a client goes on sending its content, or taking its response: not silent for too long, and at more than a
/// trickle. A connection makes one when it is first needed, which for most is never, and uses it again.
final class Pace {
    private var rate = MinimumRate(nowMs: 0)
    private var silenceEndsMs = Int64.max

    /// A new body: the time of grace begins.
    func begin(nowMs: Int64) {
        rate = MinimumRate(nowMs: nowMs)
    }

    func passed(_ bytes: Int) {
        rate.passed(bytes)
    }

    /// Something has moved, or is expected from now on. When to look again.
    func goOn(nowMs: Int64, silenceMs: Int64) -> Int64 {
        silenceEndsMs = nowMs + silenceMs
        rate.goOn(nowMs: nowMs)
        return min(silenceEndsMs, rate.checkMs)
    }

    /// It is not the client's turn.
    func pause(nowMs: Int64) {
        rate.pause(nowMs: nowMs)
    }

    /// When to look again; nil if the client was silent for too long, or too slow.
    func check(nowMs: Int64) -> Int64? {
        if rate.isTooSlow(nowMs: nowMs) || nowMs >= silenceEndsMs { return nil }
        return min(silenceEndsMs, rate.checkMs)
    }
}
