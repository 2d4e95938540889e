// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

struct StreamTests {
    private static let floodBytes = 32 << 20

    /// Sends until nobody takes any more; how much was taken.
    private static func flood(_ connection: RawClient) -> Int {
        connection.deadlineSeconds = 0.5
        let piece = [UInt8](repeating: 0x78, count: 64 << 10)
        var sent = 0
        while sent < floodBytes, (try? connection.send(piece)) != nil { sent += piece.count }
        return sent
    }

    @Test(arguments: [true, false], [true, false])
    func `who sends has to wait while the other side does not read`(isTunnel: Bool, isClient: Bool) throws {
        let taken = Shared<Int?>(nil)
        let isOver = Shared(false)
        defer { isOver.change { $0 = true } }
        let origin = ScriptedOrigin(receiveBufferBytes: 4_096) { connection, _, _ in
            _ = try connection.requestHead()
            if isTunnel {
                try connection.send(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            } else if !isClient {
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.floodBytes)\r\n\r\n")
            }
            if !isClient { taken.change { $0 = Self.flood(connection) } }
            _ = try eventually(60, "the end") { isOver.current ? true : nil }
        }
        let proxy = try TestProxy([[origin.port]])
        let client = try proxy.connect(receiveBufferBytes: 4_096)
        if isTunnel {
            try client.send(get("/", "Upgrade: websocket\r\nConnection: Upgrade\r\n"))
            #expect(try client.head().status == 101)
        } else if isClient {
            try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: \(Self.floodBytes)\r\n\r\n")
        } else {
            try client.send(get())
        }
        if isClient { taken.change { $0 = Self.flood(client) } }
        #expect(try eventually(60, "the sender") { taken.current } < Self.floodBytes)
    }

    @Test func `an upload may take longer than an origin may take to answer`() throws {
        let origin = ScriptedOrigin(answering: { connection, request in
            try connection.answer("\(request.body.count)")
        })
        let proxy = try TestProxy([[origin.port]]) { $0.timeouts.responseMs = 300 }
        let client = try proxy.connect()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 60\r\n\r\n")
        for _ in 0..<6 {
            try client.send("0123456789")
            sleep(seconds: 0.12)
        }
        #expect(try client.response().text == "60")
    }

    @Test func `an origin that reads an upload slowly has not timed out`() throws {
        let origin = ScriptedOrigin(receiveBufferBytes: 4096) { connection, _, _ in
            guard let head = try connection.requestHead() else { return }
            var left = Int(head["content-length"]!)!
            while left > 0 {
                left -= try connection.skipAll(min(left, 1_000_000))
                sleep(seconds: 0.06)
            }
            try connection.answer("done")
        }
        let proxy = try TestProxy([[origin.port]]) {
            $0.timeouts.responseMs = 1_000
            $0.timeouts.originBodyMs = 1_000
        }
        let client = try proxy.connect()
        let count = 24_000_000
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: \(count)\r\n\r\n")
        try client.send([UInt8](repeating: 0x61, count: count))
        #expect(try client.response().text == "done")
    }

    @Test func `an origin is not blamed for a client that does not read for a while`() throws {
        let origin = ScriptedOrigin.saying(String(repeating: "x", count: 32 << 20))
        let proxy = try TestProxy([[origin.port]]) { $0.timeouts.originBodyMs = 100 }
        let client = try proxy.connect(receiveBufferBytes: 4_096)
        try client.send(get())
        #expect(try client.head().status == 200)
        sleep(seconds: 0.5)
        #expect(try client.skipAll(32 << 20) == 32 << 20)
    }

    @Test func `a response that a slow client took whole has ended`() throws {
        let origin = ScriptedOrigin(answering: { connection, request in
            try connection.answer(String(repeating: "x", count: Int(request.target.dropFirst())!))
        })
        let proxy = try TestProxy([[origin.port]]) { $0.timeouts.originBodyMs = 1_000 }
        let client = try proxy.connect(receiveBufferBytes: 4096)
        for count in [5_000_000, 5_500_003, 6_000_000] {
            try client.send(get("/\(count)"))
            #expect(try client.head().status == 200)
            // So slowly at the end that the proxy has read all of it from the origin, and waits.
            #expect(try client.skipAll(count - 100_000) == count - 100_000)
            sleep(seconds: 0.02)
            #expect(try client.skipAll(100_000) == 100_000)
        }
        try client.send(get("/5"))
        #expect(try client.response().text == "xxxxx")
    }

    @Test(arguments: [true, false]) func `a tunnel in which one side speaks is not idle`(isClient: Bool) throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.requestHead()
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
            if isClient {
                #expect(try connection.bytes(10) == Array("0123456789".utf8))
                try connection.send("done")
            } else {
                for digit in 0..<10 {
                    try connection.send("\(digit)")
                    sleep(seconds: 0.1)
                }
                #expect(try connection.bytes(4) == Array("done".utf8))
                try connection.send("!")
            }
            _ = try connection.rest()
        }
        let proxy = try TestProxy([[origin.port]]) { $0.timeouts.tunnelMs = 700 }
        let client = try proxy.connect()
        try client.send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"))
        #expect(try client.head().status == 101)
        if isClient {
            for digit in 0..<10 {
                try client.send("\(digit)")
                sleep(seconds: 0.1)
            }
            #expect(try client.bytes(4) == Array("done".utf8))
        } else {
            #expect(try client.bytes(10) == Array("0123456789".utf8))
            try client.send("done")
            #expect(try client.bytes(1) == Array("!".utf8))
        }
    }

    @Test func `a limit on content does not end a tunnel`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.requestHead()
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
            #expect(try connection.bytes(100).count == 100)
            try connection.send("done")
        }
        let proxy = try TestProxy([[origin.port]]) { $0.limits.bodyBytes = 10 }
        let client = try proxy.connect()
        try client.send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"))
        #expect(try client.head().status == 101)
        try client.send(String(repeating: "x", count: 100))
        #expect(try client.rest() == Array("done".utf8))
    }
}
