// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// What has ended must not reach what is going on: transactions, connections and observers are used again and again.
struct StaleExchangeTests {
    @Test func `a fresh connection does not begin with what a dead one had received`() throws {
        let origin = ScriptedOrigin { connection, number, origin in
            guard let first = try connection.request() else { return }
            origin.note(first)
            try connection.answer("\(number)")
            guard let second = try connection.request() else { return }
            origin.note(second)
            try connection.send("HTTP/1.1 200 OK\r\nX-Stale: ")
            // The proxy has read that before the connection ends.
            sleep(seconds: 0.1)
        }
        let proxy = try TestProxy([[origin.port]])
        let client = try proxy.connect()
        try client.send(get("/first"))
        #expect(try client.response().text == "0")
        try client.send(get("/second"))
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response["x-stale"] == nil)
        #expect(response.text == "1")
        #expect(origin.requests.map(\.target) == ["/first", "/second", "/second"])
    }

    @Test(arguments: [
        (get(), true), (put("x"), true), (post("x"), false), (put(String(repeating: "x", count: 65_537)), false),
    ])
    func `an old connection is for what could be sent again`(request: String, usesOld: Bool) throws {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]]) { $0.timeouts.originIdleMs = 60_000 }
        let client = try proxy.connect()
        try client.send(get())
        #expect(try client.response().text == "well")
        let sinceMs = try proxy.onLoop { $0.loop.nowMs }
        _ = try eventually(10, "the connection to grow old") {
            try proxy.onLoop { $0.loop.nowMs } > sinceMs + ConnectionPool.unsafeReuseMs ? true : nil
        }
        try client.send(request)
        #expect(try client.response().text == "well")
        #expect(origin.connectionCount == (usesOld ? 1 : 2))
    }

    @Test func `a connection that its origin says is the last is not used again`() throws {
        let origin = ScriptedOrigin.saying("well", fields: "Connection: close\r\n")
        let proxy = try TestProxy([[origin.port]])
        let client = try proxy.connect()
        for count in 1...3 {
            try client.send(post("x"))
            #expect(try client.response().text == "well")
            #expect(origin.connectionCount == count)
        }
    }

    @Test func `content that is thrown away after an error does not end another's request`() throws {
        let refused = RefusedPort()
        let origin = ScriptedOrigin { connection, _, origin in
            guard var request = try connection.requestHead() else { return }
            request.body = try connection.chunks().body
            origin.note(request)
            try connection.answer("done")
        }
        let both = try TestProxy([[refused.port], [origin.port]]) { $0.attempts = 1 }
        let failing = try both.connect()
        try failing.send("PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n")
        #expect(try failing.response().status == 502)
        let uploading = try both.connect()
        try uploading.send("PUT / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        _ = try eventually(10, "the upload at the origin") { origin.connectionCount == 1 ? true : nil }
        sleep(seconds: 0.1)
        try failing.send(String(repeating: "x", count: 1000))
        sleep(seconds: 0.1)
        try uploading.send("3\r\ndef\r\n0\r\n\r\n")
        #expect(try uploading.response().text == "done")
        #expect(origin.requests.first?.body == Array("abcdef".utf8))
    }

    @Test func `what a client sends into a dead tunnel does not reach another's request`() throws {
        let origin = ScriptedOrigin { connection, _, origin in
            guard var request = try connection.requestHead() else { return }
            if request["upgrade"] != nil {
                return try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
            }
            request.body = try connection.chunks().body
            origin.note(request)
            try connection.answer("done")
        }
        let proxy = try TestProxy([[origin.port]])
        let tunnel = try proxy.connect()
        try tunnel.send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"))
        #expect(try tunnel.head().status == 101)
        #expect(try tunnel.endsHere())
        // The origin has closed: it answers these with a reset, and then they cannot be sent.
        for _ in 0..<3 {
            try? tunnel.send("dead")
            sleep(seconds: 0.05)
        }
        let uploading = try proxy.connect()
        try uploading.send("PUT / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        _ = try eventually(10, "the upload at the origin") { origin.connectionCount == 2 ? true : nil }
        sleep(seconds: 0.05)
        try? tunnel.send("evil")
        sleep(seconds: 0.05)
        try uploading.send("3\r\ndef\r\n0\r\n\r\n")
        #expect(try uploading.response().text == "done")
        #expect(origin.requests.first?.body == Array("abcdef".utf8))
    }

    @Test func `a tunnel that both sides have ended is over`() throws {
        let first = ScriptedOrigin { connection, _, _ in
            _ = try connection.requestHead()
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello")
            connection.endSending()
            _ = try connection.rest()
        }
        let second = ScriptedOrigin { connection, _, origin in
            guard let request = try connection.request() else { return }
            origin.note(request)
        }
        let proxy = try TestProxy([[first.port], [second.port]]) { $0.timeouts.tunnelMs = 200 }
        let tunnel = try proxy.connect()
        try tunnel.send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"))
        #expect(try tunnel.head().status == 101)
        #expect(try tunnel.rest() == Array("hello".utf8))
        try tunnel.send("bye")
        tunnel.endSending()
        try proxy.server.waitForConnections(0)
        sleep(seconds: 0.5)
        #expect(second.connectionCount == 0)
    }
}
