// SPDX-License-Identifier: Apache-2.0
public import EventHTTP
public import HTTPTypes

#if ServiceLifecycle
    public import ServiceLifecycle
#endif

/// The shortest way from an async handler to a server: `try AsyncServer.run(port: 8000, handler: Notes())`.
///
/// A value of it is a server that listens already, for programs that do more than serve: see ``run()``.
///
/// `HTTPServer` with an ``AsyncAdapter`` is what it is made of, and what to use where more than this is asked for.
public struct AsyncServer: Sendable {
    /// Answers a request.
    public typealias Respond =
        @Sendable (_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response

    private let sockets: [ListeningSocket]
    private let drain: Drain
    private let start: @Sendable (EventLoop, ListeningSocket) -> HTTPServer

    /// A server that listens, and answers nothing until it is run.
    ///
    /// `workers` loops share the port; nil stands for as many as processors are granted. Throws when the address cannot
    /// be listened on.
    public init(
        on address: String = "127.0.0.1", port: UInt16, workers: Int? = nil, options: ServerOptions = ServerOptions(),
        asyncOptions: AsyncOptions = AsyncOptions(), drain: Drain = Drain(), handler: some AsyncHandler
    ) throws {
        guard let address = SocketAddress(address, port: port) else { throw NoAddress(text: address) }
        OpenFiles.raiseLimit()
        sockets = try ListeningSocket.perWorker(workers ?? ProcessorCount.granted(), on: address)
        self.drain = drain
        start = { loop, socket in
            HTTPServer(
                on: loop, socket: socket, options: options,
                handler: AsyncAdapter(handler, on: loop, options: asyncOptions))
        }
    }

    /// The same with a closure for a handler.
    public init(
        on address: String = "127.0.0.1", port: UInt16, workers: Int? = nil, options: ServerOptions = ServerOptions(),
        asyncOptions: AsyncOptions = AsyncOptions(), drain: Drain = Drain(), _ respond: @escaping Respond
    ) throws {
        try self.init(
            on: address, port: port, workers: workers, options: options, asyncOptions: asyncOptions, drain: drain,
            handler: ClosureHandler(respond: respond))
    }

    /// Where it listens; the port is the real one when 0 was asked for.
    public var address: SocketAddress { sockets[0].address }

    // MARK: The whole program

    /// Serves until the process is told to stop (SIGTERM, or Ctrl-C), and requests in flight have finished. The
    /// parameters are those of ``init(on:port:workers:options:asyncOptions:drain:handler:)``; the first loop runs on
    /// the calling thread.
    public static func run(
        on address: String = "127.0.0.1", port: UInt16, workers: Int? = nil, options: ServerOptions = ServerOptions(),
        asyncOptions: AsyncOptions = AsyncOptions(), drain: Drain = Drain(), handler: some AsyncHandler
    ) throws {
        let server = try AsyncServer(
            on: address, port: port, workers: workers, options: options, asyncOptions: asyncOptions, drain: drain,
            handler: handler)
        server.serve(takesSignals: true)
    }

    /// The same with a closure for a handler.
    public static func run(
        on address: String = "127.0.0.1", port: UInt16, workers: Int? = nil, options: ServerOptions = ServerOptions(),
        asyncOptions: AsyncOptions = AsyncOptions(), drain: Drain = Drain(), _ respond: @escaping Respond
    ) throws {
        try run(
            on: address, port: port, workers: workers, options: options, asyncOptions: asyncOptions, drain: drain,
            handler: ClosureHandler(respond: respond))
    }

    // MARK: A part of a program

    /// Serves on threads of its own, once, until its `Drain` begins and requests in flight have finished. Signals are
    /// the program's. When the task is cancelled it ends at once, and what is in flight is cut off.
    ///
    /// With the package's trait `ServiceLifecycle` a server is a `Service`: it drains when its `ServiceGroup` shuts
    /// down gracefully.
    public func run() async throws {
        #if ServiceLifecycle
            try await withGracefulShutdownHandler {
                try await serveElsewhere()
            } onGracefulShutdown: {
                drain.begin(.delayed)
            }
        #else
            try await serveElsewhere()
        #endif
    }

    private func serveElsewhere() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let started = SystemThread.start("loop") {
                    serve(takesSignals: false)
                    continuation.resume()
                }
                guard let thread = started.thread else {
                    return continuation.resume(throwing: SystemError("start a server's thread", -started.status))
                }
                thread.detach()
            }
        } onCancel: {
            drain.cut()
        }
    }

    private func serve(takesSignals: Bool) {
        LoopGroup.run(workers: sockets.count, drain: drain, takesSignals: takesSignals) { loop, worker in
            start(loop, sockets[worker])
        }
    }

    /// What was given for an address to listen on is none.
    public struct NoAddress: Error, CustomStringConvertible {
        let text: String
        /// What to do about it.
        public var description: String {
            "\(text): not an IPv4 or IPv6 address; give one such as 127.0.0.1, 0.0.0.0 or ::1"
        }
    }
}

#if ServiceLifecycle
    extension AsyncServer: Service {}
#endif

private struct ClosureHandler: AsyncHandler {
    let respond: AsyncServer.Respond

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        try await respond(request, exchange)
    }
}
