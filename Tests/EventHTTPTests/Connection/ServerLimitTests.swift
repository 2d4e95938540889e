// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP

/// Where a connection has had enough of its client, or of its handler.
struct ServerLimitTests {
    /// Answers at once what the target says, and reads no content.
    private static func serve(_ options: ServerOptions = ServerOptions()) throws -> TestServer {
        try TestServer(options: options) { _ in
            ClosureHandler { request, exchange in
                switch request.path {
                case "/much": exchange.respond(.ok, [UInt8](repeating: 0x61, count: 60_000).span)
                case "/nothing": exchange.respond(.noContent, "")
                case "/short":
                    let writer = exchange.begin(.ok, length: 10)
                    _ = writer.write(raw("five!").span)
                    writer.finish()
                default: exchange.respond(.ok, request.target)
                }
            }
        }
    }

    @Test func `an idle connection ends when its time is up`() throws {
        var options = ServerOptions()
        options.idleTimeoutMs = 200
        let server = try Self.serve(options)
        let client = try server.connect()
        try client.send(head("/1"))
        #expect(try client.response().text == "/1")
        #expect(try client.endsHere())
    }

    @Test func `a head has its time from when it begins, however long the connection was idle`() throws {
        var options = ServerOptions()
        options.headTimeoutMs = 200
        let server = try Self.serve(options)
        let client = try server.connect()
        try client.send(head("/1") + "GET /2 HTTP/1.1\r\n")
        #expect(try client.response().text == "/1")
        let late = try client.response()
        #expect(late.status == 408 && late["connection"] == "close")
        #expect(try client.endsHere())
    }

    @Test(arguments: [(1 << 20, true), (1 << 20 + 1, false)])
    func `content that nobody wants is waited for up to a mebibyte`(bytes: Int, persists: Bool) throws {
        let server = try Self.serve()
        let client = try server.connect()
        try client.send(head("/early", "Content-Length: \(bytes)\r\n", method: "POST"))
        let response = try client.response()
        #expect(response.text == "/early" && (response["connection"] == "close") == !persists)
    }

    @Test func `content of unknown length that nobody wants ends the connection after a mebibyte`() throws {
        let server = try Self.serve()
        let client = try server.connect()
        try client.send(head("/early", "Transfer-Encoding: chunked\r\n", method: "POST"))
        let response = try client.response()
        #expect(response.text == "/early" && response["connection"] == nil)
        let chunk = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"
        for _ in 0..<17 { try? client.send(chunk) }
        try? client.send("0\r\n\r\n" + head("/next"))
        #expect(try client.endsHere(), "the next request is not read")
    }

    @Test func `204 announces no content`() throws {
        let server = try Self.serve()
        let response = try server.ask(head("/nothing"))
        #expect(response.status == 204 && response["content-length"] == nil)
    }

    @Test func `an answer that is shorter than it announced breaks the connection`() throws {
        let server = try Self.serve()
        let client = try server.connect()
        try client.send(head("/short"))
        // Whether anything of it arrives before the reset is chance.
        while let piece = client.piece(seconds: 10), !piece.isEmpty {}
        #expect(client.wasReset)
    }

    @Test func `so many connections are taken, and the next when one has ended`() throws {
        var options = ServerOptions()
        options.connectionsMax = 2
        let server = try Self.serve(options)
        var clients = try (0..<2).map { _ in try server.connect() }
        func ask(_ client: RawClient) throws {
            try client.send(head("/1"))
            #expect(try client.response().text == "/1")
        }
        for client in clients { try ask(client) }
        let next = try server.connect()
        try next.send(head("/next"))
        for _ in 0..<10 { try ask(clients[0]) }
        #expect(next.piece(seconds: 0) == nil)
        clients.removeLast()
        #expect(try next.response().text == "/next")
    }

    @Test func `what comes after a refusal is read only so far`() throws {
        let server = try Self.serve()
        let client = try server.connect()
        try client.send("NONSENSE\r\n\r\n")
        #expect(try client.response().status == 400)
        // Beside what is read, the kernel takes some megabytes.
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        var sent = 0
        while sent < 128, (try? client.send(piece)) != nil { sent += 1 }
        #expect((48..<128).contains(sent))
    }

    @Test func `content that nobody wants and that does not come ends the connection`() throws {
        var options = ServerOptions()
        options.bodyTimeoutMs = 200
        let server = try Self.serve(options)
        let client = try server.connect()
        try client.send(head("/early", "Content-Length: 10\r\n", method: "POST") + "x")
        #expect(try client.response().text == "/early")
        #expect(try client.endsHere())
    }

    @Test(arguments: ["zz\r\n", "1\r\nxx", "0\r\nbad line\r\n\r\n"])
    func `content that nobody wants and that is malformed ends the connection`(rest: String) throws {
        let server = try Self.serve()
        let client = try server.connect()
        try client.send(head("/early", "Transfer-Encoding: chunked\r\n", method: "POST"))
        #expect(try client.response().text == "/early")
        try client.send(rest + head("/next"))
        #expect(try client.endsHere())
    }

    @Test func `an answer is not lost to what its client sends after it`() throws {
        let server = try Self.serve()
        let client = try server.connect(receiveBufferBytes: 4_096)
        try client.send(head("/much", "Connection: close\r\n") + head("/more"))
        #expect(try client.head().status == 200)
        // The server has written all of its answer, most of which the client has not read.
        for _ in 0..<10 { try? client.send(head("/more")) }
        #expect((try? client.skipAll(60_000)) == 60_000)
        #expect(client.piece(seconds: 10) == [] && !client.wasReset)
    }
}
