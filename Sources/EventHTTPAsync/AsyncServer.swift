// SPDX-License-Identifier: Apache-2.0
public import EventHTTP
public import HTTPTypes

/// The shortest way from an async handler to a server.
///
/// `HTTPServer` with an ``AsyncAdapter`` is what it is made of, and what to use where more than this is asked for.
public enum AsyncServer {
    /// Answers a request.
    public typealias Respond =
        @Sendable (_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response

    /// Serves until the process is told to stop (SIGTERM, or Ctrl-C), and requests in flight have finished.
    ///
    /// `workers` loops share the port, the first on the calling thread; nil stands for as many as processors are
    /// granted. Throws when the address cannot be listened on.
    public static func run(
        on address: String = "127.0.0.1", port: UInt16, workers: Int? = nil, options: ServerOptions = ServerOptions(),
        asyncOptions: AsyncOptions = AsyncOptions(), drain: Drain = Drain(), handler: some AsyncHandler
    ) throws {
        guard let address = SocketAddress(address, port: port) else { throw NoAddress(text: address) }
        OpenFiles.raiseLimit()
        let workers = workers ?? ProcessorCount.granted()
        let sockets = try ListeningSocket.perWorker(workers, on: address)
        LoopGroup.run(workers: workers, drain: drain) { loop, worker in
            HTTPServer(
                on: loop, socket: sockets[worker], options: options,
                handler: AsyncAdapter(handler, on: loop, options: asyncOptions))
        }
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

    /// What was given for an address to listen on is none.
    public struct NoAddress: Error, CustomStringConvertible {
        let text: String
        /// What to do about it.
        public var description: String {
            "\(text): not an IPv4 or IPv6 address; give one such as 127.0.0.1, 0.0.0.0 or ::1"
        }
    }
}

private struct ClosureHandler: AsyncHandler {
    let respond: AsyncServer.Respond

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        try await respond(request, exchange)
    }
}
