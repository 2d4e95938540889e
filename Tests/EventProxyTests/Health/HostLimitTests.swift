// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// Hosts with as many requests as they may have, through the whole proxy.
struct HostLimitTests {
    /// An origin that answers once the gate is open.
    private static func gated(_ gate: Shared<Bool>, _ text: String = "well") -> ScriptedOrigin {
        ScriptedOrigin.waiting(for: gate) { connection, _ in try connection.answer(text) }
    }

    private static func limited(_ requests: Int, queue: Int) -> (inout ProxyConfiguration) -> Void {
        {
            $0.limits.hostRequests = requests
            $0.limits.hostQueue = queue
            $0.timeouts.hostQueueMs = 20_000
        }
    }

    /// Waits for so many to wait, at one host or at all.
    private static func waiting(_ proxy: TestProxy, at host: Int? = nil, _ count: Int) throws {
        _ = try eventually(10, "\(count) to wait") {
            let waiting = try proxy.onLoop { $0.origins.map { $0.queue.waiting } }
            return (host.map { waiting[$0] } ?? waiting.reduce(0, +)) == count ? true : nil
        }
    }

    @Test func `what is above the limit is answered 503, which names the limit and costs the host nothing`() throws {
        let gate = Shared(false)
        let origin = Self.gated(gate)
        let proxy = try TestProxy([[origin.port]], configure: Self.limited(2, queue: 0))
        let clients = try (0..<2).map { _ in try proxy.connect() }
        for client in clients { try client.send(get()) }
        try origin.waitForRequests(2)
        let refused = try proxy.get()
        #expect(refused.status == 503)
        #expect(refused["x-limit"] == "host-requests")
        #expect(refused["retry-after"] == "1")
        gate.change { $0 = true }
        for client in clients { #expect(try client.response().text == "well") }
        #expect(try proxy.get().text == "well")
        #expect(origin.requests.count == 3)
        #expect(proxy.setup.health.streak(0).failures == 0)
        #expect(try proxy.onLoop { $0.metrics.hostLimited.total } == 1)
        #expect(try proxy.onLoop { $0.metrics.overBudget + $0.metrics.retries } == 0)
        try proxy.drain()
    }

    @Test(arguments: ProxyConfiguration.Balancing.Policy.allCases)
    func `a host that has room is preferred to a wait`(policy: ProxyConfiguration.Balancing.Policy) throws {
        let gates = [Shared(false), Shared(false)]
        let origins = gates.enumerated().map { Self.gated($1, "\($0)") }
        let proxy = try TestProxy(origins.map { [$0.port] }) {
            Self.limited(1, queue: 10)(&$0)
            $0.balancing.policy = policy
        }
        let first = try proxy.connect()
        try first.send(post("x"))
        let busy: Int = try eventually(10, "the first request") { origins.firstIndex { !$0.requests.isEmpty } }
        gates[1 - busy].change { $0 = true }
        for _ in 0..<10 { #expect(try proxy.get().text == "\(1 - busy)") }
        #expect(try proxy.onLoop { $0.metrics.hostQueued.total } == 0)
        gates[busy].change { $0 = true }
        #expect(try first.response().text == "\(busy)")
    }

    @Test func `those who wait are sent in turn, and never more than may be`() throws {
        let active = Shared(0)
        let most = Shared(0)
        let origin = ScriptedOrigin { connection, _ in
            let now = active.change { count in
                count += 1
                return count
            }
            most.change { $0 = max($0, now) }
            sleep(seconds: 0.005)
            active.change { $0 -= 1 }
            try connection.answer("well")
        }
        let proxy = try TestProxy([[origin.port]], configure: Self.limited(2, queue: 100))
        let clients = try (0..<8).map { _ in try proxy.connect() }
        for client in clients { try client.send(get()) }
        for client in clients { #expect(try client.response().status == 200) }
        #expect(most.current <= 2)
        #expect(try proxy.onLoop { $0.metrics.hostQueued.total } > 0)
        #expect(try proxy.onLoop { $0.origins[0].queue.active + $0.origins[0].queue.waiting } == 0)
    }

    @Test func `who has waited for too long is answered 503, or at the end of the whole request's time`() throws {
        let gate = Shared(false)
        let origin = Self.gated(gate)
        for isQueueDeadline in [true, false] {
            let proxy = try TestProxy([[origin.port]]) {
                Self.limited(1, queue: 10)(&$0)
                if isQueueDeadline { $0.timeouts.hostQueueMs = 50 } else { $0.timeouts.responseMs = 400 }
            }
            // Its own time does not begin before its end.
            let first = try proxy.connect()
            try first.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n")
            _ = try eventually(10, "the first") {
                try proxy.onLoop { $0.origins[0].queue.hasRoom } ? nil : true
            }
            let late = try proxy.get()
            #expect(late.status == 503 && late["x-limit"] == "host-requests")
        }
        gate.change { $0 = true }
    }

    @Test func `where more hosts are full than can be tried it is answered 503`() throws {
        let gate = Shared(false)
        let origins = (0..<TriedHosts.attemptsMax + 2).map { _ in Self.gated(gate) }
        let proxy = try TestProxy([origins.map(\.port)], configure: Self.limited(1, queue: 0))
        let clients = try origins.map { _ in try proxy.connect() }
        for client in clients { try client.send(post("x")) }
        for origin in origins { try origin.waitForRequests(1) }
        #expect(try proxy.get().status == 503)
        gate.change { $0 = true }
        for client in clients { #expect(try client.response().status == 200) }
    }

    @Test func `who has waited at one host does not wait at another as well`() throws {
        let gate = Shared(false)
        let origins = (0..<2).map { _ in Self.gated(gate) }
        let proxy = try TestProxy(origins.map { [$0.port] }) {
            Self.limited(1, queue: 10)(&$0)
            $0.timeouts.hostQueueMs = 50
        }
        let clients = try (0..<2).map { _ in try proxy.connect() }
        for client in clients { try client.send(post("x")) }
        for origin in origins { try origin.waitForRequests(1) }
        #expect(try proxy.get().status == 503)
        #expect(try proxy.onLoop { $0.metrics.hostQueued.total } == 1)
        gate.change { $0 = true }
        for client in clients { #expect(try client.response().status == 200) }
    }

    @Test func `a client that leaves frees its place`() throws {
        let gate = Shared(false)
        let origin = Self.gated(gate)
        let proxy = try TestProxy([[origin.port]], configure: Self.limited(1, queue: 1))
        let first = try proxy.connect()
        try first.send(get("/first"))
        try origin.waitForRequests(1)
        do {
            let leaving = try proxy.connect()
            try leaving.send(get("/leaving"))
            try Self.waiting(proxy, at: 0, 1)
            #expect(try proxy.get().status == 503)
        }
        try Self.waiting(proxy, at: 0, 0)
        let last = try proxy.connect()
        try last.send(get("/last"))
        try Self.waiting(proxy, at: 0, 1)
        gate.change { $0 = true }
        #expect(try first.response().status == 200)
        #expect(try last.response().status == 200)
        #expect(origin.requests.map(\.target) == ["/first", "/last"])
        try proxy.drain()
    }

    @Test func `a retry that finds no room is not made, and the client gets the real answer`() throws {
        let gate = Shared(false)
        let failing = ScriptedOrigin { connection, request in
            request.target == "/ill"
                ? try connection.answer("ill", status: "503 Service Unavailable") : try connection.answer("well")
        }
        let busy = Self.gated(gate)
        let proxy = try TestProxy([[failing.port], [busy.port]], configure: Self.limited(1, queue: 0))
        #expect(try proxy.get("/").text == "well")
        let client = try proxy.connect()
        try client.send(post("x"))
        try busy.waitForRequests(1)
        let response = try proxy.get("/ill")
        #expect(response.text == "ill" && response["x-limit"] == nil)
        // All of the floor, and less than a whole one of what three requests have paid in.
        let budget = try proxy.onLoop { proxy in
            proxy.budgets.indices.map { proxy.budgets[$0].available(nowMs: proxy.loop.nowMs) }
        }
        #expect(budget == [30, 30])
        #expect(busy.requests.count == 1)
        #expect(try proxy.onLoop { $0.metrics.retries } == 0)
        gate.change { $0 = true }
        #expect(try client.response().status == 200)
    }

    @Test func `a hedge does not wait, and is not sent above the limit`() throws {
        let gate = Shared(false)
        let origins = (0..<2).map { Self.gated(gate, "\($0)") }
        let proxy = try TestProxy(origins.map { [$0.port] }, configure: Self.limited(1, queue: 10))
        let clients = try (0..<2).map { _ in try proxy.connect() }
        // Two that cannot be hedged would do, but these also might.
        for client in clients { try client.send(get()) }
        for origin in origins { try origin.waitForRequests(1) }
        sleep(seconds: 0.3)
        #expect(try proxy.onLoop { $0.metrics.hedges } == 0)
        #expect(try proxy.onLoop { $0.origins[0].queue.waiting + $0.origins[1].queue.waiting } == 0)
        gate.change { $0 = true }
        for client in clients { #expect(try client.response().status == 200) }
    }

    @Test func `P7: one that waits is not sent when its like has been quarantined meanwhile`() throws {
        let gate = Shared(false)
        let origins = (0..<2).map { _ in Self.gated(gate) }
        let proxy = try TestProxy(origins.map { [$0.port] }, configure: Self.limited(1, queue: 10))
        let clients = try (0..<2).map { _ in try proxy.connect() }
        for client in clients { try client.send(post("x")) }
        for origin in origins { try origin.waitForRequests(1) }
        let deadly = try proxy.connect()
        try deadly.send(get("/fail"))
        try Self.waiting(proxy, 1)
        // As if two others like it had been sent before.
        let setup = proxy.setup
        try proxy.onLoop { proxy in
            let path = Array("/fail".utf8)
            let fingerprint = Fingerprint(method: .get, path: path.span, query: nil, key: setup.fingerprintKey)
            for host in 0..<2 {
                _ = setup.poison.died(
                    fingerprint, host: host, standing: .unknown, requestDeaths: 1, nowMs: proxy.loop.nowMs)
            }
        }
        gate.change { $0 = true }
        let refused = try deadly.response()
        #expect(refused.status == 503 && refused["x-limit"] == "query-of-death")
        for client in clients { #expect(try client.response().status == 200) }
        #expect(origins.allSatisfy { $0.requests.count == 1 })
        try proxy.drain()
    }

    @Test func `those who wait for a host that is taken out go elsewhere`() throws {
        let gate = Shared(false)
        let origins = (0..<2).map { Self.gated(gate, "\($0)") }
        let proxy = try TestProxy(origins.map { [$0.port] }, configure: Self.limited(1, queue: 10))
        let clients = try (0..<4).map { _ in try proxy.connect() }
        for client in clients { try client.send(post("x")) }
        try Self.waiting(proxy, at: 0, 1)
        try Self.waiting(proxy, at: 1, 1)
        #expect(proxy.setup.health.checked(0, .down, nowMs: 1))
        // The board is looked at with the next request.
        let last = try proxy.connect()
        try last.send(post("x"))
        try Self.waiting(proxy, at: 0, 0)
        try Self.waiting(proxy, at: 1, 3)
        gate.change { $0 = true }
        for client in clients { #expect(try client.response().status == 200) }
        #expect(try last.response().text == "1")
    }
}
