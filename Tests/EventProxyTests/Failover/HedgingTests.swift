// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// A slow origin gets company: the first answer wins. Without samples a hedge begins after 100 ms.
struct HedgingTests {
    @Test(arguments: ["GET", "HEAD"])
    func `the first answer wins, and the connection of the other is closed`(method: String) throws {
        let ended = Shared(0)
        let slow = ScriptedOrigin.hanging(ended: ended)
        let quick = ScriptedOrigin.saying("quick")
        let proxy = try TestProxy([[slow.port], [quick.port]])
        let response = try proxy.server.ask(
            "\(method) / HTTP/1.1\r\nHost: test\r\n\r\n", isHead: method == "HEAD")
        #expect(response.status == 200)
        #expect(response["host"] == "service-2-127.0.0.1-\(quick.port)")
        _ = try eventually(10, "the slow one to be left") { ended.current == 1 ? true : nil }
        #expect(slow.requests.map(\.line) == quick.requests.map(\.line))
        try proxy.drain()
    }

    @Test func `a slow first answer wins, and the hedge is closed`() throws {
        let gate = Shared(false)
        let ended = Shared(0)
        let first = ScriptedOrigin.waiting(for: gate) { connection, _ in try connection.answer("first") }
        let second = ScriptedOrigin.hanging(ended: ended)
        let proxy = try TestProxy([[first.port], [second.port]])
        let client = try proxy.connect()
        try client.send(get())
        try second.waitForRequests(1)
        gate.change { $0 = true }
        #expect(try client.response().text == "first")
        _ = try eventually(10, "the hedge to be left") { ended.current == 1 ? true : nil }
        // It lost, which says nothing against it; and the first one's connection is used again.
        #expect(proxy.setup.health.streak(1).failures == 0)
        try client.send(get())
        #expect(try client.response().text == "first")
        try proxy.drain()
    }

    @Test(arguments: [
        post("x"), put("x"), get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        "GET / HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n",
        "DELETE / HTTP/1.1\r\nHost: test\r\n\r\n",
    ])
    func `only GET and HEAD without content are sent twice`(request: String) throws {
        try expectNoHedge(request) { _ in }
    }

    @Test func `nothing is sent twice where that is turned off`() throws {
        try expectNoHedge(get()) { $0.retry.hedge = false }
        try expectNoHedge(get()) { $0.attempts = 1 }
    }

