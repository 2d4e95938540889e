// SPDX-License-Identifier: Apache-2.0

/// Whether one host fails so much that it should get no requests for a while. One for each host and loop. Pure.
///
/// Two rules, since either alone misses half of the failures: many failures in a row find a dead host at once but not
/// one that fails every other time; a success rate finds that one, but only after many requests. The streak is counted
/// on the board for all workers; the window is each loop's own, so that healthy traffic writes nothing shared.
struct OutlierDetector {
    static let consecutiveFailuresMax = 5
    /// Two, as one refused connection may be an origin that restarts; but a host that refuses serves nobody.
    static let connectFailuresMax = 2
    static let requestsMin = 20
    static let successPercentMin = 50
    static let slots = 10
    static let slotMs: Int64 = 1_000
    /// A host hangs only if nothing has answered for so long: slow requests next to quick ones are no outage.
    static let silenceMs: Int64 = 250

    private var successes = InlineArray<10, UInt32>(repeating: 0)
    private var failures = InlineArray<10, UInt32>(repeating: 0)
    private var successCount = 0
    private var failureCount = 0
    private var position = 0
    private var slot: Int64 = .min
    private var answeredMs: Int64 = .min
    /// The ejection, of whichever worker, that the window has been emptied for.
    private var seenEjectionMs: Int64 = .min

    /// Requests and successes in the window; for metrics.
    mutating func window(nowMs: Int64) -> (requests: Int, successes: Int) {
        advance(nowMs)
        return (successCount + failureCount, successCount)
    }

    /// Takes an outcome in; a reason if the host should be ejected for it. `streak` counts this outcome already.
    mutating func record(_ outcome: Outcome, streak: FailureStreak, nowMs: Int64) -> EjectionReason? {
        if outcome.isAnswer { answeredMs = nowMs }
        if outcome == .success {
            advance(nowMs)
            successes[position] += 1
            successCount += 1
            return nil
        }
        guard outcome.isFailure else { return nil }
        advance(nowMs)
        failures[position] += 1
        failureCount += 1
        return judge(outcome, streak, nowMs)
    }

    private func judge(_ outcome: Outcome, _ streak: FailureStreak, _ nowMs: Int64) -> EjectionReason? {
        if outcome == .connectFailure, streak.connectFailures >= Self.connectFailuresMax { return .connectFailure }
        if outcome == .hang {
            let isSilent = answeredMs == .min || nowMs - answeredMs >= Self.silenceMs
            return isSilent && streak.failures >= Self.consecutiveFailuresMax ? .hang : nil
        }
        if streak.failures >= Self.consecutiveFailuresMax { return .consecutiveFailures }
        let requests = successCount + failureCount
        guard requests >= Self.requestsMin else { return nil }
        return successCount * 100 < Self.successPercentMin * requests ? .successRate : nil
    }

    /// Empties the window once for each ejection, so that what it was ejected for does not do so again on its return.
    mutating func sawEjection(atMs: Int64) {
        if atMs == seenEjectionMs { return }
        seenEjectionMs = atMs
        successes = InlineArray(repeating: 0)
        failures = InlineArray(repeating: 0)
        successCount = 0
        failureCount = 0
    }

    private mutating func advance(_ nowMs: Int64) {
        let now = nowMs / Self.slotMs
        if now <= slot { return }
        let steps = slot == .min ? 0 : min(now - slot, Int64(Self.slots))
        slot = now
        for _ in 0..<steps {
            position = position + 1 == Self.slots ? 0 : position + 1
            successCount -= Int(successes[position])
            failureCount -= Int(failures[position])
            successes[position] = 0
            failures[position] = 0
        }
    }
}
