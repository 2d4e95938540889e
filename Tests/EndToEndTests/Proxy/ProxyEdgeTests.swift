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
