// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP

/// Content both ways, piece by piece, and clients that end only one side.
struct ServerStreamTests {
    private static func serve(
        _ recorder: ExchangeRecorder, options: ServerOptions = ServerOptions(),
        begin: @escaping @Sendable (ExchangeRecorder) -> Void = { _ in }
    ) throws -> TestServer {
        try TestServer(options: options) { _ in
            ClosureHandler { request, exchange in
                recorder.keep(exchange)
                begin(recorder)
            }
        }
    }

    /// Sends until nobody takes any more; how much was taken.
    private static func flood(_ client: RawClient, most: Int) -> Int {
        client.deadlineSeconds = 3
        let piece = [UInt8](repeating: 0x61, count: 64 << 10)
        var sent = 0
        while sent < most, (try? client.send(piece)) != nil { sent += piece.count }
        return sent
    }

    /// The handler leaves the request, or answers with more than the client reads.
    @Test(arguments: ["GET", "POST"], [false, true])
    func `a client that is not read from has to wait`(method: String, isAnswered: Bool) throws {
        let recorder = ExchangeRecorder()
        let most = 24 << 20
        let server = try Self.serve(recorder) { recorder in
            guard isAnswered else { return }
            recorder.exchange.take()?.respond(.ok, [UInt8](repeating: 0x62, count: most).span)
        }
        let client = try server.connect(receiveBufferBytes: 4_096)
        try client.send(head("/", method == "POST" ? "Content-Length: \(most)\r\n" : "", method: method))
        // An answer to content that nobody wants ends the connection: what follows is read only so far.
        if method == "POST", isAnswered { return #expect(try client.head()["connection"] == "close") }
        #expect(Self.flood(client, most: most) < most)
    }

    @Test func `content that does not come in time is answered 408, and breaks an answer that has begun`() throws {
        var options = ServerOptions()
        options.bodyTimeoutMs = 200
        for hasBegun in [false, true] {
            let recorder = ExchangeRecorder()
            let server = try Self.serve(recorder, options: options) { recorder in
                if hasBegun {
                    recorder.writer = recorder.exchange.take()?.begin(.ok, length: 100)
                    recorder.writer?.readBody()
                } else {
                    recorder.exchange?.readBody()
                }
            }
            let client = try server.connect()
            try client.send(head("/", "Content-Length: 10\r\n", method: "POST") + "x")
            #expect(try client.head().status == (hasBegun ? 200 : 408))
            try recorder.wait(for: "failed")
            if hasBegun { #expect(client.piece(seconds: 10) == [] && client.wasReset) }
        }
    }

    @Test func `an answer that has begun is broken off when its request's content breaks`() throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder) { recorder in
            recorder.writer = recorder.exchange.take()?.begin(.ok, length: nil)
            recorder.writer?.readBody()
        }
        let client = try server.connect()
        try client.send(head("/", "Transfer-Encoding: chunked\r\n", method: "POST"))
        #expect(try client.head().status == 200)
        try client.send("zz\r\n")
        #expect(client.piece(seconds: 10) == [] && client.wasReset)
    }

