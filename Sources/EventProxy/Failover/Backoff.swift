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

    /// The longest wait before retry number `retry`, the first being 1.
    static func limitMs(retry: Int) -> Int64 {
        precondition(retry >= 1)
        let waiting = retry - immediateRetries
        if waiting <= 0 { return 0 }
        // 25 × 2^4 is beyond the last limit, so that shifts stay small.
        return min(lastMs, firstMs << Int64(min(waiting - 1, 4)))
    }

    /// The wait before retry number `retry`; nil when the total deadline leaves no time for another attempt. What hosts
    /// say of `Retry-After` decides which of them is asked, not when: see `HostTable.rest`.
    static func delayMs(
        retry: Int, remainingMs: Int64, using random: inout some RandomNumberGenerator
    ) -> Int64? {
        let mostMs = remainingMs - reserveMs
        if mostMs < 0 { return nil }
        let limit = limitMs(retry: retry)
        return limit == 0 ? 0 : min(Int64.random(in: 0...limit, using: &random), mostMs)
    }
}
