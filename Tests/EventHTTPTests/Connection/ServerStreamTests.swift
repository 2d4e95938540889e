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
