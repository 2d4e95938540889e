// SPDX-License-Identifier: Apache-2.0

/// Whether a peer sends, or takes, so slowly that it merely holds a connection (Slowloris and its kin). Pure.
///
/// After a time of grace at least 1 KiB/s is expected, averaged over windows of five seconds. Time in which we are the
/// one who waits for nothing, as there is nothing to send or we do not read, does not count: see `pause`.
struct MinimumRate {
    static let graceMs: Int64 = 10_000
    static let windowMs: Int64 = 5_000
    static let bytesPerSecondMin: Int64 = 1_024

    private var windowEndsMs: Int64
    private var windowBytes: Int64 = 0
    private var pausedMs: Int64 = .min
    private var isInGrace = true

    init(nowMs: Int64) {
        windowEndsMs = nowMs + Self.graceMs
    }

    /// When to ask `isTooSlow` next; `.max` while paused.
    var checkMs: Int64 { pausedMs == .min ? windowEndsMs : .max }

    /// Bytes have passed.
    mutating func passed(_ bytes: Int) {
        windowBytes += Int64(bytes)
    }

    /// It is not the peer's turn.
    mutating func pause(nowMs: Int64) {
        if pausedMs == .min { pausedMs = nowMs }
    }

    /// It is the peer's turn again, with as much of the window left as before.
    mutating func goOn(nowMs: Int64) {
        if pausedMs == .min { return }
        windowEndsMs += nowMs - pausedMs
        pausedMs = .min
    }

    /// Whether the last whole window was too slow. Asked at `checkMs` or later; later is in the peer's favour.
    mutating func isTooSlow(nowMs: Int64) -> Bool {
        guard pausedMs == .min, nowMs >= windowEndsMs else { return false }
        // What came in the time of grace does not count for the first window.
        let judges = !isInGrace
        let bytes = windowBytes
        isInGrace = false
        windowBytes = 0
        windowEndsMs = nowMs + Self.windowMs
        return judges && bytes * 1_000 < Self.bytesPerSecondMin * Self.windowMs
    }
}
