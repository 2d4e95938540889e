// SPDX-License-Identifier: Apache-2.0
public import EventHTTP

/// What a policy has decided about a request.
///
/// Names are those of the configuration. A route of the configuration that names services holds: a policy chooses
/// among those.
public struct ProxyDecision: Sendable {
    enum Choice: Sendable {
        case pass
        case prefer(service: String)
        case only(service: String)
        case preferHost(String)
        case answer(Status, String, FieldLines)
    }

    let choice: Choice
    /// A number of the policy's own that comes back with every ``ProxyAttempt`` of the request.
    public var mark: UInt64 = 0

    private init(_ choice: Choice) { self.choice = choice }

    /// It goes wherever the configuration has it go.
    public static var pass: ProxyDecision { ProxyDecision(.pass) }

    /// It goes to this service as long as that has a host that is well, and to others else. One that does not exist,
    /// or that the route of the request does not name, counts for nothing, which the log tells.
    public static func prefer(service name: String) -> ProxyDecision { ProxyDecision(.prefer(service: name)) }

    /// It goes to this service or nowhere. If that does not exist, or the request's route does not name it, the request
    /// is answered 503, and the log tells why.
    public static func only(service name: String) -> ProxyDecision { ProxyDecision(.only(service: name)) }

    /// It goes to the host with this address and port (``ProxyAttempt/host``) as long as that is well and has room, and
    /// else to another.
    public static func prefer(host: String) -> ProxyDecision { ProxyDecision(.preferHost(host)) }

    /// It goes nowhere: the proxy answers it, with a short text. Text is `text/plain` unless `fields` say otherwise.
    ///
    /// `status` is a final one; an interim one is answered 500, and the log tells it.
    public static func answer(
        _ status: Status, _ text: String = "", fields: FieldLines = FieldLines()
    ) -> ProxyDecision {
        ProxyDecision(.answer(status, text, fields))
    }

    /// The same with a ``mark``.
    public func marked(_ mark: UInt64) -> ProxyDecision {
        var decision = self
        decision.mark = mark
        return decision
    }
}
