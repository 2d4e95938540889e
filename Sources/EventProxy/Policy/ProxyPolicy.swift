// SPDX-License-Identifier: Apache-2.0
public import EventHTTP

/// What a program of your own has to say about the requests that a proxy passes on: where they go, what they say, and
/// what becomes of the answers. Only ``route(_:from:)`` has to be written.
///
///     struct Canary: ProxyPolicy {
///         mutating func route(_ request: borrowing RequestHead, from client: SocketAddress) -> ProxyDecision {
///             request.cookie("canary") == "yes" ? .prefer(service: "canary") : .only(service: "stable")
///         }
///     }
///
///     Proxy.main(config: "gateway.yaml") { Canary() }
///
/// Each loop of the proxy has a policy of its own, and calls it on its thread alone, one call after the other: a policy
/// needs no locks, and may count and remember in its properties. What all loops are to share, it locks itself. While
/// it thinks, its loop serves nobody: it must not block.
///
/// Heads are views of what was received. They cannot be kept beyond the call; what is needed later is copied, or put
/// into a decision's ``ProxyDecision/mark``.
///
/// A policy chooses among what the proxy may do. Whatever it says, a request that is not idempotent is sent once, one
/// that may have killed two origins goes to no third, further attempts are paid from the retry budget, and no field
/// that frames a message or belongs to a connection is touched.
public protocol ProxyPolicy: SendableMetatype {
    /// Where a request goes, or the answer to it. Asked once for each request that is to be passed on, when access
    /// lists, rate limits and routes of the configuration have let it pass. `client` is the client, as far as trusted
    /// proxies vouch for it.
    mutating func route(_ request: borrowing RequestHead, from client: SocketAddress) -> ProxyDecision

    /// Changes the fields that origins are sent. Called right after ``route(_:from:)`` with the same request, unless
    /// that has answered it; all attempts are sent the same.
    mutating func rewrite(_ request: borrowing RequestHead, _ fields: inout ProxyFields)

    /// What is thought of an attempt that was answered (``ProxyAttempt/status``), before anything of the answer goes to
    /// the client, or of one that has failed (``ProxyAttempt/failure``) before it was answered.
    mutating func judge(_ attempt: ProxyAttempt) -> ProxyVerdict

    /// Changes the fields that the client is sent of an origin's answer, which `attempt` gave; not of what the proxy
    /// answers itself, or as ``route(_:from:)`` says, nor of interim answers but 101.
    mutating func rewrite(_ response: borrowing ResponseHead, of attempt: ProxyAttempt, _ fields: inout ProxyFields)

    /// An attempt is over. Told once of each, in their order, when the request that they were made for is over.
    mutating func ended(_ attempt: ProxyAttempt)
}

extension ProxyPolicy {
    /// Changes nothing.
    public mutating func rewrite(_ request: borrowing RequestHead, _ fields: inout ProxyFields) {}

    /// Leaves it to the proxy.
    public mutating func judge(_ attempt: ProxyAttempt) -> ProxyVerdict { .standard }

    /// Changes nothing.
    public mutating func rewrite(
        _ response: borrowing ResponseHead, of attempt: ProxyAttempt, _ fields: inout ProxyFields
    ) {}

    /// Does nothing.
    public mutating func ended(_ attempt: ProxyAttempt) {}
}

/// What a policy thinks of an attempt.
///
/// | | another host is asked, if that is safe | the answer counts |
/// |---|---|---|
/// | `standard` | after an answer from 500 on, or none | as its status says |
/// | `accept` | no | as a success |
/// | `retry` | yes | as its status says |
/// | `fail` | yes | against the host, as 500 does: enough of them eject it |
///
/// Another host is asked only if the request does no more when it is sent twice, its content is still at hand, and
/// attempts, time and the retry budget allow it; if none answers better, the client is given this answer. What an
/// attempt without an answer says of its host, the proxy knows; there only `accept` makes a difference: it is the last.
public enum ProxyVerdict: Sendable {
    /// What the proxy would think by itself.
    case standard
    /// It will do.
    case accept
    /// Another host may know better.
    case retry
    /// The host has failed.
    case fail
}

/// One attempt: a host that was asked for a request.
public struct ProxyAttempt: Sendable {
    /// What the decision about the request was marked with; else 0.
    public let mark: UInt64
    /// 1 for the first attempt of a request.
    public let number: Int
    /// The name of the host's service.
    public let service: String
    /// The host's address and port, such as `10.0.0.7:8080`.
    public let host: String
    /// What it answered, if it did.
    public let status: Status?
    /// Why its answer is not the client's, or not all of it; nil while it may be, and when it was. The words are those
    /// of the access log, such as `connection_refused`, `per_try_timeout` or `server_error`.
    public let failure: String?
    /// How long it has taken, to its end if it is over.
    public let elapsed: Duration
}
