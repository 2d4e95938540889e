// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// What the proxy promises about failures (P2, P3, P4); P7 is in QueryOfDeathTests.
struct PromiseTests {
    /// An origin that does what a deed says with every request.
    private static func doing(_ deed: Deed) -> ScriptedOrigin {
        ScriptedOrigin { connection, _ in try deed.apply(connection) }
    }

    @Test(arguments: Deed.allCases)
    func `P2: what may do more when it is done twice arrives once`(deed: Deed) throws {
        let first = Self.doing(deed)
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[first.port], [second.port]]) { $0.timeouts.perTryMs = 100 }
        let client = try proxy.connect()
        for (count, request) in [post("x"), "PATCH / HTTP/1.1\r\nHost: test\r\n\r\n"].enumerated() {
            try client.send(request)
            #expect(try client.finalResponse().status == (deed.isWell ? 200 : deed == .errs ? 503 : 502))
            #expect(first.requests.count == count + 1)
            #expect(second.requests.isEmpty)
            // The round goes on with the second; it is asked and forgotten.
            try client.send(get("/skip"))
            #expect(try client.finalResponse().status == 200)
            #expect(second.requests.count == 1 && second.requests[0].target == "/skip")
            second.forgetRequests()
        }
    }

    @Test func `P2: one that hangs is not sent to another`() throws {
        let hanging = ScriptedOrigin.hanging()
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[hanging.port], [second.port]]) {
            $0.timeouts.perTryMs = 100
            $0.timeouts.responseMs = 400
        }
        #expect(try proxy.server.ask(post("x")).status == 504)
        #expect(hanging.requests.count == 1)
        #expect(second.connectionCount == 0)
    }

    @Test func `a request of which nothing was sent goes to another whatever its method`() throws {
        let refused = RefusedPort()
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[refused.port], [second.port]])
        #expect(try proxy.server.ask(post("x")).text == "second")
        #expect(second.requests.map(\.body) == [Array("x".utf8)])
    }

    @Test(arguments: [true, false], [true, false])
    func `an Idempotency-Key is trusted where the configuration says so`(isTrusted: Bool, hasKey: Bool) throws {
        for deed in [Deed.ends, .resets, .errs] {
            let first = Self.doing(deed)
            let second = ScriptedOrigin.saying("second")
            let proxy = try TestProxy([[first.port], [second.port]]) { $0.retry.idempotencyKey = isTrusted }
            let response = try proxy.server.ask(post("x", hasKey ? "Idempotency-Key: \"1\"\r\n" : ""))
            let isRetried = isTrusted && hasKey
            #expect(response.status == (isRetried ? 200 : deed == .errs ? 503 : 502))
            #expect(first.requests.count == 1)
            #expect(second.requests.map(\.body) == (isRetried ? [Array("x".utf8)] : []))
        }
    }

    @Test(arguments: ["GET", "PUT"])
    func `P3: a client sees an error only if every alternative has failed`(method: String) throws {
        let bad = [Deed.errs, .ends, .babbles].map { Self.doing($0) }
        let refused = RefusedPort()
        let good = Self.doing(.answers)
        let ports = bad.map(\.port) + [refused.port, good.port]
        for order in 0..<5 {
            let turned = Array(ports[order...] + ports[..<order])
            let proxy = try TestProxy(turned.map { [$0] }) { $0.attempts = 5 }
            let client = try proxy.connect()
            for _ in 0..<10 {
                try client.send(method == "GET" ? get() : put("x"))
                #expect(try client.response().status == 200, "\(order)")
            }
        }
    }

    @Test func `P3: an origin that dies in the middle of its answer is no reason to stop`() throws {
        // What has begun to answer was not killed by the question.
        let origins = (0..<3).map { index in
            ScriptedOrigin { connection, _ in
                if index == 2 { return try connection.answer("whole") }
                try connection.send("HTTP/1.1 200 OK\r\nX-Part: ")
                // A while for the proxy to read that by itself.
                sleep(seconds: 0.02)
                throw TestFailure("the end")
            }
        }
        let proxy = try TestProxy(origins.map { [$0.port] })
        #expect(try proxy.get().text == "whole")
    }

    @Test func `P4: retries are at most a fifth of the load and the floor`() throws {
        let origins = (0..<4).map { _ in Self.doing(.errs) }
        let proxy = try TestProxy([origins[..<2].map(\.port), origins[2...].map(\.port)])
        let client = try proxy.connect()
        let count = 300
        for _ in 0..<count {
            try client.send(get())
            let response = try client.response()
            #expect(response.status == 503)
            #expect(response.text == "ill")
        }
        let sent = origins.map(\.requests.count).reduce(0, +)
        #expect(sent > count)
        // Each of the two services has its floor.
        #expect(sent <= count + count / 5 + 2 * 30)
    }
}
