// SPDX-License-Identifier: Apache-2.0
public import EventHTTP
public import Logging

/// What belongs to a request beside its head: its content, its client, its time. For the task of that request only.
public struct AsyncExchange {
    let task: ExchangeTask

    init(_ task: ExchangeTask) {
        self.task = task
    }

    /// The request's content.
    public var body: RequestBody { RequestBody(task) }

    /// Whom the request is from: the peer, or whom a trusted proxy has named.
    public var clientAddress: SocketAddress { task.clientAddress }

    /// Logs with metadata that tells this request from others: `http.request.id` (its `X-Request-ID`, or a name of our
    /// own), `http.request.method` and `url.path`. It is made when it is first asked for, from `AsyncOptions.logger`.
    public var logger: Logger { task.logger }

    /// Asks other servers, on the loop of this exchange: no change of threads, and connections that are kept and shared
    /// by all requests of the loop. For child tasks (`async let`), take it out of the exchange first.
    public var client: HTTPClient { task.service.client }

    /// Gives the handler this much time from now on until it has a response, instead of what ``AsyncOptions`` says.
    public func setDeadline(afterMs milliseconds: Int64) {
        task.setDeadline(afterMs: milliseconds)
    }

    /// Has the task cancelled when the server stops: for a response that would go on for long, such as a stream of
    /// events or a long poll. A stream that ends for that is complete for its client; a handler that has not answered
    /// yet can do so, and if it throws the `CancellationError` its client is answered 503. Without this a response has
    /// until `drainTimeoutMs` of `ServerOptions`.
    public func cancelAtDrain() {
        task.cancelAtDrain()
    }

    /// Waits on the loop's own timer, which is exact to some milliseconds and costs no change of threads, unlike
    /// `Task.sleep`. Throws when the task is cancelled.
    public func sleep(forMs milliseconds: Int64) async throws(CancellationError) {
        try await task.sleep(forMs: milliseconds)
    }
}

@available(*, unavailable, message: "an exchange stays on the loop of its connection")
extension AsyncExchange: Sendable {}
