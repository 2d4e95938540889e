// SPDX-License-Identifier: Apache-2.0

/// How long to wait before another attempt. Pure.
///
/// The first retry goes out at once: it goes to another host, whose fault the failure was not, and a wait would show in
/// the client's tail. From the second on several hosts have failed, and the wait is random between nothing and a limit
/// that doubles (full jitter), so that the retries of many requests do not arrive together.
enum Backoff {
    static let immediateRetries = 1
    /// The limits of the wait: of the first retry that waits, and of all that come late.
    static let firstMs: Int64 = 25
    static let lastMs: Int64 = 250
    /// What a wait must leave of the total deadline, or the attempt after it would be pointless.
    static let reserveMs: Int64 = 50
    /// More than a day of `Retry-After` is as good as never.
    static let retryAfterSecondsMax: Int64 = 86_400

    /// The longest wait before retry number `retry`, the first being 1.
    static func limitMs(retry: Int) -> Int64 {
        precondition(retry >= 1)
        let waiting = retry - immediateRetries
        if waiting <= 0 { return 0 }
        // 25 × 2^4 is beyond the last limit, so that shifts stay small.
        return min(lastMs, firstMs << Int64(min(waiting - 1, 4)))
    }

    /// The wait before retry number `retry`; nil when the total deadline leaves no time for another attempt.
    ///
    /// `retryAfterSeconds` is what the host said that is asked next, or another of its service (RFC 9110 §10.2.3): one
    /// that says so of itself says nothing of the alternates. It is obeyed as far as the deadline lets.
    static func delayMs(
        retry: Int, retryAfterSeconds: Int64? = nil, remainingMs: Int64, using random: inout some RandomNumberGenerator
    ) -> Int64? {
        let mostMs = remainingMs - reserveMs
        if mostMs < 0 { return nil }
        let limit = limitMs(retry: retry)
        var delay = limit == 0 ? 0 : Int64.random(in: 0...limit, using: &random)
        if let seconds = retryAfterSeconds {
            // Jitter on top: all clients of the host were told the same second.
            delay += min(max(0, seconds), retryAfterSecondsMax) * 1_000
        }
        return min(delay, mostMs)
    }
}
