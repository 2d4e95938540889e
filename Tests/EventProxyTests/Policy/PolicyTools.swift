// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport

@testable import EventProxy

/// A policy that does what a test says, and notes what it was told.
struct TestPolicy: ProxyPolicy {
    var decision = ProxyDecision.pass
    var verdict = ProxyVerdict.standard
    /// Of what is judged, the status or the failure.
    let judged = Shared<[String]>([])
    let ended = Shared<[ProxyAttempt]>([])
    let clients = Shared<[String]>([])
    var changesRequest: @Sendable (inout ProxyFields) -> Void = { _ in }
    var changesResponse: @Sendable (inout ProxyFields) -> Void = { _ in }

    mutating func route(_ request: borrowing RequestHead, from client: SocketAddress) -> ProxyDecision {
        clients.change { $0.append(client.host) }
        return decision
    }

    mutating func rewrite(_ request: borrowing RequestHead, _ fields: inout ProxyFields) { changesRequest(&fields) }

    mutating func judge(_ attempt: ProxyAttempt) -> ProxyVerdict {
        judged.change { $0.append(attempt.status.map { "\($0.code)" } ?? attempt.failure ?? "nothing") }
        return verdict
    }

    mutating func rewrite(
        _ response: borrowing ResponseHead, of attempt: ProxyAttempt, _ fields: inout ProxyFields
    ) {
        changesResponse(&fields)
        fields.add("X-Attempt", "\(attempt.number) \(attempt.service) \(attempt.mark)")
    }

    mutating func ended(_ attempt: ProxyAttempt) { ended.change { $0.append(attempt) } }
}

/// Makes the policy of a test's proxy.
struct PolicyMaker: Sendable {
    let make: @Sendable () -> AnyPolicy

    static func of(_ policy: some ProxyPolicy & Sendable) -> PolicyMaker {
        PolicyMaker { PolicyBox(policy) }
    }
}

/// The least that a policy can be.
struct Canary: ProxyPolicy {
    mutating func route(_ request: borrowing RequestHead, from client: SocketAddress) -> ProxyDecision {
        request.cookie("canary") == "yes" ? .prefer(service: "service-2") : .only(service: "service-1")
    }
}
