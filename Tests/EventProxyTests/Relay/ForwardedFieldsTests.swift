// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP
@testable import EventProxy

/// Which fields go on to the origin and back.
struct ForwardedFieldsTests {
    /// The lines of a request, without CRLF, as the origin gets them. `lines` come after the request line and Host.
    private func forwarded(_ line: String = "GET / HTTP/1.1", _ lines: [String]) throws -> [String] {
        try withRequest(line, lines) { head in
            let pool = BufferPool()
            var buffer = Buffer()
            defer { buffer.release(to: pool) }
            let client = try #require(SocketAddress("192.0.2.1", port: 4711))
            let via = FieldLines(["Via": "1.1 proxy-1"])
            guard let authority = head.authority else { return [] }
            RequestWriter.append(head, host: authority, to: &buffer, pool: pool) { writer in
                ForwardedFields.request(head, from: Peer(address: client), host: authority, via: via, to: &writer)
            }
            return Self.lines(of: buffer)
        }
    }

    private static func lines(of buffer: borrowing Buffer) -> [String] {
        var all: [UInt8] = []
        let bytes = buffer.bytes
        for i in bytes.indices { all.append(bytes[i]) }
        return String(decoding: all, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    private func withRequest<R>(
        _ line: String, _ lines: [String], _ body: (borrowing RequestHead) throws -> R
    ) throws -> R {
        let text = Array(([line, "Host: h"] + lines + ["", ""]).joined(separator: "\r\n").utf8)
        var fields = FieldIndex(capacity: 100)
        let parsed = try #require(try RequestParser.parse(text.span, limits: ParserLimits(), into: &fields))
        return try body(RequestHead(parsed, bytes: text.span, lines: fields.lines.span))
    }

    @Test(arguments: [
        ("OPTIONS / HTTP/1.1", "5", "4"), ("OPTIONS / HTTP/1.1", "1", "0"), ("TRACE / HTTP/1.1", "10", "9"),
        // What is no number is nobody's to count down.
        ("OPTIONS / HTTP/1.1", "many", "many"), ("TRACE / HTTP/1.1", "-1", "-1"),
        // With other methods it is a field like any other.
        ("GET / HTTP/1.1", "5", "5"), ("POST / HTTP/1.1", "0", "0"),
    ])
    func `RFC 9110 §7.6.2: Max-Forwards is counted down for OPTIONS and TRACE`(
        _ line: String, _ value: String, _ left: String
    ) throws {
        let lines = try forwarded(line, ["Max-Forwards: \(value)"])
        #expect(lines.filter { $0.hasPrefix("Max-Forwards:") } == ["Max-Forwards: \(left)"])
    }

    @Test(
        arguments: [
            ("OPTIONS / HTTP/1.1", ["Max-Forwards: 0"], true), ("OPTIONS * HTTP/1.1", ["Max-Forwards: 000"], true),
            ("TRACE / HTTP/1.1", ["Max-Forwards: 0"], true),
            ("TRACE / HTTP/1.1", ["Max-Forwards: 3", "max-forwards: 0"], true),
            ("TRACE / HTTP/1.1", ["Max-Forwards: 1"], false), ("TRACE / HTTP/1.1", [], false),
            ("OPTIONS / HTTP/1.1", ["Max-Forwards: x"], false), ("GET / HTTP/1.1", ["Max-Forwards: 0"], false),
        ] as [(String, [String], Bool)])
    func `RFC 9110 §7.6.2: a request that may not go on is the proxy's to answer`(
        _ line: String, _ lines: [String], _ mayNot: Bool
    ) throws {
        try withRequest(line, lines) { head in
            let result = ForwardedFields.mayNotGoOn(head)
            #expect(result == mayNot)
        }
    }

    @Test func `S28: what Connection names is not passed on, in a final or an interim response`() throws {
        let lines = "Connection: X-Secret, close\r\nX-Secret: 1\r\nLink: </a>\r\n"
        let text = Array("HTTP/1.1 103 Early Hints\r\n\(lines)\r\n".utf8)
        var fields = FieldIndex(capacity: 100)
        let parsed = try #require(try ResponseParser.parse(text.span, to: .get, limits: ParserLimits(), into: &fields))
        let head = ResponseHead(parsed, bytes: text.span, lines: fields.lines.span)
        let pool = BufferPool()
        var writer = FieldWriter(Buffer(), pool: pool)
        ForwardedFields.interim(head, to: &writer)
        var buffer = writer.take()
        #expect(Self.lines(of: buffer) == ["Link: </a>"])
        buffer.release(to: pool)
    }

    @Test(arguments: [
        ("Upgrade: websocket", true), ("upgrade: WebSocket", true), ("Upgrade: h2c", false), ("X: websocket", false),
        ("Upgrade: websocket, h2c", false),
    ])
    func `S29: 101 must switch to the protocol that was asked for`(_ line: String, _ isAskedFor: Bool) throws {
        let text = Array("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\(line)\r\n\r\n".utf8)
        var fields = FieldIndex(capacity: 100)
        let parsed = try #require(try ResponseParser.parse(text.span, to: .get, limits: ParserLimits(), into: &fields))
        let result = ResponseHead(parsed, bytes: text.span, lines: fields.lines.span).switchesToWebSocket
        #expect(result == isAskedFor)
    }
}