    @Test func `a hedge that nobody has paid for is not sent`() throws {
        let gate = Shared(false)
        let first = ScriptedOrigin.waiting(for: gate) { connection, _ in try connection.answer("first") }
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[first.port], [second.port]])
        _ = try proxy.onLoop { loop in
            for service in loop.budgets.indices {
                while loop.budgets[service].tryTake(nowMs: loop.loop.nowMs) {}
            }
        }
        let client = try proxy.connect()
        try client.send(get())
        try first.waitForRequests(1)
        // Nothing happens: nobody tells of that.
        sleep(seconds: 0.25)
        gate.change { $0 = true }
        #expect(try client.response().text == "first")
        #expect(second.connectionCount == 0)
    }

    private func expectNoHedge(_ request: String, _ configure: (inout ProxyConfiguration) -> Void) throws {
        let gate = Shared(false)
        let first = ScriptedOrigin.waiting(for: gate) { connection, _ in try connection.answer("first") }
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[first.port], [second.port]], configure: configure)
        let client = try proxy.connect()
        try client.send(request)
        try first.waitForRequests(1)
        // Nothing happens: nobody tells of that.
        sleep(seconds: 0.25)
        gate.change { $0 = true }
        #expect(try client.response().text == "first")
        #expect(second.connectionCount == 0)
    }

    @Test func `an alarm that a failed request has left does not send another's POST twice`() throws {
        let first = ScriptedOrigin.saying("first")
        let second = ScriptedOrigin.saying("second")
        // Connecting there fails at once, and there is no time for a second attempt: the request ends where it begins.
        let proxy = try TestProxy([[1], [first.port], [second.port]]) {
            $0.services[0].hosts[0].address = "255.255.255.255"
            $0.timeouts.responseMs = 40
        }
        let client = try proxy.connect()
        try client.send(get())
        #expect(try client.response().status == 502)
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\na")
        _ = try eventually(10, "the POST to arrive") { first.connectionCount == 1 ? true : nil }
        sleep(seconds: 0.2)
        try client.send("b")
        #expect(try client.response().text == "first")
        #expect(second.connectionCount == 0)
    }

    @Test(arguments: Deed.allCases, Deed.allCases)
    func `of two that race the better one is heard, whoever is first`(one: Deed, other: Deed) throws {
        for oneIsFirst in [true, false] {
            let gates = [Shared(false), Shared(false)]
            let origins = [one, other].enumerated().map { index, deed in
                ScriptedOrigin.waiting(for: gates[index]) { connection, _ in try deed.apply(connection) }
            }
            let proxy = try TestProxy([[origins[0].port], [origins[1].port]]) { $0.attempts = 2 }
            let client = try proxy.connect()
            try client.send(get())
            for origin in origins { try origin.waitForRequests(1) }
            gates[oneIsFirst ? 0 : 1].change { $0 = true }
            // A while for the first to be seen; the outcome is the same if it is not.
            sleep(seconds: 0.02)
            gates[oneIsFirst ? 1 : 0].change { $0 = true }
            let response = try client.finalResponse()
            let best = one.isWell || other.isWell ? 200 : one == .errs || other == .errs ? 503 : 502
            #expect(response.status == best, "\(one) \(other), \(oneIsFirst)")
            try client.send("CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n")
            #expect(try client.response().status == 405)
            try proxy.drain()
        }
    }

    @Test(arguments: [false, true]) func `a client that leaves ends both`(isReset: Bool) throws {
        let ended = Shared(0)
        let origins = (0..<2).map { _ in ScriptedOrigin.hanging(ended: ended) }
        let proxy = try TestProxy([[origins[0].port], [origins[1].port]])
        var client: RawClient? = try proxy.connect()
        try client?.send(get())
        for origin in origins { try origin.waitForRequests(1) }
        if isReset { client?.reset() }
        client = nil
        _ = try eventually(10, "both to be left") { ended.current == 2 ? true : nil }
        #expect(proxy.setup.health.streak(0).failures == 0)
        try proxy.server.waitForConnections(0)
        try proxy.drain()
    }

    @Test func `a drain lets a race come to its end`() throws {
        let gate = Shared(false)
        let first = ScriptedOrigin.hanging()
        let second = ScriptedOrigin.waiting(for: gate) { connection, _ in try connection.answer("second") }
        let proxy = try TestProxy([[first.port], [second.port]])
        let client = try proxy.connect()
        try client.send(get())
        try second.waitForRequests(1)
        proxy.server.drain()
        gate.change { $0 = true }
        #expect(try client.response().text == "second")
        try proxy.server.waitForDrain()
    }

    @Test func `one of several origins that hangs does not show, and is soon left alone`() throws {
        let hanging = ScriptedOrigin.hanging()
        let others = (0..<3).map { _ in ScriptedOrigin.saying("well") }
        let proxy = try TestProxy([[hanging.port, others[0].port], [others[1].port, others[2].port]])
        let client = try proxy.connect()
        for _ in 0..<40 {
            try client.send(get())
            #expect(try client.response().status == 200)
        }
        #expect(hanging.requests.count == 5)
        #expect(proxy.setup.health.state(0).isEjected)
        #expect(proxy.setup.health.state(0).reason == .hang)
    }

    @Test func `how long clients take to upload does not put hedges off`() throws {
        let gets = Shared(0)
        let origins = (0..<2).map { _ in
            ScriptedOrigin { connection, request in
                if request.method == "GET",
                    gets.change({ count in
                        count += 1; return count == 1
                    })
                {
                    _ = try? connection.rest()
                    throw TestFailure("the end")
                }
                try connection.answer("well")
            }
        }
        let proxy = try TestProxy([origins.map(\.port)]) { $0.timeouts.responseMs = 600 }
        let clients = try (0..<25).map { _ in try proxy.connect() }
        for client in clients { try client.send("PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\na") }
        sleep(seconds: 0.5)
        for client in clients {
            try client.send("b")
            #expect(try client.response().status == 200)
        }
        #expect(try proxy.get().status == 200)
    }

    @Test func `hedges and retries are paid from one budget`() throws {
        let loop = EventLoop()
        let configuration = ProxyConfiguration(services: [
            .init(name: "a", hosts: [.init(address: "127.0.0.1", port: 1), .init(address: "127.0.0.1", port: 2)])
        ])
        let proxy = ProxyLoop(ProxySetup(configuration, seed: 0, workers: 1), on: loop, worker: 0)
        let takeRetry = { proxy.takeRetry(service: 0, retry: 1, remainingMs: 1_000) != nil }
        for number in 0..<30 { #expect(number % 2 == 0 ? proxy.takeHedge(service: 0) : takeRetry()) }
        #expect(!proxy.takeHedge(service: 0))
        #expect(!takeRetry())
        let counted = proxy.serviceMetrics[0]
        #expect((counted.hedges.total, counted.overBudget.total) == (15, 2))
        for _ in 0..<5 { _ = proxy.beginRequest(host: 0) }
        #expect(proxy.takeHedge(service: 0))
        #expect(!proxy.takeHedge(service: 0))
        proxy.shutDown()
    }
}
