// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport
import Testing

@testable import EventProxy

/// What one attempt may take, and all of them together.
struct DeadlineTests {
    /// How long an origin's first request said that its answer is waited for.
    private static func told(_ origin: ScriptedOrigin) -> [Int] {
        let values = origin.requests.first?.values("x-request-timeout-ms") ?? []
        return values.map { value in Int(value.drop { $0 == " " }) ?? -1 }
    }

    @Test func `an attempt that takes too long is followed by another`() throws {
        let hanging = ScriptedOrigin.hanging()
        let other = ScriptedOrigin.saying("other")
        let proxy = try TestProxy([[hanging.port], [other.port]]) {
            $0.retry.hedge = false
            $0.timeouts.perTryMs = 100
        }
        #expect(try proxy.get().text == "other")
        #expect(hanging.requests.count == 1)
    }

    @Test(arguments: ["Content-Length: 10\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"])
    func `so is one of an upload, from its end on`(framing: String) throws {
        let hanging = ScriptedOrigin.hanging()
        let other = ScriptedOrigin { connection, request in
            try connection.answer(String(decoding: request.body, as: UTF8.self))
        }
        let proxy = try TestProxy([[hanging.port], [other.port]]) {
            $0.timeouts.perTryMs = 200
            $0.timeouts.responseMs = 2_000
        }
        let client = try proxy.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: test\r\n\(framing)")
        _ = try eventually(10, "the upload at the origin") { hanging.connectionCount == 1 ? true : nil }
        let isChunked = framing.hasPrefix("T")
        try client.send(isChunked ? "5\r\nhello\r\n" : "hello")
        // Longer than an attempt may take: it is the client that is slow.
        sleep(seconds: 0.4)
        #expect(other.connectionCount == 0)
        try client.send(isChunked ? "5\r\nworld\r\n0\r\n\r\n" : "world")
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response.text == "helloworld")
    }

    @Test func `an upload that cannot be sent again has all of the time`() throws {
        let first = ScriptedOrigin { connection, _ in
            sleep(seconds: 0.4)
            try connection.answer("first")
        }
        let other = ScriptedOrigin.saying("other")
        let proxy = try TestProxy([[first.port], [other.port]]) { $0.timeouts.perTryMs = 100 }
        let client = try proxy.connect()
        let body = String(repeating: "x", count: 100_000)
        try client.send("PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n")
        _ = try eventually(10, "the upload at the origin") { first.connectionCount == 1 ? true : nil }
        try client.send(body)
        #expect(try client.response().text == "first")
        #expect(other.connectionCount == 0)
    }

    @Test func `the last host that there is has all of the time`() throws {
        let only = ScriptedOrigin { connection, _ in
            sleep(seconds: 0.4)
            try connection.answer("late")
        }
        let proxy = try TestProxy([[only.port]]) { $0.timeouts.perTryMs = 100 }
        #expect(try proxy.get().text == "late")
        let hanging = ScriptedOrigin.hanging()
        let two = try TestProxy([[hanging.port], [only.port]]) {
            $0.retry.hedge = false
            $0.timeouts.perTryMs = 100
        }
        #expect(try two.get().text == "late")
    }

    @Test(arguments: [
        (ProxyConfiguration.RequestTimeout.any, false, true), (.trusted, true, true), (.trusted, false, false),
        (.ignore, true, false),
    ])
    func `a client may ask for less time, if it is one that is believed`(
        mode: ProxyConfiguration.RequestTimeout, isTrusted: Bool, isShorter: Bool
    ) throws {
        let hanging = ScriptedOrigin.hanging()
        let proxy = try TestProxy([[hanging.port]]) {
            $0.requestTimeout = mode
            $0.timeouts.responseMs = 1_500
            if isTrusted { $0.trustedProxies = [AddressBlock("127.0.0.1")!] }
        }
        let response = try proxy.get("/", "X-Request-Timeout-Ms: 300\r\n")
        #expect(response.status == 504)
        // Told right before the request is sent: a moment of it is over.
        let told = Self.told(hanging)
        #expect(told.count == 1 && (isShorter || mode == .ignore ? 1...300 : 301...1_500).contains(told[0]))
        #expect(mode != .ignore || told == [300], "a field like any other")
    }

    @Test(arguments: ["0", "00", "-1", "1e3", ""]) func `what is no time says nothing`(value: String) throws {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]]) { $0.requestTimeout = .any }
        #expect(try proxy.get("/", "X-Request-Timeout-Ms: \(value)\r\n").text == "well")
        #expect(Self.told(origin).allSatisfy { $0 > 1_000 })
    }

    @Test func `hosts are not blamed for a time that the client chose`() throws {
        let hanging = ScriptedOrigin.hanging()
        let other = ScriptedOrigin.hanging()
        let proxy = try TestProxy([[hanging.port, other.port]]) {
            $0.requestTimeout = .any
            $0.attempts = 1
        }
        for _ in 0..<30 { #expect(try proxy.get("/", "X-Request-Timeout-Ms: 1\r\n").status == 504) }
        for host in 0..<2 { #expect(!proxy.setup.health.state(host).isEjected) }
    }

    @Test func `of several attempts each origin is told what it has, and nobody can ask for more`() throws {
        let hanging = ScriptedOrigin.hanging()
        let other = ScriptedOrigin.saying("other")
        let proxy = try TestProxy([[hanging.port], [other.port]]) {
            $0.requestTimeout = .any
            $0.retry.hedge = false
            $0.timeouts.perTryMs = 100
            $0.timeouts.responseMs = 5_000
        }
        #expect(try proxy.get("/", "X-Request-Timeout-Ms: 99999999999\r\nX_Request_Timeout_Ms: 7\r\n").text == "other")
        #expect(Self.told(hanging) == [100])
        #expect(hanging.requests.first?.values("x_request_timeout_ms") == [])
        let rest = Self.told(other)
        #expect(rest.count == 1 && (1...4_900).contains(rest[0]), "the last host has all that is left")
    }

    @Test(arguments: [false, true], [get(), put("x")])
    func `the whole has an end, whatever is tried`(hedges: Bool, request: String) throws {
        let origins = (0..<8).map { _ in ScriptedOrigin.hanging() }
        let proxy = try TestProxy([origins.map(\.port)]) {
            $0.attempts = 10
            $0.retry.hedge = hedges
            $0.timeouts.perTryMs = 100
            $0.timeouts.responseMs = 250
        }
        #expect(try proxy.server.ask(request).status == 504)
        let total = origins.map(\.requests.count).reduce(0, +)
        #expect((2..<8).contains(total))
        try proxy.drain()
    }

    @Test func `the whole has an end also while a host takes no connection`() throws {
        // Room for one connection that waits: the next one's SYN is dropped.
        let gate = Shared(false)
        let full = ScriptedOrigin(backlog: 0, gate: gate) { _, _, _ in }
        defer { gate.change { $0 = true } }
        let filler = try RawClient(port: full.port)
        defer { filler.endSending() }
        let proxy = try TestProxy([[full.port]]) {
            $0.timeouts.connectMs = 60_000
            $0.timeouts.responseMs = 250
        }
        #expect(try proxy.get().status == 504)
    }

    @Test(arguments: [false, true])
    func `at the end of the time the answer that there was is given`(hedges: Bool) throws {
        let erring = ScriptedOrigin.saying("ill", status: "503 Service Unavailable")
        let hanging = ScriptedOrigin.hanging()
        let proxy = try TestProxy([[erring.port], [hanging.port]]) {
            $0.retry.hedge = hedges
            $0.timeouts.responseMs = 300
        }
        let client = try proxy.connect()
        try client.send(get())
        let response = try client.response()
        #expect(response.status == 503)
        #expect(response.text == "ill")
        #expect(response["host"] == "service-1-127.0.0.1-\(erring.port)")
        try client.send("CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n")
        #expect(try client.response().status == 405)
        try proxy.drain()
    }
}
