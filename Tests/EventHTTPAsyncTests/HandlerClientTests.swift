// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventHTTPAsync

/// Handlers that ask other servers, on their own loop.
struct HandlerClientTests {
    @Test func `a handler asks two services at once without a job from another thread`() throws {
        let executor = Shared<LoopExecutor?>(nil)
        let origin = try serve { request, exchange in
            try await exchange.sleep(forMs: 5)
            return Response("\(request.path ?? "") \(try await exchange.body.collect(upTo: 100).count)")
        }
        let port = origin.port
        let server = try TestServer { loop in
            executor.change { [executor = loop.executor] in $0 = executor }
            return AsyncAdapter(
                Answers { _, exchange in
                    let client = exchange.client
                    @Sendable func ask(_ path: String) async throws -> String {
                        #expect(executor.current?.isCurrent == true)
                        let response = try await client.execute(
                            HTTPRequest(method: .put, url: "http://127.0.0.1:\(port)\(path)"),
                            body: .stream { writer in
                                #expect(executor.current?.isCurrent == true)
                                try await writer.write("abc")
                            })
                        return String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self)
                    }
                    async let one = ask("/1")
                    async let two = ask("/2")
                    return Response("\(try await one), \(try await two)")
                }, on: loop)
        }
        let client = try server.connect()
        for _ in 0..<20 {
            try client.send(head())
            #expect(try client.response().text == "/1 3, /2 3")
        }
        #expect(executor.current?.foreignEnqueues == 0)
        #expect(origin.connectionCount == 2)
    }

    @Test(arguments: ["Content-Length: 4000000\r\n", "Transfer-Encoding: chunked\r\n", ""])
    func `a handler passes content on both ways as it comes`(framing: String) throws {
        let origin = try serve { request, exchange in
            let framing = request.headerFields[.contentLength] ?? request.headerFields[.transferEncoding] ?? "-"
            let bytes = try await exchange.body.collect(upTo: 5_000_000)
            return Response(headerFields: [.eTag: framing], body: .bytes(bytes))
        }
        let port = origin.port
        let server = try serve { request, exchange in
            let request = HTTPRequest(method: request.method, url: "http://127.0.0.1:\(port)/")
            let response = try await exchange.client.execute(request, body: .forwarded(exchange.body))
            return Response(
                response.status, headerFields: response.headerFields,
                body: .sequence(response.body, length: response.body.length))
        }
        let client = try server.connect()
        for _ in 0..<2 {
            try client.send(head("/", framing, method: "PUT"))
            let piece = [UInt8](repeating: 0x61, count: 40_000)
            if !framing.isEmpty {
                for _ in 0..<100 {
                    if framing.hasPrefix("T") { try client.send("9c40\r\n") }
                    try client.send(piece)
                    if framing.hasPrefix("T") { try client.send("\r\n") }
                }
                if framing.hasPrefix("T") { try client.send("0\r\n\r\n") }
            }
            let response = try client.response()
            #expect(response.body.count == (framing.isEmpty ? 0 : 4_000_000))
            #expect(response["etag"] == (framing.isEmpty ? "0" : framing.hasPrefix("T") ? "chunked" : "4000000"))
        }
    }

    @Test(arguments: ["/head", "/content", "/upload"])
    func `what a handler asked for ends with its client`(path: String) throws {
        let diary = Diary()
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.requestHead()
            if path == "/content" { try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na") }
            diary.note("asked")
            // An upload that is cut may end by a reset.
            while let piece = connection.piece(seconds: 10), !piece.isEmpty {}
            diary.note("ended")
        }
        let server = try serve { request, exchange in
            let url = "http://127.0.0.1:\(origin.port)/"
            let isUpload = request.path == "/upload"
            let response = try await exchange.client.execute(
                HTTPRequest(method: isUpload ? .put : .get, url: url),
                body: isUpload ? .forwarded(exchange.body) : .none)
            return Response(body: .sequence(response.body))
        }
        var client: RawClient? = try server.connect()
        let (fields, start) = path == "/upload" ? ("Content-Length: 10\r\n", "1") : ("", "")
        try client?.send(head(path, fields) + start)
        try diary.wait(for: "asked")
        if path == "/content" { _ = try client?.head() }
        // An end alone may mean that it only sends no more.
        client?.resetOnClose()
        client = nil
        try diary.wait(for: "ended")
    }

    @Test func `a server that goes takes the connections of its handlers along`() throws {
        let diary = Diary()
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.answer("x")
            if try connection.endsHere() { diary.note("ended") }
        }
        let port = origin.port
        var options = AsyncOptions()
        options.client.idleTimeoutMs = 60_000
        let server = try TestServer { [options] loop in
            AsyncAdapter(
                Answers { _, exchange in
                    let response = try await exchange.client.execute(HTTPRequest(url: "http://127.0.0.1:\(port)/"))
                    return Response(body: .bytes(try await response.body.collect(upTo: 10)))
                }, on: loop, options: options)
        }
        #expect(try server.ask(head()).text == "x")
        server.dropServer()
        try diary.wait(for: "ended")
    }
}
