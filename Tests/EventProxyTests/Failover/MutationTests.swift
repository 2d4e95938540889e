// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// Requests and responses that are nearly right, in any pieces: whatever comes of them, the proxy goes on.
struct MutationTests {
    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) ^ (state << 31)
        }
        mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self) }

        private static let special = Array("\r\n :;,=0123456789abcdefAF\t\0\u{7f}%/?\"".utf8)

        /// A few bytes replaced, inserted, removed or doubled.
        mutating func mutate(_ text: String) -> [UInt8] {
            var bytes = Array(text.utf8)
            for _ in 0..<below(4) where !bytes.isEmpty {
                let position = below(bytes.count)
                let byte = below(3) == 0 ? UInt8(below(256)) : Self.special[below(Self.special.count)]
                switch below(5) {
                case 0: bytes[position] = byte
                case 1: bytes.insert(byte, at: position)
                case 2: bytes.remove(at: position)
                case 3: bytes.insert(contentsOf: bytes[position..<min(position + 20, bytes.count)], at: position)
                default: bytes.removeLast(min(below(30), bytes.count))
                }
            }
            return bytes
        }
    }

    private static let requests = [
        "GET / HTTP/1.1\r\nHost: test\r\n\r\n",
        "GET http://test/x?y HTTP/1.1\r\nHost: other\r\nConnection: close, x-a\r\nX-A: 1\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n0123456789",
        "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n"
            + "5;a=\"b\"\r\nhello\r\na\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nbytes",
        "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: test\r\nMax-Forwards: 1\r\n\r\n",
    ]

    private static let responses = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nbytes",
        "HTTP/1.0 200 OK\r\nKeep-Alive: timeout=5\r\n\r\nuntil the end", "HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
    ]

    @Test(arguments: [1, 2, 3] as [UInt64]) func `nothing that clients or origins send stops the proxy`(
        seed: UInt64
    ) throws {
        let origins = (0..<2).map { index in
            ScriptedOrigin { connection, number, _ in
                var random = Random(state: seed &* 1_000_003 &+ UInt64(number * 2 + index))
                connection.deadlineSeconds = 2
                while try connection.requestHead() != nil {
                    for piece in Self.pieces(random.mutate(Self.responses[random.below(7)]), &random) {
                        try connection.send(piece)
                    }
                    if random.below(3) == 0 { return }
                }
            }
        }
        let proxy = try TestProxy([[origins[0].port], [origins[1].port]]) {
            $0.timeouts.responseMs = 300
            $0.timeouts.originBodyMs = 300
            $0.timeouts.clientBodyMs = 300
            $0.timeouts.tunnelMs = 300
        }
        let threads = (0..<4).map { index in
            TestThread {
                var random = Random(state: seed &* 77 &+ UInt64(index))
                for _ in 0..<40 {
                    guard let client = try? proxy.connect() else { return }
                    client.deadlineSeconds = 3
                    var bytes: [UInt8] = []
                    for _ in 0...random.below(3) { bytes += random.mutate(Self.requests[random.below(8)]) }
                    for piece in Self.pieces(bytes, &random) { try? client.send(piece) }
                    switch random.below(4) {
                    case 0: client.reset()
                    case 1: break
                    default:
                        client.endSending()
                        _ = try? client.rest()
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        try proxy.server.waitForConnections(0)
        // An answer to a request that nobody could misunderstand: which one is the origins' to say.
        let last = try proxy.connect()
        try last.send("CONNECT test:80 HTTP/1.1\r\nHost: test:80\r\n\r\n")
        #expect(try last.response().status == 405)
        proxy.server.drain()
        try proxy.server.waitForDrain()
    }

    private static func pieces(_ bytes: [UInt8], _ random: inout Random) -> [[UInt8]] {
        if random.below(3) == 0 { return [bytes] }
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + 1 + random.below(40), bytes.count)
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }
}
