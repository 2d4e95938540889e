// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP
@testable import EventProxy

/// Which fields of a request go on, and what the proxy says of its client.
struct ForwardingTableTests {
    private func forwarded(_ lines: [String], from client: String = "192.0.2.1", host: String = "h") throws -> [String]
    {
        let text = Array((["GET / HTTP/1.1", "Host: \(host)"] + lines + ["", ""]).joined(separator: "\r\n").utf8)
        var fields = FieldIndex(capacity: 100)
        let parsed = try #require(try RequestParser.parse(text.span, limits: ParserLimits(), into: &fields))
        let head = RequestHead(parsed, bytes: text.span, lines: fields.lines.span)
        let pool = BufferPool()
        var buffer = Buffer()
        let address = try #require(SocketAddress(client, port: 4711))
        let via = FieldLines(["Via": "1.1 us"])
        guard let authority = head.authority else { return [] }
        RequestWriter.append(head, host: authority, to: &buffer, pool: pool) { writer in
            ForwardedFields.request(head, from: Peer(address: address), host: authority, via: via, to: &writer)
        }
        let all = Self.bytes(of: buffer)
        buffer.release(to: pool)
        #expect(pool.lentCount == 0)
        return String(decoding: all, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    private static func bytes(of buffer: borrowing Buffer) -> [UInt8] {
        let bytes = buffer.bytes
        return bytes.indices.map { bytes[$0] }
    }

    private static let ours = [
        "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: h",
        #"Forwarded: for=192.0.2.1;host="h";proto=http"#, "Via: 1.1 us",
    ]

    @Test func `what the proxy adds is added once, after the client's fields`() throws {
        #expect(try forwarded(["A: 1"]) == ["GET / HTTP/1.1", "Host: h", "A: 1"] + Self.ours)
    }

    @Test(arguments: [
        "A: 1", "Accept: */*", "Authorization: x", "Cookie: a=b", "Cookie: a; b", "Range: bytes=0-", "Date: x",
        "User-Agent: u", "X-Request-Id: 1", "Via: 1.0 other", "my_field: 1", "dotted.field: 1",
        "X-Forwarded-Something: 1",
        "Origin: x", "Cache-Control: no-store", "Max-Forwards: 7", "If-None-Match: \"x\"",
    ])
    func `end-to-end fields go on as they came`(line: String) throws {
        let lines = try forwarded([line, line])
        #expect(lines.filter { $0 == line }.count == 2)
        #expect(lines.suffix(5) == Self.ours[...])
    }

    @Test(arguments: [
        "Connection: close", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "Trailer: X",
        "Upgrade: websocket", "HTTP2-Settings: AAMAAABkAAQ", "Proxy-Authenticate: x", "Proxy-Authorization: x",
        "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil", "X-Forwarded-Proto: https", "X-Forwarded-Port: 1",
        "X-Forwarded-Server: evil", "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6", "X_Forwarded_For: 6.6.6.6",
        "X.Forwarded.For: 6.6.6.6", "x_forwarded-proto: https", "Transfer_Encoding: chunked", "Content_Length: 5",
        "Content.Length: 5", "proxy_connection: x", "X_Real_IP: 6.6.6.6",
    ])
    func `fields of one connection, claims and aliases of either do not go on`(line: String) throws {
        #expect(try forwarded([line]) == ["GET / HTTP/1.1", "Host: h"] + Self.ours)
    }

    @Test(
        arguments: [
            (["Connection: x-a, X-B", "X-A: 1", "x-b: 2", "X-C: 3"], ["X-C: 3"]),
            (["Connection: x-a", "Connection: x-c", "X-A: 1", "X-B: 2", "X-C: 3"], ["X-B: 2"]),
            // What the proxy adds is added, and what frames or routes stays, whatever a client names.
            (["Connection: X-Forwarded-For, Forwarded, Via, Host, close", "A: 1"], ["A: 1"]),
            (["Connection: via", "Via: 1.0 other"], ["Via: 1.0 other"]),
            (["Connection: , ,x-a,,", "X-A: 1", "A: 1"], ["A: 1"]),
        ] as [([String], [String])])
    func `what Connection names goes no further, and takes nothing with it`(lines: [String], left: [String]) throws {
        #expect(try forwarded(lines) == ["GET / HTTP/1.1", "Host: h"] + left + Self.ours)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", "for=192.0.2.1"), ("2001:db8::1", "2001:db8::1", #"for="[2001:db8::1]""#),
        ("::1", "::1", #"for="[::1]""#), ("::ffff:192.0.2.7", "192.0.2.7", "for=192.0.2.7"),
    ])
    func `an address is written as each field wants it`(client: String, plain: String, quoted: String) throws {
        let lines = try forwarded([], from: client, host: "[::1]:8080")
        #expect(lines.contains("X-Forwarded-For: \(plain)"))
        #expect(lines.contains(#"Forwarded: \#(quoted);host="[::1]:8080";proto=http"#))
        #expect(lines.contains("X-Forwarded-Host: [::1]:8080"))
    }

    @Test(arguments: [
        ("1.1 us", true), ("1.0 a, 1.1 us", true), ("1.1 US (x)", true), ("1.1 us-2", false), ("1.1 bus", false),
        ("", false),
    ])
    func `a request that has come through here before is known by Via`(value: String, hasPassed: Bool) throws {
        let text = Array("GET / HTTP/1.1\r\nHost: h\r\nVia: 1.0 first\r\nVia: \(value)\r\n\r\n".utf8)
        var fields = FieldIndex(capacity: 100)
        let parsed = try #require(try RequestParser.parse(text.span, limits: ParserLimits(), into: &fields))
        let head = RequestHead(parsed, bytes: text.span, lines: fields.lines.span)
        let result = ForwardedFields.hasPassed(head, pseudonym: Array("us".utf8))
        #expect(result == hasPassed)
    }
}
