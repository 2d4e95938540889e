// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

/// Which route a request is given, and what that says of it.
struct RouteTests {
    private static let client = SocketAddress("192.0.2.1", port: 1)!

    private static func edge(_ keys: String) throws -> Edge {
        try #require(Edge(try parse(file(keys))))
    }

    /// The value that the route sets in `R`, or the status of the refusal.
    private static func outcome(
        _ edge: Edge, _ line: String, host: String? = "h", _ lines: [String] = [], from address: String = "192.0.2.1",
        nowNs: Int64 = 0
    ) throws -> String {
        let client = try #require(SocketAddress(address, port: 1))
        return try withRequest(line, host: host, lines) { head in
            switch edge.admit(head, from: client, nowNs: nowNs) {
            case .pass(let route):
                guard let rules = route.requestFields else { return "general" }
                return String(decoding: rules.added.bytes.dropFirst(3).dropLast(2), as: UTF8.self)
            case .refuse(let answer): return "\(answer.status.code)"
            }
        }
    }

    private static let routes = """
          routes:
            - {request_fields: {set: {R: any}}}
            - {path_prefix: /api, request_fields: {set: {R: api}}}
            - {path_prefix: /api/v2, request_fields: {set: {R: v2}}}
            - {path_prefix: /api, method: POST, request_fields: {set: {R: post}}}
            - {host: "*.example.com", request_fields: {set: {R: wild}}}
            - {host: "*.b.example.com", request_fields: {set: {R: wilder}}}
            - {host: a.example.com, request_fields: {set: {R: exact}}}
            - {host: a.example.com, path_prefix: /api, request_fields: {set: {R: exact-api}}}
            - {host: "[2001:db8::1]", request_fields: {set: {R: six}}}
        """

    @Test(
        arguments: [
            ("GET / HTTP/1.1", "h", "any"), ("GET /apix HTTP/1.1", "h", "any"), ("GET /api HTTP/1.1", "h", "api"),
            ("GET /api/v1 HTTP/1.1", "h", "api"), ("GET /api/v2/x HTTP/1.1", "h", "v2"),
            ("POST /api HTTP/1.1", "h", "post"),
            // The longer path says more than the method.
            ("POST /api/v2 HTTP/1.1", "h", "v2"),
            // A host says more than any path; the port, the case and the dot of a full name say nothing.
            ("GET /api HTTP/1.1", "x.example.com", "wild"), ("GET / HTTP/1.1", "X.EXAMPLE.com:8080", "wild"),
            ("GET / HTTP/1.1", "y.x.example.com", "wild"), ("GET / HTTP/1.1", "y.b.example.com.", "wilder"),
            ("GET / HTTP/1.1", "b.example.com", "wild"), ("GET / HTTP/1.1", "example.com", "any"),
            ("GET / HTTP/1.1", "notexample.com", "any"), ("GET / HTTP/1.1", ".example.com", "any"),
            ("GET / HTTP/1.1", "a.example.com", "exact"), ("GET /api HTTP/1.1", "a.EXAMPLE.com.:1", "exact-api"),
            ("GET / HTTP/1.1", "a.example.com.evil", "any"), ("GET / HTTP/1.1", "[2001:db8::1]:80", "six"),
            ("GET http://a.example.com/ HTTP/1.1", "h", "exact"), ("GET http://a.example.com?x HTTP/1.1", "h", "exact"),
            ("OPTIONS * HTTP/1.1", "h", "any"), ("GET / HTTP/1.0", nil, "any"),
            ("GET /a?x=/../%2f HTTP/1.1", "h", "any"),
            ("GET /a/../api HTTP/1.1", "h", "400"), ("GET /a%2fb HTTP/1.1", "h", "400"),
            ("GET / HTTP/1.1", "a%2eexample.com", "400"),
        ] as [(String, String?, String)])
    func `the route that says most of a request is its route`(line: String, host: String?, expected: String) throws {
        #expect(try Self.outcome(Self.edge(Self.routes), line, host: host) == expected)
    }

