// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import EventHTTP

/// A server with a small handler, its clients, and real sockets between them.
struct ServerConnectionTests {
    /// Answers at once what the target says; `/keep` is left to the test.
    private static func serve(
        options: ServerOptions = ServerOptions(), _ kept: ExchangeRecorder = ExchangeRecorder()
    ) throws -> TestServer {
        try TestServer(options: options) { _ in
            ClosureHandler { request, exchange in
                switch request.path {
                case "/keep": kept.keep(exchange)
                case "/drop": return
                case "/dropWriter":
                    let writer = exchange.begin(.ok, length: request.query == nil ? nil : 10)
                    _ = writer.write(raw("five!").span)
                case "/big":
                    kept.events.change { $0.append("big") }
                    exchange.respond(.ok, [UInt8](repeating: 0x62, count: 8_000_000).span)
                default: exchange.respond(.ok, request.target)
                }
            }
        }
    }

    @Test func `answers at once and later, in the order of the requests`() throws {
        let kept = ExchangeRecorder()
        let server = try Self.serve(kept)
        let client = try server.connect()
        try client.send(head("/1") + head("/keep") + head("/2") + head("/3"))
        #expect(try client.response().text == "/1")
        try kept.wait(until: { $0.exchange != nil }, on: server)
        server.run { kept.respond("later") }
        for wanted in ["later", "/2", "/3"] { #expect(try client.response().text == wanted) }
    }

    @Test func `an exchange that is dropped answers 500, and the connection goes on`() throws {
        let server = try Self.serve()
        let client = try server.connect()
        try client.send(head("/drop") + head("/next"))
        let response = try client.response()
        #expect(response.status == 500 && response["content-length"] == "0")
        #expect(try client.response().text == "/next")
    }

    @Test(arguments: ["/dropWriter", "/dropWriter?length"])
    func `a writer that is dropped breaks the connection where everybody sees it`(target: String) throws {
        let server = try Self.serve()
        let client = try server.connect()
        try client.send(head(target))
        // A reset, and no end that could be taken for the response's.
        #expect(throws: TestFailure.self) { try client.response() }
        #expect(try server.ask(head("/next")).text == "/next")
    }

    @Test(arguments: [true, false]) func `an observer hears nothing after the response has ended`(isReset: Bool) throws
    {
        let kept = ExchangeRecorder()
        let server = try Self.serve(kept)
        var client: RawClient? = try server.connect(receiveBufferBytes: 4096)
        try client?.send(head("/keep", "Connection: close\r\nContent-Length: 5\r\n", method: "POST"))
        try kept.wait(until: { $0.exchange != nil }, on: server)
        // More than the kernel holds: the rest waits in the connection, and the response is over for its handler.
        server.run { kept.exchange.take()?.respond(.ok, [UInt8](repeating: 0x62, count: 8_000_000).span) }
        if isReset {
            client?.reset()
            client = nil
        } else {
            try client?.send("hello")
            #expect(try client?.response().body.count == 8_000_000)
        }
        try server.waitForConnections(0)
        #expect(kept.events.current == [])
    }

    @Test func `what a client sends too late after an early answer is discarded, and the next request answered`() throws
    {
        let kept = ExchangeRecorder()
        let server = try Self.serve(kept)
        let client = try server.connect()
        try client.send(head("/keep", "Content-Length: 100000\r\n", method: "POST"))
        try kept.wait(until: { $0.exchange != nil }, on: server)
        server.run { kept.respond("early") }
        #expect(try client.response().text == "early")
        try client.send(String(repeating: "x", count: 100_000) + head("/next"))
        #expect(try client.response().text == "/next")
        #expect(kept.events.current == [])
    }

    @Test func `after a slow reader caught up, its write deadline is over`() throws {
        var options = ServerOptions()
        options.writeTimeoutMs = 700
        let kept = ExchangeRecorder()
        let server = try Self.serve(options: options, kept)
        let client = try server.connect(receiveBufferBytes: 4096)
        try client.send(head("/big"))
        #expect(try client.response().body.count == 8_000_000)
        try client.send(head("/keep"))
        try kept.wait(until: { $0.exchange != nil }, on: server)
        sleep(seconds: 1)
        server.run { kept.respond("still here") }
        #expect(try client.response().text == "still here")
    }

    @Test func `a client that takes nothing is cut off when its time is up`() throws {
        var options = ServerOptions()
        options.writeTimeoutMs = 200
        let server = try Self.serve(options: options)
        let client = try server.connect(receiveBufferBytes: 4096)
        try client.send(head("/big"))
        #expect(try client.head().status == 200)
        try server.waitForConnections(0)
        #expect(throws: TestFailure.self) { try client.bytes(8_000_000) }
    }

    @Test func `interim responses come before the answer, to HTTP 1.1 only`() throws {
        for version in ["1.1", "1.0"] {
            let kept = ExchangeRecorder()
            let server = try Self.serve(kept)
            let client = try server.connect()
            try client.send(head("/keep", version: version))
            try kept.wait(until: { $0.exchange != nil }, on: server)
            server.run {
                kept.exchange?.interim(.processing)
                kept.exchange?.interim(Status(103)!) { $0.add("Link", "</a.css>") }
                kept.respond("final")
            }
            if version == "1.1" {
                #expect(try client.response().status == 102)
                let hints = try client.response()
                #expect(hints.status == 103 && hints.fields == ["link: </a.css>"])
            }
            #expect(try client.response().text == "final")
        }
    }

    @Test func `a request that arrives as the server stops is answered`() throws {
        let server = try Self.serve()
        let client = try server.connect()
        try client.send(head("/1"))
        #expect(try client.response().text == "/1")
        // The loop is busy while the request arrives, and the first thing it hears then is that it shall stop.
        server.drain(afterBlockingMs: 200)
        sleep(seconds: 0.05)
        try client.send(head("/2"))
        let response = try client.response()
        #expect(response.text == "/2" && response["connection"] == "close")
        #expect(try client.endsHere())
        try server.waitForDrain()
    }

    @Test func `a drain ends idle connections, waits for answers, and then accepts no more`() throws {
        let kept = ExchangeRecorder()
        let server = try Self.serve(kept)
        let idle = try server.connect()
        let busy = try server.connect()
        try busy.send(head("/keep") + head("/never"))
        try kept.wait(until: { $0.exchange != nil }, on: server)
        server.drain()
        #expect(try idle.endsHere())
        server.run { kept.respond("last") }
        let response = try busy.response()
        #expect(response.text == "last" && response["connection"] == "close")
        #expect(try busy.endsHere())
        try server.waitForDrain()
        #expect(throws: TestFailure.self) { try server.connect() }
    }

    @Test func `requests that were sent ahead by a client that has ended its side are all answered`() throws {
        let kept = ExchangeRecorder()
        let server = try Self.serve(kept)
        let client = try server.connect()
        try client.send(
            head("/keep") + head("/keep", "Content-Length: 5\r\n", method: "POST") + "hello" + head("/last"))
        client.endSending()
        try kept.wait(until: { $0.exchange != nil }, on: server)
        sleep(seconds: 0.05)
        server.run { kept.respond("first") }
        #expect(try client.response().text == "first")
        try kept.wait(until: { $0.exchange != nil }, on: server)
        server.run { kept.exchange?.readBody() }
        try kept.wait(for: "ended")
        #expect(kept.body.current == raw("hello"))
        server.run { kept.respond("second") }
        #expect(try client.response().text == "second")
        #expect(try client.response().text == "/last")
        #expect(try client.endsHere())
    }

    @Test func `requests that were sent ahead are answered though their client ends as an answer does`() throws {
        let kept = ExchangeRecorder()
        let server = try Self.serve(kept)
        let client = try server.connect()
        try client.send(head("/keep") + head("/2") + head("/3"))
        try kept.wait(until: { $0.exchange != nil }, on: server)
        // The loop is kept until both the answer and the end wait for it, so that it sees them in one turn.
        let haveBothCome = Shared(false)
        server.submit { while !haveBothCome.current { usleep(200) } }
        server.submit { kept.respond("later") }
        client.endSending()
        haveBothCome.change { $0 = true }
        for wanted in ["later", "/2", "/3"] { #expect(try client.response().text == wanted) }
        #expect(try client.endsHere())
    }

    @Test func `a slow reader that has ended its side gets every answer, and then the end`() throws {
        let kept = ExchangeRecorder()
        let server = try Self.serve(kept)
        let client = try server.connect(receiveBufferBytes: 4096)
        try client.send(head("/keep") + String(repeating: head("/big"), count: 4) + "GET /unfinished HTTP/1.1\r\n")
        client.endSending()
        // The probe shows that the end has been seen.
        #expect(try client.response().status == 102)
        server.run { kept.respond("first") }
        #expect(try client.response().text == "first")
        for i in 1...4 {
            #expect(try client.head().status == 200)
            // However often it reads a little: only one answer more than it has read waits for it.
            for _ in 0..<40 { #expect(try client.skipAll(100_000) == 100_000) }
            #expect(kept.events.current.count <= i + 1)
            #expect(try client.skipAll(4_000_000) == 4_000_000)
        }
        #expect(try client.endsHere())
        try server.waitForConnections(0)
    }

    @Test func `content that breaks after its answer ends the connection in order`() throws {
        let kept = ExchangeRecorder()
        let server = try Self.serve(kept)
        let client = try server.connect()
        try client.send(head("/keep", "Transfer-Encoding: chunked\r\n", method: "POST") + "5\r\nhello\r\n")
        try kept.wait(until: { $0.exchange != nil }, on: server)
        server.run { kept.respond("early") }
        try client.send("nonsense\r\n" + String(repeating: "x", count: 50_000))
        #expect(try client.response().text == "early")
        #expect(try client.endsHere())
    }

    @Test func `an exchange outlives its server harmlessly`() throws {
        let kept = ExchangeRecorder()
        let server = try Self.serve(kept)
        let client = try server.connect()
        try client.send(head("/keep", "Connection: close\r\n"))
        try kept.wait(until: { $0.exchange != nil }, on: server)
        server.dropServer()
        server.run { kept.respond("nobody hears this") }
        #expect(throws: TestFailure.self) { try client.response() }
    }
}

extension ExchangeRecorder {
    /// Waits until what is seen on the loop's thread is true.
    func wait(until isTrue: @escaping @Sendable (ExchangeRecorder) -> Bool, on server: TestServer) throws {
        _ = try eventually(10, "the handler") { server.run { isTrue(self) } ? true : nil }
    }
}
