// SPDX-License-Identifier: Apache-2.0

/// A change in a host's health that is worth a line in the log.
enum HealthChange: Equatable {
    case ejected(EjectionReason, untilMs: Int64)
    case returned
    /// It would have been ejected, had that left enough hosts.
    case notEjected(EjectionReason)
}

extension HealthBoard {
    /// What an attempt says of its host, to the loop's detector and to all workers: the one call after each attempt.
    /// `sentMs` is when the attempt began; `isProbe` that `tryProbe` gave it leave.
    func report(
        _ outcome: Outcome, of host: Int, isProbe: Bool = false, sentMs: Int64, nowMs: Int64,
        to detector: inout OutlierDetector, using random: inout some RandomNumberGenerator
    ) -> HealthChange? {
        if outcome == .success {
            _ = detector.record(.success, streak: FailureStreak(), nowMs: nowMs)
            return succeeded(host, sentMs: sentMs, nowMs: nowMs) ? .returned : nil
        }
        guard outcome.isFailure else {
            if isProbe { probeAbandoned(host, nowMs: nowMs) }
            return nil
        }
        detector.sawEjection(atMs: ejectedMs(host))
        // Sent before the ejection, and part of what it was for.
        if sentMs < ejectedMs(host) { return nil }
        let streak = failed(host, outcome)
        var reason = detector.record(outcome, streak: streak, nowMs: nowMs)
        // One failure is enough for a host on probation.
        if isProbe, reason == nil { reason = Self.reason(outcome) }
        guard let reason else { return nil }
        switch eject(host, reason, nowMs: nowMs, using: &random) {
        case .ejected(let untilMs): return .ejected(reason, untilMs: untilMs)
        case .wasOut: return nil
        case .refused: return .notEjected(reason)
        }
    }

    private static func reason(_ outcome: Outcome) -> EjectionReason {
        switch outcome {
        case .connectFailure: .connectFailure
        case .hang: .hang
        case .serverError, .lost, .success, .suspectDeath, .clientGone: .consecutiveFailures
        }
    }
}
