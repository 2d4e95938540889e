// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// Who may ask for what, on the real executable.
struct ProxyEdgeTests {
    private static func origin() -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                try connection.answer("well")
            }
        }
    }

    private static func get(_ path: String = "/", _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
    }

    @Test func `a trusted proxy is believed who its client is, request by request`() throws {
        let origin = Self.origin()
        let proxy = try Server.proxy([[origin.port]], more: "  trusted_proxies: [127.0.0.0/8]\n")
        let client = try proxy.connect()
        for address in ["203.0.113.5", "2001:db8::7"] {
            try client.send(
                Self.get("/\(address)", "X-Forwarded-For: 6.6.6.6, \(address)\r\nX-Forwarded-Proto: https\r\n"))
            #expect(try client.response().status == 200)
        }
        // The next request of the connection is the peer's own.
        try client.send(Self.get("/own", "X-Request-ID: named-by-the-edge\r\n"))
        #expect(try client.response().status == 200)
        #expect(
            origin.requests.map { $0["x-forwarded-for"] }
                == ["6.6.6.6, 203.0.113.5, 127.0.0.1", "6.6.6.6, 2001:db8::7, 127.0.0.1", "127.0.0.1"])
        #expect(origin.requests.map { $0["x-forwarded-proto"] } == ["https", "https", "http"])
        #expect(origin.requests.last?["x-request-id"] == "named-by-the-edge")
        for line in ["203.0.113.5 - GET /203.0.113.5 ", "2001:db8::7 - GET /2001:db8::7 ", "127.0.0.1 - GET /own "] {
            _ = try eventually(5, "a line of the log with \(line)") { proxy.log.contains(line) ? true : nil }
        }
    }

    private static func withHeaders(_ origin: ScriptedOrigin, trusted: String = "127.0.0.0/8") throws -> Server {
        try Server.proxy(
            [[origin.port]], listen: "    proxy_protocol: true\n", more: "  trusted_proxies: [\(trusted)]\n")
    }

    private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a] + Array("QUIT\n".utf8)

    @Test func `a PROXY header says whose connection it is, before its first request`() throws {
        let origin = Self.origin()
        let proxy = try Self.withHeaders(origin)
        let client = try proxy.connect()
        // Two requests right behind it, and one later.
        try client.send(
            "PROXY TCP4 203.0.113.5 127.0.0.1 4711 80\r\n" + Self.get("/1")
                + Self.get("/2", "X-Forwarded-For: 6.6.6.6\r\n"))
        for _ in 0..<2 { #expect(try client.response().status == 200) }
        try client.send(Self.get("/3"))
        #expect(try client.response().status == 200)
        #expect(origin.requests.map { $0["x-forwarded-for"] } == Array(repeating: "203.0.113.5", count: 3))

        // In pieces of one byte, with a binary header that the proxy in front has from a trusted one.
        let six = [UInt8](repeating: 0, count: 15) + [1] + [UInt8](repeating: 0, count: 15) + [2, 0, 9, 0, 80]
        let other = try proxy.connect()
        for byte in Self.signature + [0x21, 0x21, 0, 36] + six { try other.send([byte]) }
        try other.send(Self.get("/4"))
        #expect(try other.response().status == 200)
        #expect(origin.requests.last?["x-forwarded-for"] == "::1")

        // The check of a proxy: its connection is its own.
        let check = try proxy.connect()
        try check.send(
            Self.signature + [0x20, 0, 0, 0] + Array(Self.get("/5", "X-Forwarded-For: 203.0.113.9\r\n").utf8))
        #expect(try check.response().status == 200)
        #expect(origin.requests.last?["x-forwarded-for"] == "203.0.113.9, 127.0.0.1")
        for line in ["203.0.113.5 - GET /3 ", "::1 - GET /4 ", "203.0.113.9 - GET /5 "] {
            _ = try eventually(5, "a line of the log with \(line)") { proxy.log.contains(line) ? true : nil }
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "\r\n\r\n\0\r\nQUIT\n\u{21}\u{11}\0\u{1}x",
        "PROXY UNKNOWN " + String(repeating: "x", count: 100),
    ])
    func `without a proper PROXY header a trusted proxy's connection ends, and is told of`(bytes: String) throws {
        let origin = Self.origin()
        let proxy = try Self.withHeaders(origin)
        let client = try proxy.connect()
        try client.send(bytes)
        // A reset is as good an end: bytes were left unread.
        #expect((try? client.rest()) ?? [] == [])
        #expect(origin.requests.isEmpty)
        _ = try eventually(5, "a warning") { proxy.log.contains("closed a connection of 127.0.0.1") ? true : nil }
    }

    @Test func `nobody else can send a PROXY header`() throws {
        let origin = Self.origin()
        let proxy = try Self.withHeaders(origin, trusted: "192.0.2.0/24")
        #expect(try proxy.ask("PROXY TCP4 203.0.113.5 127.0.0.1 4711 80\r\n" + Self.get()).status == 400)
        #expect(origin.requests.isEmpty)
        #expect(try proxy.ask(Self.get("/", "X-Forwarded-For: 203.0.113.5\r\n")).status == 200)
        #expect(origin.requests.first?["x-forwarded-for"] == "127.0.0.1")
    }

    @Test func `who may not ask is answered 403, by the address of the client`() throws {
        let origin = Self.origin()
        let proxy = try Server.proxy(
            [[origin.port]],
            more: "  trusted_proxies: [127.0.0.1]\n  allow: [127.0.0.1, 203.0.113.0/24]\n  deny: [203.0.113.7]\n")
        for (client, status) in [("203.0.113.5", 200), ("203.0.113.7", 403), ("198.51.100.1", 403)] {
            let response = try proxy.ask(Self.get("/\(client)", "X-Forwarded-For: \(client)\r\n"))
            #expect(response.status == status, "\(client)")
            #expect(status == 200 || response["x-request-id"] != nil)
        }
        #expect(try proxy.ask(Self.get("/own")).status == 200)
        #expect(origin.requests.map(\.line) == ["GET /203.0.113.5 HTTP/1.1", "GET /own HTTP/1.1"])
        _ = try eventually(5, "a line") {
            proxy.log.contains("198.51.100.1 - GET /198.51.100.1 HTTP/1.1 - 403") ? true : nil
        }
        // Nobody is told what may be asked for either.
        let asked = "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n"
        #expect(try proxy.ask(asked).status == 403)
    }

    @Test func `fields are set, added and removed on both ways`() throws {
        let origin = ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                try connection.answer(
                    "well", fields: "Server: x/1.0\r\nX-Powered-By: x\r\nx-powered-BY: y\r\nVary: a\r\n")
            }
        }
        let proxy = try Server.proxy(
            [[origin.port]],
            more: """
                  request_fields:
                    set: {X-Env: prod, X-Count: 1}
                    add: {X-Tag: ours}
                    remove: [x-debug]
                  response_fields:
                    set: {Strict-Transport-Security: max-age=63072000}
                    add: {Vary: b}
                    remove: [Server, X-Powered-By]

                """)
        let response = try proxy.ask(
            Self.get("/", "X-Env: mine\r\nx-env: mine too\r\nX-Tag: theirs\r\nX-Debug: 1\r\nX-Other: 2\r\n"))
        #expect(response.status == 200 && response.text == "well")
        #expect(response.values("strict-transport-security") == ["max-age=63072000"])
        #expect(response.values("vary") == ["a", "b"])
        #expect(response["server"] == nil && response["x-powered-by"] == nil)
        #expect(response.values("host") == ["service-1-127.0.0.1-\(origin.port)"])
        let request = try #require(origin.requests.first)
        #expect(request.values("x-env") == ["prod"] && request.values("x-count") == ["1"])
        #expect(request.values("x-tag") == ["theirs", "ours"])
        #expect(request["x-debug"] == nil && request["x-other"] == "2")
    }

    @Test func `routes choose services, for every attempt, by the path that origins get`() throws {
        let shop = Self.origin()
        let failing = ScriptedOrigin { connection, _ in try connection.answer("ill", status: "503 Service Unavailable")
        }
        let proxy = try Server.proxy(
            [[shop.port], [failing.port, RefusedPort.free()]],
            more: """
                  routes:
                    - {host: shop.example, services: [service-1], request_fields: {set: {X-Route: shop}}}
                    - {path_prefix: /ill, services: [service-2], response_fields: {set: {X-Route: ill}}}
                    - {path_prefix: /in, services: [service-1], deny: [127.0.0.1]}

                """)
        func ask(_ path: String, host: String = "h") throws -> RawResponse {
            try proxy.ask("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        }
        for path in ["/", "/%61?b=/../c", "/ill"] { #expect(try ask(path, host: "SHOP.example:80").status == 200) }
        #expect(shop.requests.map(\.line) == ["GET / HTTP/1.1", "GET /%61?b=/../c HTTP/1.1", "GET /ill HTTP/1.1"])
        #expect(shop.requests.allSatisfy { $0["x-route"] == "shop" })
        shop.forgetRequests()
        // The other service is not there for these, however its own fail.
        for _ in 0..<5 {
            let response = try ask("/ill/x")
            #expect(response.status >= 500)
            #expect(response.status != 503 || response["x-route"] == "ill")
        }
        for (path, status) in [
            ("/in", 403), ("/in/x", 403), ("/inx", 404), ("/", 404), ("/ill/../in", 400), ("/ill%2f..%2fin", 400),
        ] {
            #expect(try ask(path).status == status, "\(path)")
        }
        #expect(shop.requests.isEmpty)
    }

    @Test func `limits hold for all workers together, and say when to come again`() throws {
        let origin = Self.origin()
        let proxy = try Server.proxy(
            [[origin.port]], workers: 2, more: "  rate_limit: {requests: 5, per: 1h, burst: 10}\n")
        let answers = try (0..<30).map { _ in try proxy.ask(Self.get()) }
        #expect(
            answers.prefix(10).allSatisfy { $0.status == 200 } && answers.dropFirst(10).allSatisfy { $0.status == 429 })
        let refused = try #require(answers.last)
        #expect(refused["x-limit"] == "rate")
        let seconds = refused["retry-after"].flatMap { Int($0) } ?? 0
        #expect((1...720).contains(seconds))
        #expect(refused["ratelimit-policy"] == #""default";q=5;w=3600"#)
        #expect(refused["ratelimit"] == #""default";r=0;t=\#(seconds)"#)
        #expect(answers[0]["ratelimit"] == nil)
        #expect(origin.requests.count == 10)
    }

    @Test func `the hash by address goes by the client's`() throws {
        let origins = (0..<4).map { _ in Self.origin() }
        let proxy = try Server.proxy(
            [origins.map(\.port)],
            more: "  trusted_proxies: [127.0.0.1]\n  balancing: {policy: hash}\n  retry: {hedge: false}\n")
        for number in 0..<40 {
            let fields = "X-Forwarded-For: 203.0.113.\(number)\r\n"
            let hosts = try (0..<3).map { _ in try proxy.ask(Self.get("/", fields))["host"] }
            #expect(Set(hosts).count == 1, "a client has one host")
        }
        #expect(origins.filter { !$0.requests.isEmpty }.count > 1, "and clients have several")
    }
}
