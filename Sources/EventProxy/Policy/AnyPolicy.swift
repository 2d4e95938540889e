// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// Calls a policy whose type the proxy does not know. A proxy without one has none of these, and pays a comparison with
/// nil for each thing that it would be asked.
class AnyPolicy {
    /// Those of the message at hand. A request's are written before a response's can come, and each before the next.
    final var fields = ProxyFields()
    private final var lines = LineThrottle()

    func route(_ request: borrowing RequestHead, from client: SocketAddress) -> ProxyDecision {
        preconditionFailure("abstract")
    }

    /// Fills `fields`.
    func rewrite(_ request: borrowing RequestHead) { preconditionFailure("abstract") }
    func judge(_ attempt: ProxyAttempt) -> ProxyVerdict { preconditionFailure("abstract") }
    func rewrite(_ response: borrowing ResponseHead, of attempt: ProxyAttempt) { preconditionFailure("abstract") }
    func ended(_ attempt: ProxyAttempt) { preconditionFailure("abstract") }

    /// Tells of what the policy wanted and does not get, at most once a second.
    final func refuse(_ what: @autoclosure () -> String, _ proxy: ProxyLoop) {
        guard let count = lines.count(nowMs: proxy.loop.nowMs) else { return }
        proxy.setup.logger.warning("the policy \(what()); \(count) such request(s)")
    }
}

final class PolicyBox<Policy: ProxyPolicy>: AnyPolicy {
    private var policy: Policy

    init(_ policy: Policy) { self.policy = policy }

    override func route(_ request: borrowing RequestHead, from client: SocketAddress) -> ProxyDecision {
        policy.route(request, from: client)
    }

    override func rewrite(_ request: borrowing RequestHead) {
        fields.removeAll()
        policy.rewrite(request, &fields)
    }

    override func judge(_ attempt: ProxyAttempt) -> ProxyVerdict { policy.judge(attempt) }

    override func rewrite(_ response: borrowing ResponseHead, of attempt: ProxyAttempt) {
        fields.removeAll()
        policy.rewrite(response, of: attempt, &fields)
    }

    override func ended(_ attempt: ProxyAttempt) { policy.ended(attempt) }
}
