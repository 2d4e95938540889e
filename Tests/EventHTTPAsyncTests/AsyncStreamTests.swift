// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import HTTPTypes
import TestSupport
import Testing

@testable import EventHTTPAsync

/// Content both ways, piece by piece.
struct AsyncStreamTests {
    @Test(arguments: ["Content-Length: 3000000\r\n", "Transfer-Encoding: chunked\r\n"])
    func `content comes in pieces as large as a read at most`(framing: String) throws {
        let server = try serve { _, exchange in
            var sizes: [Int] = []
            for try await piece in exchange.body { sizes.append(piece.count) }
            return Response("\(sizes.reduce(0, +)) \(sizes.max() ?? 0 <= EventLoop.receiveBytesMax)")
        }
        let client = try server.connect()
        try client.send(head("/", framing, method: "POST"))
        for _ in 0..<300 {
            let piece = [UInt8](repeating: 0x61, count: 10_000)
            if framing.hasPrefix("Transfer") { try client.send("2710\r\n") }
            try client.send(piece)
            if framing.hasPrefix("Transfer") { try client.send("\r\n") }
        }
        if framing.hasPrefix("Transfer") { try client.send("0\r\n\r\n") }
        #expect(try client.response().text == "3000000 true")
    }

    @Test func `content that nobody asks for stays with the client`() throws {
        let diary = Diary()
        let server = try serve { _, exchange in
            diary.note("called")
            while !diary.all.contains("read") { try await exchange.sleep(forMs: 2) }
            return Response("\(try await exchange.body.collect(upTo: 1 << 30).count)")
        }
        let count = 64 << 20
        // Used by one thread after the other.
        nonisolated(unsafe) let client = try server.connect()
        try client.send(head("/", "Content-Length: \(count)\r\n", method: "POST"))
        try diary.wait(for: "called")
        let sent = Shared(0)
        let thread = TestThread {
            let piece = [UInt8](repeating: 0x61, count: 64 << 10)
            while sent.current < count, (try? client.send(piece)) != nil { sent.change { $0 += piece.count } }
        }
        var last = -1
        _ = try eventually(10, "a stop") {
            sleep(seconds: 0.05)
            defer { last = sent.current }
            return sent.current == last ? true : nil
        }
        #expect(last < count)
        diary.note("read")
        thread.join()
        #expect(try client.response().text == "\(count)")
    }

    @Test(arguments: [nil, 20_000_000 as UInt64])
    func `a stream waits for its reader and comes whole`(length: UInt64?) throws {
        let written = Shared(0)
        let server = try serve { _, _ in
            Response(
                body: .stream(length: length) { writer in
                    let piece = [UInt8](repeating: 0x61, count: 100_000)
                    for _ in 0..<200 {
                        try await writer.write(piece)
                        written.change { $0 += piece.count }
                    }
                })
        }
        let client = try server.connect(receiveBufferBytes: 4096)
        try client.send(head())
        var last = -1
        _ = try eventually(10, "a stop") {
            sleep(seconds: 0.05)
            defer { last = written.current }
            return written.current == last && last > 0 ? true : nil
        }
        #expect(last < 20_000_000)
        #expect(try client.response().body.count == 20_000_000)
    }

    @Test func `a sequence is a body, and HEAD does not run it`() throws {
        let diary = Diary()
        let server = try serve { _, _ in
            let numbers = AsyncStream<[UInt8]> { continuation in
                for i in 0..<5 { continuation.yield(Array("\(i),".utf8)) }
                continuation.finish()
            }
            return Response(
                body: .sequence(
                    numbers.map {
                        diary.note("asked"); return $0
                    }))
        }
        let response = try server.ask(head(method: "HEAD"), isHead: true)
        #expect(response["transfer-encoding"] == nil || response.status == 200)
        #expect(diary.all.isEmpty)
        #expect(try server.ask(head()).text == "0,1,2,3,4,")
    }

    @Test(arguments: [9, 11])
    func `a response of another length than it said breaks the connection`(count: Int) throws {
        let server = try serve { _, _ in
            Response(body: .stream(length: 10) { try await $0.write([UInt8](repeating: 0x61, count: count)) })
        }
        let client = try server.connect()
        try client.send(head())
        #expect(throws: (any Error).self) { try client.response() }
        // The server is as well as before.
        #expect(throws: (any Error).self) { try server.ask(head()) }
    }

    @Test func `a stream that throws breaks the connection`() throws {
        let server = try serve { _, _ in
            Response(
                body: .stream { writer in
                    try await writer.write("some")
                    throw HTTPError(.badGateway)
                })
        }
        let client = try server.connect()
        try client.send(head())
        #expect(throws: (any Error).self) { try client.response() }
    }

    @Test func `a tunnel carries bytes both ways until both sides have ended`() throws {
        let server = try serve { request, _ in
            .upgrade(to: "echo", headerFields: [.server: "test"]) { body, writer in
                for try await piece in body { try await writer.write(piece) }
                try await writer.write("bye")
            }
        }
        let client = try server.connect()
        try client.send(head("/", "Connection: Upgrade\r\nUpgrade: echo\r\n"))
        let first = try client.head()
        #expect(first.status == 101)
        #expect(first["upgrade"] == "echo")
        #expect(first["connection"] == "Upgrade")
        #expect(first["server"] == "test")
        for i in 0..<10 {
            try client.send("ping \(i)\n")
            #expect(try client.bytes(7) == Array("ping \(i)\n".utf8))
        }
        client.endSending()
        #expect(try client.rest() == Array("bye".utf8))
    }
}
