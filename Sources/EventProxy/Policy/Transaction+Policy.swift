// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What a policy is told and asked of attempts.
extension Transaction {
    /// How an attempt is to be taken that was answered with `status`.
    func reading(_ status: Status, of connection: ClientConnection) -> AnswerReading {
        let standard = AnswerReading(status)
        // The answer that was held has been judged, and is the last; and a tunnel cannot be held.
        guard let policy, !isFinalAnswer, status != .switchingProtocols, let note = note(of: connection) else {
            return standard
        }
        return switch policy.judge(record(note, isOver: false)) {
        case .standard: standard
        case .accept: AnswerReading(outcome: .success, isPoor: false)
        case .retry: AnswerReading(outcome: standard.outcome, isPoor: true)
        case .fail: AnswerReading(outcome: .serverError, isPoor: true)
        }
    }

    /// Whether a policy has another host asked, after an attempt that was not answered.
    func letsRetry(after note: Int) -> Bool {
        guard let policy else { return true }
        if case .accept = policy.judge(record(note, isOver: true)) { return false }
        return true
    }

    func tellRefusal(of policy: AnyPolicy) {
        if let name = policy.fields.refused {
            policy.refuse("changes the field \(name.quotedForMessage), which it may not", proxy)
        }
    }

    func tellAttempts(_ policy: AnyPolicy) {
        for attempt in 0..<notes.count { policy.ended(record(attempt, isOver: true)) }
    }

    /// What there is to say of an attempt. One that is over, and of which no end was noted, is cancelled.
    func record(_ attempt: Int, isOver: Bool) -> ProxyAttempt {
        let record = notes.record(attempt, nowNs: loop.nowNs, underway: isOver ? .cancelled : nil)
        let metrics = notes.origin(attempt)?.metrics
        return ProxyAttempt(
            mark: mark, number: attempt + 1, service: metrics?.service ?? "", host: metrics?.host ?? "",
            status: Status(Int(record.status)),
            failure: record.reason.utf8CodeUnitCount == 0 ? nil : "\(record.reason)",
            elapsed: .microseconds(record.totalMicroseconds))
    }
}

/// How an answer is taken.
struct AnswerReading {
    /// What it says of its host.
    let outcome: Outcome
    /// A better one is sought, if that is safe.
    let isPoor: Bool

    init(_ status: Status) {
        self.init(outcome: status.isServerError ? .serverError : .success, isPoor: status.isServerError)
    }

    init(outcome: Outcome, isPoor: Bool) {
        self.outcome = outcome
        self.isPoor = isPoor
    }
}
