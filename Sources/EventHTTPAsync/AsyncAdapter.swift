// SPDX-License-Identifier: Apache-2.0
public import EventHTTP
internal import HTTPTypes
internal import Logging

/// Makes a handler of an async handler: a task for each request, on the loop that calls it.
public struct AsyncAdapter<Wrapped: AsyncHandler>: Handler {
    private let handler: Wrapped
    private let service: AsyncService

    /// For one loop: `HTTPServer(on: loop, socket: socket, handler: AsyncAdapter(handler, on: loop))`.
    public init(_ handler: Wrapped, on loop: EventLoop, options: AsyncOptions = AsyncOptions()) {
        self.handler = handler
        service = AsyncService(loop, options)
    }

    /// Starts the task of a request, which runs at once until it first has to wait.
    public mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        let head = HTTPRequest(request)
        ExchangeTask(service, request, exchange).start(handler, head)
    }
}

/// What the tasks of a loop share.
final class AsyncService {
    let loop: EventLoop
    let executor: LoopExecutor
    let options: AsyncOptions
    private(set) lazy var client = HTTPClient(on: loop, options: options.client)
    private let logger = Logger(label: "async-handler")
    private var errors = LineThrottle()

    init(_ loop: EventLoop, _ options: AsyncOptions) {
        self.loop = loop
        self.options = options
        executor = loop.executor
    }

    /// An error that nobody expected.
    func report(_ what: String, _ error: any Error) {
        guard let count = errors.count(nowMs: loop.nowMs) else { return }
        logger.error("\(what): \(error)\(count > 1 ? " (\(count) errors since the last line)" : "")")
    }
}
