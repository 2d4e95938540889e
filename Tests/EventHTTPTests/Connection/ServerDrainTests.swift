// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport
import Testing

/// What clients see of a server that stops.
struct ServerDrainTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private static func serve(delayMs: Int64 = 0, connectionsMax: Int = 1_000) throws -> TestServer {
        var options = ServerOptions()
        options.drainDelayMs = delayMs
        options.connectionsMax = connectionsMax
        return try TestServer(options: options) { _ in
            ClosureHandler { _, exchange in exchange.respond(.ok, "here\n") }
        }
    }

    @Test func `connections in the kernel's queue are answered before the listener closes, however many`() throws {
        // More than one callback of the listener takes, and more than the limit of connections.
        let server = try Self.serve(connectionsMax: 10)
        server.drain(afterBlockingMs: 300)
        let clients = try (0..<200).map { _ in try server.connect() }
        for client in clients { try client.send(Self.get) }
        for client in clients {
            let response = try client.response()
            #expect(response.text == "here\n" && response["connection"] == "close")
            #expect(try client.endsHere())
        }
        try server.waitForDrain()
    }

    @Test func `a client that has only just connected may send its request yet`() throws {
        let server = try Self.serve()
        let client = try server.connect()
        try server.waitForConnections(1)
        server.drain()
        #expect(server.connectionCount == 1)
        try client.send(Self.get)
        let response = try client.response()
        #expect(response.text == "here\n" && response["connection"] == "close")
        #expect(try client.endsHere())
        try server.waitForDrain()
    }

    @Test func `in the delay connections are taken and kept, and each answer says that it is the last`() throws {
        let server = try Self.serve(delayMs: 500)
        let silent = try server.connect()
        let used = try server.connect()
        try used.send(Self.get)
        #expect(try used.response()["connection"] == nil)
        server.drain(.delayed)
        #expect(server.connectionCount == 2)
        for client in [used, try server.connect(), silent] {
            try client.send(Self.get)
            #expect(try client.response()["connection"] == "close")
            #expect(try client.endsHere())
        }
        try server.waitForDrain()
        #expect(throws: TestFailure.self) { try server.connect() }
    }

    @Test(arguments: [false, true])
    func `a connection whose answer began before ends soon after it`(isWritten: Bool) throws {
        let recorder = ExchangeRecorder()
        let count = 8_000_000
        @Sendable func write() {
            _ = recorder.writer?.write([UInt8](repeating: 0x61, count: count).span)
            recorder.finish()
        }
        let server = try TestServer { _ in
            ClosureHandler { _, exchange in
                recorder.writer = exchange.begin(.ok, length: UInt64(count))
                if isWritten { write() }
            }
        }
        let client = try server.connect(receiveBufferBytes: 4_096)
        try client.send(Self.get)
        #expect(try client.head()["connection"] == nil)
        server.drain()
        if !isWritten { server.run { write() } }
        #expect(try client.skipAll(count) == count)
        #expect(try client.endsHere())
        try server.waitForDrain()
    }

    @Test func `who follows an exchange is told of the drain, and can end a stream in order`() throws {
        final class Stream: ExchangeObserver {
            var writer: BodyWriter?
            func requestBody(_ bytes: Span<UInt8>) {}
            func requestEnded(_ trailers: borrowing Fields) {}
            func responseDrained() {}
            func exchangeFailed(_ failure: ExchangeFailure) { _ = writer.take() }
            func serverDrains() {
                _ = writer?.write("goodbye".utf8.span)
                writer.take()?.finish()
            }
        }
        let server = try TestServer { _ in
            ClosureHandler { _, exchange in
                let stream = Stream()
                exchange.observe(stream)
                stream.writer = exchange.begin(.ok, length: nil)
            }
        }
        let client = try server.connect()
        try client.send(Self.get)
        #expect(try client.head().status == 200)
        server.drain()
        #expect(try client.rest() == Array("7\r\ngoodbye\r\n0\r\n\r\n".utf8))
        try server.waitForDrain()
    }

    @Test func `idle connections are closed one after the other once the delay is over`() throws {
        let server = try Self.serve(delayMs: 400)
        let clients = try (0..<8).map { _ in try server.connect() }
        for client in clients {
            try client.send(Self.get)
            _ = try client.response()
        }
        server.drain(.delayed)
        // There is a moment at which some are closed and others are not.
        _ = try eventually(10, "some to close") { (1..<8).contains(server.connectionCount) ? true : nil }
        for client in clients { #expect(try client.endsHere()) }
        try server.waitForDrain()
    }
}
