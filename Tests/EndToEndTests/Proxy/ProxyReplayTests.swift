// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// Requests that are sent again: over a fresh connection after a race, and with their content to another origin.
struct ProxyReplayTests {
    /// Ends each connection as its second request arrives, as an origin does that has just let it idle too long.
    private static func racing() -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            guard let first = try connection.request() else { return }
            origin.note(first)
            try connection.answer("first")
            if try connection.endsHere() { return }
            connection.reset()
        }
    }

    @Test func `an idle connection that ends as it is used is hidden from GET`() throws {
        let origin = Self.racing()
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        for i in 0..<20 {
            try client.send("GET /\(i) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.response().text == "first")
        }
        #expect(origin.requests.map(\.target) == (0..<20).map { "/\($0)" })
        #expect(origin.connectionCount == 20)
    }

    @Test func `an idle connection that ended before it is used is hidden from everybody`() throws {
        let closed = Shared(0)
        let origin = ScriptedOrigin { connection, _, origin in
            guard let request = try connection.request() else { return }
            origin.note(request)
            try connection.answer("one")
            connection.endSending()
            // The proxy has seen that, and closed.
            if try connection.endsHere() { closed.change { $0 += 1 } }
        }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        for i in 0..<20 {
            try client.send("POST /\(i) HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try client.response().text == "one")
            _ = try eventually(10, "the proxy to close") { closed.current == i + 1 ? true : nil }
        }
        #expect(origin.requests.map(\.target) == (0..<20).map { "/\($0)" })
    }

    @Test func `POST is not sent again over a connection that took it`() throws {
        let origin = Self.racing()
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        try client.send("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        #expect(try client.response().status == 200)
        try client.send("POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        #expect(try client.response().status == 502)
        #expect(origin.requests.map(\.target) == ["/1"])
    }

    @Test(arguments: [
        ("Content-Length: 3\r\n\r\nabc", 1),
        ("Content-Length: 70000\r\n\r\n" + String(repeating: "x", count: 70_000), 2),
        ("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 2),
    ])
    func `content that is perhaps too much to be kept goes over no connection that may be stale`(
        content: String, connections: Int
    ) throws {
        let origin = ScriptedOrigin { connection, _, _ in
            while try connection.request() != nil { try connection.answer("good") }
        }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.response().status == 200)
        // Longer than a connection counts as just used.
        sleep(seconds: 1.1)
        try client.send("PUT / HTTP/1.1\r\nHost: h\r\n" + content)
        #expect(try client.response().status == 200)
        #expect(origin.connectionCount == connections)
    }

    /// An origin that reads `count` bytes of a request, at least its head, and then ends the connection; and one that
    /// takes all.
    private static func pair(fails: @escaping @Sendable (RawClient, Int) throws -> Void) -> (
        ScriptedOrigin, ScriptedOrigin
    ) {
        let bad = ScriptedOrigin { connection, number, _ in
            _ = try connection.requestHead()
            try fails(connection, number)
        }
        let good = ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                try connection.answer("good")
            }
        }
        return (bad, good)
    }

    private static func chunked(_ content: [UInt8]) -> [UInt8] {
        var sent: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: 7_001) {
            let piece = content[start..<min(start + 7_001, content.count)]
            sent += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
        }
        return sent + Array("0\r\n\r\n".utf8)
    }

    @Test(arguments: [0, 1, 5_000, 60_000], [true, false])
    func `content up to 64 KiB reaches another origin byte for byte`(count: Int, isChunked: Bool) throws {
        let (bad, good) = Self.pair { connection, number in
            // Some of the content, all of it, or none: whatever came, then a 503 or an end.
            _ = try connection.skipAll(min(1, count))
            if number % 2 == 0 { try connection.answer("", status: "503 No") }
        }
        let proxy = try Server.proxy([[bad.port], [good.port]])
        let content = (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ ($0 >> 8)) }
        for _ in 0..<6 {
            let client = try proxy.connect()
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(count)"
            try client.send("PUT / HTTP/1.1\r\nHost: h\r\n\(framing)\r\n\r\n")
            if isChunked { try client.send(Self.chunked(content)) } else { try client.send(content) }
            #expect(try client.response().text == "good")
        }
        #expect(good.requests.count == 6)
        #expect(good.requests.allSatisfy { $0.body == content })
    }

    @Test func `larger content is streamed and not refused, and its origin's failure is told`() throws {
        let (bad, good) = Self.pair { connection, _ in
            _ = try connection.skipAll(2_000_000)
            try connection.answer("no", status: "503 No")
        }
        let proxy = try Server.proxy([[bad.port], [good.port]])
        let content = [UInt8](repeating: 0x63, count: 2_000_000)
        var statuses: [Int] = []
        for _ in 0..<4 {
            let client = try proxy.connect()
            try client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(content.count)\r\n\r\n")
            try client.send(content)
            statuses.append(try client.response().status)
        }
        #expect(statuses.sorted() == [200, 200, 503, 503])
        #expect(good.requests.allSatisfy { $0.body == content })
    }
}
