// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// Origins that are told in a PROXY header whose connection they are given: here our own proxy, which believes it.
struct ProxyIntroductionTests {
    private static func origin() -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                try connection.answer("well")
            }
        }
    }

    private static func proxy(to port: UInt16, service: String = "", more: String = "") throws -> Server {
        try Server.proxy(
            [[port]], listen: "    proxy_protocol: true\n", service: service,
            more: "  trusted_proxies: [127.0.0.1]\n" + more)
    }

    @Test func `an origin is told whose a connection is, and gets that client's requests over it alone`() throws {
        let origin = Self.origin()
        let behind = try Self.proxy(to: origin.port)
        let front = try Self.proxy(to: behind.port, service: "      send_proxy: v2\n")
        // The last one comes from the same address as the first, by another connection.
        let addresses = ["203.0.113.5 192.0.2.1", "2001:db8::7 2001:db8::1", "203.0.113.6 192.0.2.1"]
        var clients: [(RawClient, String)] = []
        for addresses in addresses + [addresses[0]] {
            let client = try front.connect()
            let family = addresses.contains(":") ? "TCP6" : "TCP4"
            try client.send("PROXY \(family) \(addresses) \(4_711 + clients.count) 80\r\n")
            clients.append((client, String(addresses.prefix { $0 != " " })))
        }
        for round in 0..<3 {
            for (client, address) in clients {
                let count = origin.requests.count
                try client.send("GET /\(round) HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.response().status == 200)
                #expect(origin.requests.count == count + 1)
                // The header's word: the proxy behind believes no field of a client that it does not trust.
                #expect(origin.requests.last?["x-forwarded-for"] == address)
            }
        }
    }

    @Test func `checks come over connections of the proxy's own, and nobody is refused`() throws {
        let origin = Self.origin()
        let behind = try Self.proxy(to: origin.port)
        let check = "  health_check: {type: http, path: /checked, interval: 50ms}\n"
        let front = try Self.proxy(to: behind.port, service: "      send_proxy: v2\n", more: check)
        _ = try eventually(10, "checks") {
            origin.requests.count { $0.line.hasPrefix("GET /checked ") } > 3 ? true : nil
        }
        #expect(origin.requests.first?["x-forwarded-for"] == "127.0.0.1")
        // The host is in use, whatever the first check has found.
        let answer = try front.ask("PROXY TCP4 203.0.113.5 192.0.2.1 1 80\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(answer.status == 200)
        #expect(!behind.log.contains("closed a connection"))
    }

    /// One that hears of a client before it says so itself would take the header for a request.
    @Test func `without the key there is no header`() throws {
        let origin = Self.origin()
        let behind = try Self.proxy(to: origin.port)
        let front = try Server.proxy([[behind.port]], more: "  retry: {attempts: 1}\n")
        #expect(try front.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").status == 502)
        #expect(origin.requests.isEmpty)
    }
}
