// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// Answers that come before the request is complete, and requests after which nothing follows.
struct EarlyAnswerTests {
    /// Answers on the head, without reading the content, and ends the connection.
    private func refuser() -> ScriptedOrigin {
        ScriptedOrigin { connection, _, _ in
            _ = try connection.requestHead()
            try connection.answer("no", status: "413 Content Too Large", fields: "Connection: close\r\n")
        }
    }

    @Test(arguments: [true, false])
    func `RFC 9112 §9.6: a client that writes all of a request before it reads gets its early answer`(
        isChunked: Bool
    ) throws {
        let origin = refuser()
        let proxy = try TestProxy([[origin.port]])
        let client = try proxy.connect()
        let piece = [UInt8](repeating: 0x78, count: 64 << 10)
        let count = 128
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(piece.count * count)"
        try client.send("POST / HTTP/1.1\r\nHost: test\r\n\(framing)\r\n\r\n")
        sleep(seconds: 0.2)
        for _ in 0..<count {
            if isChunked { try client.send("10000\r\n") }
            try client.send(piece)
            if isChunked { try client.send("\r\n") }
        }
        let response = try client.response()
        #expect(response.status == 413)
        #expect(response.text == "no")
        #expect(try client.endsHere())
    }

    @Test func `an upload may take longer than an origin may take to answer`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            while let request = try connection.request() {
                try connection.answer(String(decoding: request.body, as: UTF8.self))
            }
        }
        let proxy = try TestProxy([[origin.port]]) { $0.timeouts.responseMs = 300 }
        let client = try proxy.connect()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\n")
        for _ in 0..<8 {
            sleep(seconds: 0.1)
            try client.send("x")
        }
        #expect(try client.response().text == "xxxxxxxx")
    }

    @Test func `the origin's time to answer begins with the end of the request`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            sleep(seconds: 2)
        }
        let proxy = try TestProxy([[origin.port]]) { $0.timeouts.responseMs = 300 }
        let client = try proxy.connect()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nx")
        sleep(seconds: 0.5)
        try client.send("x")
        #expect(try client.response().status == 504)
    }

    @Test func `RFC 9110 §9.3.6: nothing follows a refused CONNECT`() throws {
        let origin = refuser()
        let proxy = try TestProxy([[origin.port]])
        let client = try proxy.connect()
        try client.send("CONNECT test:80 HTTP/1.1\r\nHost: test\r\n\r\n" + get("/inside"))
        let response = try client.response()
        #expect(response.status == 405)
        #expect(response["connection"] == "close")
        #expect(try client.endsHere())
        #expect(origin.connectionCount == 0)
    }

    @Test func `S29: 101 to a protocol that was not asked for is no answer`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.requestHead()
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
            sleep(seconds: 0.5)
        }
        let proxy = try TestProxy([[origin.port]])
        #expect(try proxy.get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n").status == 502)
    }

    @Test func `RFC 9110 §7.6.2: a request that may not go on is answered here`() throws {
        let origin = refuser()
        let proxy = try TestProxy([[origin.port]])
        for (method, status) in [("OPTIONS", 204), ("TRACE", 405)] {
            let client = try proxy.connect()
            try client.send("\(method) / HTTP/1.1\r\nHost: test\r\nMax-Forwards: 0\r\n\r\n")
            let response = try client.response()
            #expect(response.status == status)
            #expect(response["allow"] != nil)
        }
        #expect(origin.connectionCount == 0)
    }
}
