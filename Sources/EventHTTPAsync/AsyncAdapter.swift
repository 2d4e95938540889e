// SPDX-License-Identifier: Apache-2.0
public import EventHTTP
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
        ExchangeTask(service, request, exchange).start(handler)
    }
}

/// What the tasks of a loop share.
final class AsyncService {
    let loop: EventLoop
    let executor: LoopExecutor
    let options: AsyncOptions
    private(set) lazy var client = HTTPClient(on: loop, options: options.client)
    let meters = RequestMeters()
    var names = RequestNames()
    private var errors = LineThrottle()

    init(_ loop: EventLoop, _ options: AsyncOptions) {
        self.loop = loop
        self.options = options
        executor = loop.executor
    }

    /// An error that nobody expected, with the logger of its request.
    func report(_ error: any Error, _ logger: @autoclosure () -> Logger) {
        guard let count = errors.count(nowMs: loop.nowMs) else { return }
        logger().error("the handler failed: \(error)\(count > 1 ? " (\(count) errors since the last line)" : "")")
    }
}
