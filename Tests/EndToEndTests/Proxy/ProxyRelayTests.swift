// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// What goes through the proxy and how, over real sockets.
struct ProxyRelayTests {
    private static func origin(
        _ answer: @escaping @Sendable (RawClient, RawRequest) throws -> Void
    ) -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                try answer(connection, request)
            }
        }
    }

    private static func get(_ path: String = "/", _ fields: String = "", version: String = "1.1") -> String {
        "GET \(path) HTTP/\(version)\r\nHost: h\r\n\(fields)\r\n"
    }

    @Test func `requests and responses are written anew, with what a proxy says and without what is not its`() throws {
        let origin = Self.origin { connection, _ in
            try connection.send(
                "HTTP/1.1 200 Fine\r\nConnection: x-private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nX-Public: 2\r\n"
                    + "Host: liar\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 3\r\n\r\nabc")
        }
        let proxy = try Server.proxy([[origin.port]])
        let response = try proxy.ask(
            Self.get(
                "/a%2Fb?c=d&&",
                "Connection: x-mine, close\r\nX-Mine: 1\r\nX-Forwarded-For: 1.2.3.4\r\n"
                    + "X_Forwarded_For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\nTE: trailers\r\nCookie: x\r\n"))
        #expect(response.statusLine == "HTTP/1.1 200 Fine" && response.text == "abc")
        #expect(response["x-private"] == nil && response["keep-alive"] == nil && response["x-public"] == "2")
        #expect(response.values("set-cookie") == ["a=1", "b=2"])
        #expect(response.values("host") == ["service-1-127.0.0.1-\(origin.port)"])
        #expect(response.values("connection") == ["close"])
        #expect(response["via"]?.hasPrefix("1.1 proxy-server-") == true)
        let request = try #require(origin.requests.first)
        #expect(request.line == "GET /a%2Fb?c=d&& HTTP/1.1")
        #expect(request["host"] == "h" && request["cookie"] == "x")
        #expect(request.values("x-forwarded-for") == ["127.0.0.1"])
        #expect(request.values("x-forwarded-host") == ["h"] && request.values("x-forwarded-proto") == ["http"])
        #expect(request.values("forwarded") == [#"for=127.0.0.1;host="h";proto=http"#])
        for name in ["connection", "x-mine", "x_forwarded_for", "te"] { #expect(request[name] == nil, "\(name)") }
    }

    @Test func `a tunnel carries bytes both ways, and each side ends by itself`() throws {
        let origin = ScriptedOrigin { connection, _, origin in
            guard let request = try connection.requestHead() else { return }
            origin.note(request)
            try connection.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
            try connection.send(connection.bytes(5))
            for _ in 0..<100 { try connection.send(connection.bytes(10_000)) }
            // The client ends first; the origin still speaks.
            #expect(try connection.endsHere())
            try connection.send("goodbye")
        }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        // Bytes that come before 101 wait for it.
        try client.send(Self.get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n") + "hello")
        let head = try client.head()
        #expect(head.status == 101 && head["upgrade"] == "websocket" && head["connection"] == "Upgrade")
        #expect(try client.bytes(10) == Array("earlyhello".utf8))
        let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var received: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: 50_000) {
            try client.send(Array(content[start..<start + 50_000]))
            received += try client.bytes(50_000)
        }
        #expect(received == content)
        client.endSending()
        #expect(try client.rest() == Array("goodbye".utf8))
        #expect(origin.requests.first?["upgrade"] == "websocket")
    }

    @Test(arguments: ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nx"])
    func `nothing becomes a tunnel that was not asked for`(answer: String) throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send(answer)
        }
        let proxy = try Server.proxy([[origin.port]])
        let response = try proxy.ask(Self.get("/", "Upgrade: h2c\r\nConnection: Upgrade\r\n"))
        #expect(response.status == (answer.contains("101") ? 502 : 200))
    }

    @Test func `Expect is passed on: 100 comes from the origin, or a final answer instead of content`() throws {
        let origin = ScriptedOrigin { connection, _, origin in
            while let head = try connection.requestHead() {
                #expect(head["expect"] == "100-continue")
                if head.target == "/no" {
                    return try connection.answer(
                        "no", status: "417 Expectation Failed", fields: "Connection: close\r\n")
                }
                try connection.send("HTTP/1.1 100 Continue\r\n\r\n")
                var request = head
                request.body = try connection.content(of: head)
                origin.note(request)
                try connection.answer("yes")
            }
        }
        let proxy = try Server.proxy([[origin.port]])
        let expecting = "Host: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        let client = try proxy.connect()
        try client.send("POST /yes HTTP/1.1\r\n\(expecting)")
        #expect(try client.response().status == 100)
        try client.send("hello")
        #expect(try client.response().text == "yes")
        try client.send("POST /no HTTP/1.1\r\n\(expecting)")
        let refusal = try client.response()
        #expect(refusal.status == 417 && refusal.text == "no")
        #expect(try client.endsHere())
        #expect(origin.requests.map(\.body) == [Array("hello".utf8)])
    }

    @Test func `an origin that does not know Expect gets the content after a second`() throws {
        let origin = Self.origin { connection, request in try connection.answer("\(request.body.count)") }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.response().status == 100)
        try client.send("hello")
        #expect(try client.response().text == "5")
    }

    @Test func `early hints are passed on, but not to HTTP 1.0`() throws {
        let origin = Self.origin { connection, _ in
            try connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\nX: 1\r\n\r\n")
            try connection.answer("final")
        }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        try client.send(Self.get())
        let hints = try client.response()
        #expect(hints.status == 103 && hints.fields == ["link: </a>"])
        #expect(try client.response().text == "final")
        #expect(try proxy.ask(Self.get(version: "1.0")).text == "final")
    }

    @Test func `trailers go to a client that said it takes them`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            while let head = try connection.requestHead() {
                let trailers = head.method == "POST" ? try connection.chunks().trailers : []
                try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n")
                try connection.send("0\r\nX-Sum: 1\r\nContent-Length: 9\r\nHost: evil\r\nX-Got: \(trailers)\r\n\r\n")
            }
        }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        for (fields, wanted) in [("TE: trailers\r\n", ["X-Sum: 1", "X-Got: []"]), ("", [])] {
            try client.send(Self.get("/", fields))
            #expect(try client.head()["transfer-encoding"] == "chunked")
            let content = try client.chunks()
            #expect(content.body == Array("hello".utf8) && content.trailers == wanted)
        }
        try client.send(
            "POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "1\r\nx\r\n0\r\nX-Mine: 2\r\nHost: evil\r\n\r\n")
        _ = try client.head()
        #expect(try client.chunks().trailers.last == #"X-Got: ["X-Mine: 2"]"#)
    }

    @Test func `HEAD and answers without content leave the connection as it was`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            while let request = try connection.request() {
                switch request.target {
                case "/length": try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                case "/chunked": try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                case "/204": try connection.send("HTTP/1.1 204 No Content\r\n\r\n")
                case "/304": try connection.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: x\r\n\r\n")
                default: try connection.answer("")
                }
            }
        }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        for (method, path, length) in [
            ("HEAD", "/length", "1000"), ("HEAD", "/chunked", nil), ("GET", "/204", nil), ("GET", "/304", "77"),
            ("HEAD", "/304", "77"), ("GET", "/empty", "0"), ("HEAD", "/empty", "0"),
        ] as [(String, String, String?)] {
            try client.send("\(method) \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            let response = try client.response(isHead: method == "HEAD")
            #expect(response["content-length"] == length, "\(method) \(path)")
            #expect(response.body.isEmpty)
        }
        #expect(origin.connectionCount == 1)
    }

    @Test func `HTTP 1.0 gets an end instead of chunks, and a connection that goes on when it asks`() throws {
        let origin = Self.origin { connection, request in
            if request.target == "/chunked" {
                try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            } else {
                try connection.answer("hello")
            }
        }
        let proxy = try Server.proxy([[origin.port]])
        let keeping = try proxy.connect()
        for _ in 0..<3 {
            try keeping.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let response = try keeping.response()
            #expect(response.text == "hello" && response["connection"] == "keep-alive")
        }
        try keeping.send("GET /chunked HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let ended = try keeping.response()
        #expect(ended.text == "hello" && ended["transfer-encoding"] == nil && ended["connection"] == "close")
        let closing = try proxy.connect()
        try closing.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try closing.response().text == "hello")
        #expect(try closing.endsHere())
        #expect(
            origin.requests.allSatisfy { $0.line.hasSuffix(" HTTP/1.1") && $0["host"] == "127.0.0.1:\(proxy.port)" })
        #expect(origin.requests.allSatisfy { $0["via"]?.hasPrefix("1.0 ") == true })
    }

    @Test func `an answer that its origin cuts is cut for the client, never whole`() throws {
        for answer in ["Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"] {
            let origin = ScriptedOrigin { connection, _, _ in
                _ = try connection.request()
                try connection.send("HTTP/1.1 200 OK\r\n" + answer)
            }
            let proxy = try Server.proxy([[origin.port]])
            #expect(throws: TestFailure.self) { try proxy.ask(Self.get()) }
        }
    }

    @Test func `bodies of any bytes go both ways unchanged`() throws {
        let origin = Self.origin { connection, request in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
            try connection.send(request.body)
        }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        for count in [0, 1, 255, 65_535, 65_536, 65_537, 3_000_000] {
            let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 131 ^ $0 >> 7) }
            try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(count)\r\n\r\n")
            try client.send(content)
            #expect(try client.response().body == content)
        }
    }
}
