// SPDX-License-Identifier: Apache-2.0

/// What an attempt says of the host it went to.
enum Outcome: UInt8, CaseIterable {
    /// An answer below 500.
    case success
    /// An answer from 500 on.
    case serverError
    /// No connection: refused, unreachable, reset or timed out before a byte was sent.
    case connectFailure
    /// No answer before the delay of a hedge or the deadline of the attempt.
    case hang
    /// The connection ended under a request that is not suspect, or the answer was not HTTP.
    case lost
    /// The connection ended under a request that may itself have been the cause: says nothing of the host.
    case suspectDeath
    /// The client left first, or this process could not ask: says nothing of the host.
    case clientGone

    var isFailure: Bool {
        switch self {
        case .serverError, .connectFailure, .hang, .lost: true
        case .success, .suspectDeath, .clientGone: false
        }
    }

    /// Whether the host has shown that its process runs.
    var isAnswer: Bool { self == .success || self == .serverError }
}

/// Why a host is ejected.
enum EjectionReason: UInt8, CaseIterable {
    /// Failures one after another.
    case consecutiveFailures
    /// Too few successes in the window.
    case successRate
    /// It takes no connections.
    case connectFailure
    /// It takes requests and says nothing.
    case hang
}

/// Failures since a host's last success, of all workers.
struct FailureStreak: Equatable {
    static let countMax = 0xFFFF

    var failures = 0
    /// Of them the last ones that were connections not made.
    var connectFailures = 0

    /// The streak with one more failure.
    func adding(_ outcome: Outcome) -> FailureStreak {
        precondition(outcome.isFailure)
        return FailureStreak(
            failures: min(failures + 1, Self.countMax),
            connectFailures: outcome == .connectFailure ? min(connectFailures + 1, Self.countMax) : 0)
    }

    var bits: UInt32 { UInt32(failures) << 16 | UInt32(connectFailures) }

    init(failures: Int = 0, connectFailures: Int = 0) {
        self.failures = failures
        self.connectFailures = connectFailures
    }

    init(bits: UInt32) {
        failures = Int(bits >> 16)
        connectFailures = Int(bits & 0xFFFF)
    }
}
