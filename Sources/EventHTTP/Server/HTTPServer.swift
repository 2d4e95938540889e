// SPDX-License-Identifier: Apache-2.0

/// An HTTP/1.1 server on one event loop.
public final class HTTPServer: LoopService {
    private let server: ServerLoop

    /// Serves on a socket that listens. `handler` is called on the loop's thread only. `metrics` is for this loop's
    /// server alone.
    public init<H: Handler>(
        on loop: EventLoop, socket: ListeningSocket, options: ServerOptions = ServerOptions(),
        accessLog: AccessLog? = nil, metrics: ServerMetrics = ServerMetrics(), handler: H
    ) {
        server = ServerLoop(
            on: loop, handler: HandlerBox(handler), options: options, accessLog: accessLog, metrics: metrics)
        server.listen(socket.take(), of: socket.group)
    }

    deinit {
        server.abandon()
    }

    /// Ends each connection with its next answer, stops accepting (after `drainDelayMs`, if the pace is delayed), lets
    /// the requests in flight finish, at most `drainTimeoutMs`, and calls `completion`.
    public func drain(_ pace: Drain.Pace, _ completion: @escaping () -> Void) {
        server.drain(pace, completion)
    }

    /// What clients are allowed. A change is for what begins after it: the next request, the next wait.
    public var options: ServerOptions {
        get { server.options }
        set { server.change(newValue) }
    }

    /// Connections that are open now.
    public var connectionCount: Int { server.openCount }
}
