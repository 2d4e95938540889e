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
