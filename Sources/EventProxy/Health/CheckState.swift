// SPDX-License-Identifier: Apache-2.0

/// The active check of one host: when to check, and what a row of results means. Pure; how to check and what passes is
/// the caller's. Done once for the process, whose workers read the verdict on the `HealthBoard`.
///
/// A verdict needs several results that agree, so that one lost packet changes nothing, except the first and a drain:
/// an origin that says so itself is believed at once. While results disagree with the verdict, and for a while after it
/// has changed, checks are faster, so that the several results take little time.
struct CheckState {
    struct Options: Equatable {
        /// Results that agree, for up and for down.
        var rise = 2
        var fall = 3
        var intervalMs: Int64 = 2_000
        var fastIntervalMs: Int64 = 500
        /// After which a check without an answer has failed. The caller keeps it.
        var timeoutMs: Int64 = 1_000
        /// So that many checks, and those of other proxies, do not march in step.
        var jitterPercent: Int64 = 10
    }

    enum Failure: Equatable {
        /// Refused, unreachable, or no connection in time: the host serves nobody.
        case unreachable
        /// Connected, and no answer in time.
        case timeout
        /// The connection ended early, or the answer was not HTTP.
        case broken
        /// An answer whose status does not pass.
        case status
        /// An answer that does not hold what it must.
        case content

        var text: String {
            switch self {
            case .unreachable: "it takes no connections"
            case .timeout: "it does not answer in time"
            case .broken: "it gives no whole answer"
            case .status: "it answers with another status than health_check.expect_status"
            case .content: "its answer lacks health_check.expect_body"
            }
        }
    }

    enum Result: Equatable {
        case passed
        case failed(Failure)
        /// `x-drain: 1`, with whatever status: no new requests, but those under way may finish.
        case drain
    }

    let options: Options
    private(set) var verdict = CheckVerdict.unknown
    /// The last failure; tells how a host is down.
    private(set) var failure: Failure?
    /// When the next check is to begin.
    private(set) var nextMs: Int64
    /// Results in a row that passed, failed or asked for a drain; one of them is not zero once there is a result.
    private var passes = 0
    private var failures = 0
    private var drains = 0
    /// Checks since the verdict changed.
    private var sinceChange = 0

    /// The first check begins at a random moment of the fast interval, so that they spread from the beginning.
    init(_ options: Options = Options(), nowMs: Int64, using random: inout some RandomNumberGenerator) {
        precondition(options.rise >= 1 && options.fall >= 1 && options.fastIntervalMs > 0)
        precondition(options.intervalMs > 0 && (0...100).contains(options.jitterPercent))
        self.options = options
        nextMs = nowMs + Int64.random(in: 0...options.fastIntervalMs, using: &random)
    }

    /// The host is down because it takes no connections.
    var isUnreachable: Bool { verdict == .down && failure == .unreachable }

    /// Results agree with the verdict, and have for a while.
    var isSettled: Bool {
        if sinceChange < max(options.rise, options.fall) { return false }
        return switch verdict {
        case .unknown: false
        case .up: passes > 0
        case .down: failures > 0
        case .drain: drains > 0
        }
    }

    /// Takes the result of a check in, which ended at `nowMs`. The new verdict if that changes it.
    mutating func record(
        _ result: Result, nowMs: Int64, using random: inout some RandomNumberGenerator
    ) -> CheckVerdict? {
        count(result)
        let before = verdict
        verdict = judged
        sinceChange = verdict == before ? sinceChange + 1 : 0
        let interval = isSettled ? options.intervalMs : options.fastIntervalMs
        let jitter = interval * options.jitterPercent / 100
        nextMs = nowMs + interval + Int64.random(in: -jitter...jitter, using: &random)
        return verdict == before ? nil : verdict
    }

    private mutating func count(_ result: Result) {
        switch result {
        case .passed: (passes, failures, drains) = (passes + 1, 0, 0)
        case .drain: (passes, failures, drains) = (0, 0, drains + 1)
        case .failed(let reason):
            (passes, failures, drains) = (0, failures + 1, 0)
            failure = reason
        }
    }

    private var judged: CheckVerdict {
        if drains > 0 { return .drain }
        if failures >= options.fall { return .down }
        // A host that is new, and passes, need not prove it twice.
        if passes >= options.rise || passes > 0 && verdict == .unknown { return .up }
        return verdict
    }
}
