// SPDX-License-Identifier: Apache-2.0
package import EventHTTP
import Glibc
import Synchronization

/// A thread that runs a closure and is joined.
package final class TestThread: Sendable {
    private let id: pthread_t

    package init(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(body))
        var id: pthread_t = 0
        let status = pthread_create(
            &id, nil,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        precondition(status == 0, "no thread: errno \(status)")
        self.id = id
    }

    package func join() { pthread_join(id, nil) }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

/// A value that threads hand to each other.
package final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    package init(_ value: Value) { self.value = Mutex(value) }

    package var current: Value { value.withLock { $0 } }

    @discardableResult
    package func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in
            var copy = value
            let result = body(&copy)
            value = copy
            return result
        }
    }
}

/// An event loop on a thread of its own, with what a test put on it. It ends when the test lets it go.
package final class LoopThread: Sendable {
    private let mailbox: Mailbox
    private let thread: TestThread

    /// `start` runs on the loop's thread; what it returns is kept until the loop ends.
    package init(_ start: @escaping @Sendable (EventLoop) -> AnyObject) {
        let handed = Shared<Mailbox?>(nil)
        thread = TestThread {
            let loop = EventLoop()
            let kept = start(loop)
            handed.change { $0 = loop.mailbox }
            loop.run()
            withExtendedLifetime(kept) {}
        }
        while handed.current == nil { usleep(200) }
        mailbox = handed.current!
    }

    /// Runs `work` on the loop's thread and waits for it.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) -> Result {
        let result = Shared<Result?>(nil)
        mailbox.submit {
            let value = work()
            result.change { $0 = value }
        }
        while true {
            if let value = result.current { return value }
            usleep(200)
        }
    }

    package func submit(_ work: @escaping @Sendable () -> Void) { mailbox.submit(work) }

    /// Ends the loop and waits for its thread.
    package func stop(_ loop: @escaping @Sendable () -> EventLoop?) {
        mailbox.submit { loop()?.stop() }
        thread.join()
    }
}

/// A handler made of a closure.
package struct ClosureHandler: Handler {
    package typealias Body = (borrowing RequestHead, consuming Exchange) -> Void
    private let body: Body

    package init(_ body: @escaping Body) { self.body = body }

    package mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        body(request, exchange)
    }
}

/// A server in this process, on a loop of its own and a free port of the loopback interface.
package final class TestServer: Sendable {
    package let port: UInt16
    private let parts: Parts
    private let thread: LoopThread

    /// What lives on the loop's thread. Touched there only.
    private final class Parts: @unchecked Sendable {
        var loop: EventLoop?
        var server: HTTPServer?
        let drained = Shared(false)
    }

    package init<H: Handler & SendableMetatype>(
        options: ServerOptions = ServerOptions(), sendBufferBytes: Int32? = nil,
        metrics: ServerMetrics = ServerMetrics(),
        _ handler: @escaping @Sendable (EventLoop) -> H
    ) throws {
        let socket = try ListeningSocket(on: SocketAddress("127.0.0.1", port: 0)!)
        port = socket.address.port
        let parts = Parts()
        self.parts = parts
        thread = LoopThread { loop in
            parts.loop = loop
            parts.server = HTTPServer(
                on: loop, socket: socket, options: options, metrics: metrics, handler: handler(loop))
            return parts
        }
    }

    deinit {
        let parts = parts
        thread.stop {
            // Drained at once: connections and their server own each other.
            parts.server = nil
            let loop = parts.loop
            parts.loop = nil
            return loop
        }
    }

    package func connect(receiveBufferBytes: Int32? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBufferBytes: receiveBufferBytes)
    }

    /// Sends one request on a connection of its own and reads the answer.
    package func ask(_ request: String, isHead: Bool = false) throws -> RawResponse {
        let client = try connect()
        try client.send(request)
        return try client.response(isHead: isHead)
    }

    package var connectionCount: Int {
        let parts = parts
        return thread.run { parts.server?.connectionCount ?? 0 }
    }

    /// Waits until so many connections are open.
    package func waitForConnections(_ count: Int) throws {
        _ = try eventually(10, "\(count) connections") { connectionCount == count ? true : nil }
    }

    /// Runs `work` on the loop's thread and waits for it.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) -> Result { thread.run(work) }

    /// Runs `work` on the loop's thread, soon.
    package func submit(_ work: @escaping @Sendable () -> Void) { thread.submit(work) }

    /// Begins to drain, after the loop has been kept from everything else for a while.
    package func drain(_ pace: Drain.Pace = .immediate, afterBlockingMs milliseconds: UInt32 = 0) {
        let parts = parts
        thread.submit {
            usleep(milliseconds * 1_000)
            parts.server?.drain(pace) { parts.drained.change { $0 = true } }
        }
    }

    /// Lets the server go, without a drain.
    package func dropServer() {
        let parts = parts
        thread.run { parts.server = nil }
    }

    package func waitForDrain() throws {
        _ = try eventually(10, "the drain") { parts.drained.current ? true : nil }
    }
}