    @Test func `100 is sent once, however often content is asked for`() throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder) { recorder in
            recorder.then = { recorder, event in if event == "ended" { recorder.respond("done") } }
            for _ in 0..<3 {
                recorder.exchange?.readBody()
                recorder.exchange?.pauseBody()
            }
            recorder.exchange?.readBody()
        }
        let client = try server.connect()
        try client.send(head("/", "Content-Length: 1\r\nExpect: 100-continue\r\n", method: "POST"))
        #expect(try client.response().status == 100)
        try client.send("x")
        #expect(try client.response().text == "done")
    }

    @Test func `no 100 comes once the answer has begun`() throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder) { recorder in
            recorder.writer = recorder.exchange.take()?.begin(.ok, length: 5)
            recorder.writer?.readBody()
            _ = recorder.writer?.write(raw("hello").span)
            recorder.finish()
        }
        let client = try server.connect()
        try client.send(head("/", "Content-Length: 1\r\nExpect: 100-continue\r\n", method: "POST"))
        let response = try client.response()
        #expect(response.status == 200 && response.text == "hello")
        #expect(try client.endsHere())
    }

    @Test func `an answer whose end is the connection's is reset when it is cut`() throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder) { recorder in
            let writer = recorder.exchange.take()?.begin(.ok, length: nil)
            _ = writer?.write(raw("part").span)
            recorder.drop(writer)
        }
        let client = try server.connect()
        try client.send(head(version: "1.0"))
        #expect(throws: TestFailure.self) { try client.response() }
    }

    @Test func `an answer that comes too late is nobody else's`() throws {
        let (first, second) = (ExchangeRecorder(), ExchangeRecorder())
        let server = try TestServer { _ in
            ClosureHandler { request, exchange in
                // Not observed: nobody takes it back when its client leaves.
                if request.path == "/first" { first.exchange = consume exchange } else { second.keep(exchange) }
            }
        }
        do {
            let leaving = try server.connect()
            try leaving.send(head("/first"))
            _ = try eventually(10, "the first") { server.run { first.exchange != nil } ? true : nil }
            leaving.reset()
        }
        try server.waitForConnections(0)
        let client = try server.connect()
        try client.send(head("/second"))
        _ = try eventually(10, "the second") { server.run { second.exchange != nil } ? true : nil }
        server.run {
            first.respond("late")
            second.respond("right")
        }
        #expect(try client.response().text == "right")
    }

    @Test func `more content than was announced is an error of the handler's`() async {
        await #expect(processExitsWith: .failure) {
            let server = try TestServer { _ in
                ClosureHandler { _, exchange in
                    let writer = exchange.begin(.ok, length: 3)
                    _ = writer.write(raw("four").span)
                    writer.finish()
                }
            }
            _ = try server.ask(head())
        }
    }

    @Test(arguments: [nil, 20_000_000 as UInt64])
    func `a stream waits for its reader and comes whole`(length: UInt64?) throws {
        let recorder = ExchangeRecorder()
        let count = 20_000_000
        let written = Shared(0)
        @Sendable func pump(_ recorder: ExchangeRecorder) {
            guard let writer = recorder.writer.take() else { return }
            let piece = [UInt8](repeating: 0x61, count: 10_000)
            while written.current < count {
                written.change { $0 += piece.count }
                if !writer.write(piece.span), written.current < count {
                    recorder.writer = consume writer
                    return
                }
            }
            writer.finish()
        }
        let server = try Self.serve(recorder) { recorder in
            recorder.then = { recorder, event in if event == "drained" { pump(recorder) } }
            recorder.writer = recorder.exchange.take()?.begin(.ok, length: length)
            pump(recorder)
        }
        let client = try server.connect(receiveBufferBytes: 4096)
        try client.send(head())
        let first = try client.head()
        // Nobody reads: what is written stops growing, far from its end.
        var last = -1
        _ = try eventually(10, "a stop") {
            sleep(seconds: 0.05)
            defer { last = written.current }
            return written.current == last ? true : nil
        }
        #expect(last < count)
        let body = try length == nil ? client.chunks().body : client.bytes(count)
        #expect(body.count == count)
        #expect(first["content-length"] == length.map { "\($0)" })
        try client.send(head())
    }

    @Test(arguments: ["Content-Length: 300000\r\n", "Transfer-Encoding: chunked\r\n"])
    func `content that is paused stays with the client, and comes when it is wanted`(framing: String) throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder)
        let client = try server.connect()
        let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try client.send(head("/", framing, method: "POST"))
        if framing.hasPrefix("T") {
            for start in stride(from: 0, to: content.count, by: 10_000) {
                try client.send("2710;x=y\r\n")
                try client.send(Array(content[start..<start + 10_000]) + [13, 10])
            }
            try client.send("0\r\n\r\n")
        } else {
            try client.send(content)
        }
        try recorder.wait(until: { $0.exchange != nil }, on: server)
        #expect(recorder.events.current == [])
        // Pauses after every piece.
        server.run {
            recorder.then = { recorder, event in if event == "body" { recorder.exchange?.pauseBody() } }
        }
        _ = try eventually(10, "the content") {
            server.run { recorder.exchange?.readBody() }
            return recorder.events.current.last == "ended" ? true : nil
        }
        #expect(recorder.body.current == content)
        server.run { recorder.respond("thanks") }
        #expect(try client.response().text == "thanks")
    }

    @Test func `a client that waits for 100 gets it when its content is wanted`() throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder)
        let client = try server.connect()
        try client.send(head("/", "Content-Length: 5\r\nExpect: 100-continue\r\n", method: "POST"))
        try recorder.wait(until: { $0.exchange != nil }, on: server)
        server.run { recorder.exchange?.readBody() }
        #expect(try client.response().status == 100)
        try client.send("hello")
        try recorder.wait(for: "ended")
        server.run { recorder.respond("thanks") }
        #expect(try client.response().text == "thanks")
    }

    @Test func `a client that waits for 100 and is answered at once must not be waited for`() throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder) { $0.respond("no") }
        let client = try server.connect()
        try client.send(head("/", "Content-Length: 5\r\nExpect: 100-continue\r\n", method: "POST"))
        let response = try client.response()
        #expect(response.text == "no" && response["connection"] == "close")
        #expect(try client.endsHere())
    }

    @Test(arguments: ["5\r\nhel", "5\r\nhello\r\nX"]) func `content that breaks is answered 400, and its handler told`(
        content: String
    ) throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder) { $0.exchange?.readBody() }
        let client = try server.connect()
        try client.send(head("/", "Transfer-Encoding: chunked\r\n", method: "POST") + content)
        client.endSending()
        #expect(try client.response().status == 400)
        #expect(try client.endsHere())
        try recorder.wait(for: "failed")
        #expect(recorder.events.current.filter { $0.hasPrefix("failed") }.count == 1)
    }

    @Test func `content that is longer than allowed is answered 413`() throws {
        var options = ServerOptions()
        options.bodyBytesMax = 10
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder, options: options) { $0.exchange?.readBody() }
        #expect(try server.ask(head("/", "Content-Length: 11\r\n", method: "POST")).status == 413)
        let chunked = head("/", "Transfer-Encoding: chunked\r\n", method: "POST")
        #expect(try server.ask(chunked + "6\r\nabcdef\r\n6\r\nabcdef\r\n").status == 413)
    }

    @Test func `a client that has ended its sending gets its answer, after a probe whether it is there`() throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder)
        let client = try server.connect()
        try client.send(head())
        client.endSending()
        #expect(try client.response().status == 102)
        server.run { recorder.respond("late") }
        let response = try client.response()
        #expect(response.text == "late" && response["connection"] == "close")
        #expect(try client.endsHere())
    }

    @Test func `a client that has gone is found out, and its handler told`() throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder)
        do {
            let client = try server.connect()
            try client.send(head())
            try recorder.wait(until: { $0.exchange != nil }, on: server)
        }
        try recorder.wait(for: "failed clientGone")
        try server.waitForConnections(0)
    }

    @Test func `many small pieces cost few reads: they come whole and in order`() throws {
        let recorder = ExchangeRecorder()
        let server = try Self.serve(recorder) { $0.exchange?.readBody() }
        let client = try server.connect()
        try client.send(head("/", "Transfer-Encoding: chunked\r\n", method: "POST"))
        var wanted: [UInt8] = []
        var sent = ""
        for i in 0..<2_000 {
            sent += "1\r\n\(i % 10)\r\n"
            wanted.append(UInt8(0x30 + i % 10))
        }
        for byte in (sent + "0\r\nX-T: 1\r\n\r\n").utf8 { try client.send([byte]) }
        try recorder.wait(for: "ended")
        #expect(recorder.body.current == wanted)
        server.run { recorder.respond("ok") }
        #expect(try client.response().text == "ok")
    }

    @Test func `content that a handler reads and nobody observes is read to its end`() throws {
        let recorder = ExchangeRecorder()
        let server = try TestServer { _ in
            ClosureHandler { request, exchange in
                exchange.readBody()
                recorder.exchange = consume exchange
            }
        }
        let client = try server.connect()
        try client.send(head("/", "Content-Length: 1000000\r\n", method: "POST"))
        try client.send([UInt8](repeating: 0x61, count: 1_000_000) + Array(head("/next").utf8))
        try recorder.wait(until: { $0.exchange != nil }, on: server)
        sleep(seconds: 0.1)
        server.run { recorder.respond("done") }
        #expect(try client.response().text == "done")
    }
}
