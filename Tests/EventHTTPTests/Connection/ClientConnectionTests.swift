// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP

/// A connection to a scripted origin, on a loop that the test turns itself.
struct ClientConnectionTests {
    final class Observer: ClientConnectionObserver {
        var events: [String] = []
        var body: [UInt8] = []
        var pauses = false
        func connected(_ connection: ClientConnection) { events.append("connected") }
        func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict {
            events.append("head \(head.status.code)")
            return .take
        }
        func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) {
            body += array(bytes)
            if pauses { connection.pause() }
        }
        func responseEnded(
            _ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection
        ) { events.append("ended \(isReusable)") }
        func responsePaused(_ connection: ClientConnection) {}
        func requestDrained(_ connection: ClientConnection) {}
        func failed(_ failure: ClientFailure, _ connection: ClientConnection) { events.append("failed \(failure)") }
        func idleEnded(_ connection: ClientConnection) { events.append("idleEnded") }
    }

    private let loop = EventLoop()
    private let observer = Observer()

    private func connection(to port: UInt16, timeouts: ClientTimeouts = ClientTimeouts()) throws -> ClientConnection {
        let connection = ClientConnection(on: loop, limits: ParserLimits(), timeouts: timeouts)
        try connect(connection, port)
        return connection
    }

    private func connect(_ connection: ClientConnection, _ port: UInt16) throws {
        connection.observer = observer
        try connection.connect(to: SocketAddress("127.0.0.1", port: port)!)
    }

    private func turn(until event: String) throws {
        _ = try eventually(10, event) {
            loop.runOnce()
            return observer.events.contains { $0.hasPrefix(event) } ? true : nil
        }
    }

    private func send(_ text: String, over connection: ClientConnection, isWhole: Bool = true) {
        var buffer = Buffer(capacity: 4096)
        buffer.append(raw(text).span)
        connection.begin(.get)
        if isWhole { connection.sendWhole(buffer) } else { connection.sendStart(buffer) }
    }

    /// Asks, and takes the answer's first content and no more.
    private func pauseAtContent(over connection: ClientConnection) throws {
        try turn(until: "connected")
        observer.pauses = true
        send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
        _ = try eventually(10, "content") {
            loop.runOnce()
            return observer.body.isEmpty ? nil : true
        }
    }

    @Test(arguments: ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"])
    func `a response that was paused at its last byte has an end`(rest: String) throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\n" + rest)
            _ = try connection.rest()
        }
        let connection = try connection(to: origin.port)
        defer { connection.close() }
        try pauseAtContent(over: connection)
        for _ in 0..<5 { loop.runOnce() }
        #expect(observer.events == ["connected", "head 200"])
        connection.goOn()
        try turn(until: "ended")
        #expect(observer.events.last == "ended true")
        #expect(observer.body == raw("hello"))
    }

    @Test func `a connection that nobody takes has its time`() throws {
        // Room for one connection that waits: the next one's SYN is dropped.
        let gate = Shared(false)
        let full = ScriptedOrigin(backlog: 0, gate: gate) { _, _, _ in }
        defer { gate.change { $0 = true } }
        let filler = try RawClient(port: full.port)
        defer { filler.endSending() }
        var timeouts = ClientTimeouts()
        timeouts.connectMs = 100
        let connection = try connection(to: full.port, timeouts: timeouts)
        defer { connection.close() }
        try turn(until: "failed")
        #expect(observer.events == ["failed connectTimeout"])
    }

    @Test func `bytes that nobody asked for end an idle connection`() throws {
        let isIdle = Shared(false)
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.answer("x")
            _ = try eventually(10, "the connection to idle") { isIdle.current ? true : nil }
            try connection.answer("poison")
            _ = try? connection.rest()
        }
        let connection = try connection(to: origin.port)
        try turn(until: "connected")
        send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
        try turn(until: "ended true")
        connection.becomeIdle(forMs: 60_000)
        isIdle.change { $0 = true }
        _ = try eventually(10, "the end") {
            loop.runOnce()
            return connection.isOpen ? nil : true
        }
        #expect(observer.events.filter { $0.hasPrefix("head") }.count == 1)
    }

    @Test func `malformed trailers break an answer`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nbad line\r\n\r\n")
            _ = try connection.rest()
        }
        let connection = try connection(to: origin.port)
        try turn(until: "connected")
        send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
        try turn(until: "failed malformed")
        #expect(!connection.isOpen)
    }

    @Test func `an answer that is paused is not read`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            try connection.send([UInt8](repeating: 0x61, count: 1_000_000))
            _ = try connection.rest()
        }
        let connection = try connection(to: origin.port)
        defer { connection.close() }
        try pauseAtContent(over: connection)
        for _ in 0..<50 { loop.runOnce() }
        let waiting = connection.input.count
        #expect(waiting <= EventLoop.receiveBytesMax)
    }

    @Test func `what one connection failed with does not end the next`() throws {
        let gate = Shared(false)
        let isReset = Shared(false)
        let origin = ScriptedOrigin(gate: gate) { connection, number, _ in
            if number == 0 {
                connection.reset()
                return isReset.change { $0 = true }
            }
            _ = try connection.request()
            try connection.answer("hello")
            _ = try connection.rest()
        }
        let connection = try connection(to: origin.port)
        try turn(until: "connected")
        // Only now, or the reset could come before we know that we are connected.
        gate.change { $0 = true }
        _ = try eventually(10, "the reset") { isReset.current ? true : nil }
        // The write fails, which is to be told from a clean stack; before that the connection is closed and used anew.
        send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
        connection.close()
        observer.events = []
        try connect(connection, origin.port)
        defer { connection.close() }
        try turn(until: "connected")
        send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
        try turn(until: "ended")
        #expect(observer.events == ["connected", "head 200", "ended true"])
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ended true"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", "ended false"),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ended false"),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", "ended true"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n", "ended false"),
        ("HTTP/1.1 204 No Content\r\n\r\n", "ended true"),
        ("HTTP/1.1 204 No Content\r\n\r\nX", "ended false"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "ended true"),
    ])
    func `a connection is used again only when nothing speaks against it`(response: String, end: String) throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send(response)
            _ = try connection.rest()
        }
        let connection = try connection(to: origin.port)
        defer { connection.close() }
        try turn(until: "connected")
        send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
        try turn(until: "ended")
        #expect(observer.events.last == end)
        #expect(connection.isOpen == end.hasSuffix("true"))
    }

    @Test func `more interim responses than anybody needs are no HTTP`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send(String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 9))
            _ = try connection.rest()
        }
        let connection = try connection(to: origin.port)
        try turn(until: "connected")
        send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
        try turn(until: "failed")
        #expect(observer.events.filter { $0 == "head 103" }.count == 8)
        #expect(observer.events.last == "failed malformed(EventHTTP.ParseError.statusCode)")
    }

    @Test(arguments: [
        ("", "failed lost"), ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "failed lost"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "failed lost"),
        ("HTTP/1.1 200 OK\r\n\r\nhello", "ended false"),
    ])
    func `an end is an end only where the framing says so`(response: String, end: String) throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send(response)
        }
        let connection = try connection(to: origin.port)
        try turn(until: "connected")
        send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
        try turn(until: String(end.prefix(5)))
        #expect(observer.events.last == end)
        #expect(!connection.isOpen)
    }

    @Test func `an idle connection ends with its time, its origin, or bytes that nobody asked for`() throws {
        for (milliseconds, sends) in [(50 as Int64, false), (60_000, true), (60_000, false)] {
            let origin = ScriptedOrigin { connection, _, _ in
                _ = try connection.request()
                try connection.answer("")
                if sends { try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
                if milliseconds == 50 { _ = try connection.rest() }
            }
            let connection = try connection(to: origin.port)
            observer.events = []
            try turn(until: "connected")
            send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
            try turn(until: "ended")
            if !connection.isOpen { continue }  // What nobody asked for came at once.
            connection.becomeIdle(forMs: milliseconds)
            try turn(until: "idleEnded")
            #expect(!connection.isOpen)
        }
    }

    @Test func `each deadline has its own failure`() throws {
        var timeouts = ClientTimeouts()
        timeouts.responseMs = 50
        timeouts.bodyMs = 60
        for (response, failure) in [("", "failed responseTimeout"), ("HTTP/1.1 200 OK\r\n\r\nx", "failed bodyTimeout")]
        {
            let origin = ScriptedOrigin { connection, _, _ in
                _ = try connection.request()
                try connection.send(response)
                _ = try connection.rest()
            }
            let connection = try connection(to: origin.port, timeouts: timeouts)
            observer.events = []
            try turn(until: "connected")
            send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", over: connection)
            try turn(until: "failed")
            #expect(observer.events.last == failure)
        }
        let refused = RefusedPort()
        observer.events = []
        let connection = try connection(to: refused.port)
        try turn(until: "failed")
        #expect(!connection.isOpen)
        #expect(observer.events == ["failed connect(111)"])
    }
}
