// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes
public import Logging

/// Answers requests with `async` code: the pleasant tier above `Handler`, at the price of a task for each request.
///
/// A request's task runs on the loop of its connection, from its first line to its last, whatever it awaits. So it must
/// not block: see ``offLoop(_:)`` for what does. One value answers the requests of all loops.
///
/// The task is cancelled when the client leaves, and when the request's deadline passes (``AsyncOptions``).
public protocol AsyncHandler: Sendable {
    /// Answers a request. What it throws is answered too: an ``HTTPError`` as it says, anything else by 500 and a line
    /// in the log.
    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response
}

/// What the async tier allows its handlers.
public struct AsyncOptions: Sendable {
    /// How long a handler may work without reading content until it has a response; then it is cancelled, and its
    /// client answered 503. A response that has begun has the limits of `ServerOptions`.
    public var handlerTimeoutMs: Int64 = 60_000

    /// How ``AsyncExchange/client`` asks other servers.
    public var client = HTTPClient.Options()

    /// What ``AsyncExchange/logger`` is made of, which also tells of errors that handlers throw.
    public var logger = Logger(label: "async-handler")

    /// The defaults.
    public init() {}
}
