// SPDX-License-Identifier: Apache-2.0
public import EventHTTP
public import HTTPTypes

/// Asks HTTP/1.1 servers, over connections that are kept and used again.
///
/// A handler has one on its own loop, ``AsyncExchange/client``: what it asks changes no threads. A program without a
/// loop makes one, which then has a loop on a thread of its own; its tasks may run anywhere:
///
///     let client = HTTPClient()
///     let response = try await client.execute(HTTPRequest(url: "http://127.0.0.1:8000/notes"))
///     guard response.status == .ok else { … }
///     let bytes = try await response.body.collect(upTo: 1 << 20)
///
/// A request goes over an idle connection if there is one. Servers end those when they like; a request that met such an
/// end is sent once more over a new connection, if it may be repeated (RFC 9110 §9.2.2) and its content is no stream.
/// Nothing else is tried again. Redirects are not followed. Connections close when the last reference to the client
/// goes.
public final class HTTPClient: Sendable {
    /// What requests are allowed.
    public struct Options: Sendable {
        /// How long a response may take to begin, whatever that takes: a place, the lookup of a name, a connection, a
        /// second try. Where content is streamed to the server, it counts from the end of that. It also limits
        /// ``ResponseBody/collect(upTo:)``, not the reading of content piece by piece.
        public var deadlineMs: Int64 = 30_000
        /// How long a connection to one address may take; a name can have several.
        public var connectTimeoutMs: Int64 = 3_000
        /// How long the server may take for the next piece of content, in either direction.
        public var contentTimeoutMs: Int64 = 15_000
        /// How long an unused connection is kept. Shorter than what servers usually keep, so that we end it.
        public var idleTimeoutMs: Int64 = 4_000
        /// Requests that one host and port has at the same time; further ones wait for their turn.
        public var connectionsPerHostMax = 256
        /// How large the head of a response may be.
        public var limits = ParserLimits()

        /// The defaults.
        public init() {}
    }

    let executor: LoopExecutor
    private let core: ClientCore
    /// The loop has nothing else to do, and ends with the client.
    let hasOwnLoop: Bool

    /// A client with a loop on a thread of its own, for programs.
    public init(options: Options = Options()) {
        let loop = EventLoop()
        executor = loop.executor
        core = ClientCore(loop, options)
        hasOwnLoop = true
        loop.runOnThread("http-client")
    }

    /// A client on a loop that runs anyway. To be made on the loop's thread, for tasks that end before the loop.
    public init(on loop: EventLoop, options: Options = Options()) {
        executor = loop.executor
        core = ClientCore(loop, options)
        hasOwnLoop = false
    }

    deinit {
        let (core, endsLoop) = (core, hasOwnLoop)
        if executor.isCurrent {
            core.shutDown(endsLoop: endsLoop)
        } else {
            core.submit { $0.shutDown(endsLoop: endsLoop) }
        }
    }

    /// Sends a request, and returns when the head of its response has come.
    ///
    /// The request's authority says whom to connect to, and its scheme must be `http`. `deadlineMs` stands for that of
    /// the options. Throws ``Failure`` when there is no response, `CancellationError` when the task is cancelled, which
    /// closes the connection, and what the producer of a streamed `body` throws.
    public func execute(
        _ request: HTTPRequest, body: Content = .none, deadlineMs: Int64? = nil
    ) async throws -> Response {
        let target = try ClientTarget(request)
        return try await onLoop { [self] in
            try await ClientExchange(self, core, target, request, body, deadlineMs: deadlineMs).run()
        }
    }

    /// Runs `work` on the loop's thread, at once if that is the caller's.
    func onLoop<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        if executor.isCurrent { return try await work() }
        return try await changeThreads { [executor] in
            // Not only to be sure: without work of its own, the compiler leaves the change of threads to what is
            // called.
            precondition(executor.isCurrent, "a client is used on its loop")
            return try await work()
        }
    }

    private func changeThreads<Result: Sendable>(
        _ work: @concurrent @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withTaskExecutorPreference(executor, operation: work)
    }

    /// Runs `work` on the loop's thread, soon.
    func submit(_ work: @escaping @Sendable () -> Void) {
        core.submit { _ in work() }
    }
}

extension HTTPRequest {
    /// A request of `http://HOST[:PORT][/PATH][?QUERY]`. What is wrong with it `HTTPClient` says.
    public init(method: Method = .get, url: String, headerFields: HTTPFields = [:]) {
        var rest = url[...]
        var scheme: String?
        if let colon = url.firstRange(of: "://") {
            scheme = url[..<colon.lowerBound].lowercased()
            rest = url[colon.upperBound...]
        }
        let authority = rest.prefix { !"/?#".contains($0) }
        // A fragment is for whoever reads the response (RFC 9110 §7.1).
        let path = rest.dropFirst(authority.count).prefix { $0 != "#" }
        self.init(
            method: method, scheme: scheme, authority: String(authority),
            path: path.hasPrefix("/") ? String(path) : "/" + path, headerFields: headerFields)
    }
}