    @Test func `a request that no route is for is answered 404`() throws {
        let edge = try Self.edge("  routes: [{host: h, method: GET, request_fields: {set: {R: x}}}]")
        #expect(try Self.outcome(edge, "GET / HTTP/1.1") == "x")
        #expect(try Self.outcome(edge, "POST / HTTP/1.1") == "404")
        #expect(try Self.outcome(edge, "get / HTTP/1.1") == "404")
        #expect(try Self.outcome(edge, "GET / HTTP/1.1", host: "i") == "404")
        #expect(try Self.outcome(edge, "GET / HTTP/1.0", host: nil) == "404")
    }

    @Test func `both the lists of all and those of the route must admit a client`() throws {
        let edge = try Self.edge(
            """
              deny: [203.0.113.0/24]
              routes:
                - {request_fields: {set: {R: any}}}
                - {path_prefix: /in, allow: [192.0.2.0/24, 203.0.113.5], request_fields: {set: {R: in}}}
            """)
        for (address, path, expected) in [
            ("192.0.2.1", "/in", "in"), ("198.51.100.1", "/in", "403"), ("198.51.100.1", "/", "any"),
            ("203.0.113.5", "/in", "403"), ("203.0.113.5", "/", "403"),
        ] {
            #expect(try Self.outcome(edge, "GET \(path) HTTP/1.1", from: address) == expected)
        }
    }

    @Test func `limits count by address, by field or all together, and each by itself`() throws {
        let edge = try Self.edge(
            """
              routes:
                - {path_prefix: /a, rate_limit: {requests: 2}, request_fields: {set: {R: a}}}
                - {path_prefix: /r, rate_limit: {requests: 1, by: route}, request_fields: {set: {R: r}}}
                - {path_prefix: /f, rate_limit: {requests: 1, by: field X-Key}, request_fields: {set: {R: f}}}
            """)
        func ask(_ path: String, _ lines: [String] = [], from address: String = "192.0.2.1", at ns: Int64 = 0) throws
            -> String
        {
            try Self.outcome(edge, "GET \(path) HTTP/1.1", lines, from: address, nowNs: ns)
        }
        #expect(try [ask("/a"), ask("/a"), ask("/a")] == ["a", "a", "429"])
        #expect(try ask("/a", from: "192.0.2.2") == "a")
        #expect(try [ask("/a", at: 500_000_000), ask("/a", at: 500_000_000)] == ["a", "429"])
        // The same network of a client of IPv6, and an IPv4 client whichever way it came.
        #expect(try (1...3).map { try ask("/a", from: "2001:db8::\($0)") } == ["a", "a", "429"])
        #expect(try ask("/a", from: "2001:db8:0:1::1") == "a")
        #expect(try ask("/a", from: "::ffff:192.0.2.1") == "429")
        #expect(try [ask("/r"), ask("/r", from: "198.51.100.1")] == ["r", "429"])
        let keys = ["X-Key: 1", "x-key: 1", "X-Key: 2"]
        #expect(try keys.map { try ask("/f", [$0]) } == ["f", "429", "f"])
        // Who has no key is told by the address.
        #expect(try [ask("/f"), ask("/f"), ask("/f", from: "192.0.2.2")] == ["f", "429", "f"])
    }

    @Test func `what was used of a limit outlives a reload that leaves it`() throws {
        let keys = "  rate_limit: {requests: 1, per: 1h}"
        let first = try Self.edge(keys)
        #expect(try Self.outcome(first, "GET / HTTP/1.1") == "general")
        let second = try #require(Edge(try parse(file(keys + "\n  deny: [10.0.0.1]")), after: first))
        #expect(try Self.outcome(second, "GET / HTTP/1.1") == "429")
        let third = try #require(Edge(try parse(file("  rate_limit: {requests: 2, per: 1h}")), after: second))
        #expect(try Self.outcome(third, "GET / HTTP/1.1") == "general")
    }
}
