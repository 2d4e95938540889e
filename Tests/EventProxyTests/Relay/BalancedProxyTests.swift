// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventProxy

/// Each way to choose hosts, through the whole proxy.
struct BalancedProxyTests {
    /// Sends requests one after the other, and says who answered each.
    private static func hosts(_ proxy: TestProxy, _ count: Int, fields: (Int) -> String = { _ in "" }) throws
        -> [String]
    {
        let client = try proxy.connect()
        return try (0..<count).map { number in
            try client.send(get("/", fields(number)))
            let response = try client.response()
            #expect(response.status == 200)
            return response.text
        }
    }

    private static func count(_ hosts: [String], _ host: String) -> Int { hosts.filter { $0 == host }.count }

    @Test func `hosts and services get requests by their weights`() throws {
        let origins = ["a", "b", "c"].map { ScriptedOrigin.saying($0) }
        let proxy = try TestProxy([[origins[0].port, origins[1].port], [origins[2].port]]) {
            $0.services[0].weight = 2
            $0.services[0].hosts[0].weight = 3
        }
        let hosts = try Self.hosts(proxy, 48)
        #expect(["a", "b", "c"].map { Self.count(hosts, $0) } == [24, 8, 16])
    }

    @Test func `a higher tier is used when the lower one is gone, and no longer than that`() throws {
        let first = ScriptedOrigin.saying("first")
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[first.port], [second.port]]) {
            $0.services[1].tier = 1
            $0.balancing.slowStartMs = 0
            $0.healthCheck.type = .http
            $0.healthCheck.intervalMs = 30
        }
        #expect(try Self.hosts(proxy, 10) == Array(repeating: "first", count: 10))
        let isOut = { proxy.setup.health.state(0).check == .down }
        first.stopListening()
        first.forgetRequests()
        // The checks' connections are new ones, clients' requests go over old ones: no error either way.
        _ = try eventually(10, "the first tier to be out") { isOut() ? true : nil }
        #expect(try Self.hosts(proxy, 10) == Array(repeating: "second", count: 10))
        first.listenAgain()
        _ = try eventually(10, "the first tier to be back") { isOut() ? nil : true }
        #expect(try Self.hosts(proxy, 10) == Array(repeating: "first", count: 10))
    }

    @Test func `p2c uses all hosts, and turns away from one that is busy`() throws {
        let gate = Shared(false)
        let busy = ScriptedOrigin.waiting(for: gate) { connection, _ in try connection.answer("busy") }
        let others = (0..<3).map { ScriptedOrigin.saying("\($0)") }
        let proxy = try TestProxy([[busy.port] + others.map(\.port)]) {
            $0.balancing.policy = .p2c
            $0.retry.hedge = false
        }
        // Some wait at the busy one.
        let waiting = try (0..<40).map { _ in try proxy.connect() }
        for client in waiting { try client.send(get()) }
        try busy.waitForRequests(1)
        let hosts = try Self.hosts(proxy, 60, fields: { _ in "X-A: 1\r\n" }, unless: gate)
        for number in 0..<3 { #expect(Self.count(hosts, "\(number)") > 0) }
        gate.change { $0 = true }
        for client in waiting { #expect(try client.response().status == 200) }
    }

    /// The same, where one request in a while may go to a host that waits: that is let go on.
    private static func hosts(
        _ proxy: TestProxy, _ count: Int, fields: (Int) -> String, unless gate: Shared<Bool>
    ) throws -> [String] {
        let clients = try (0..<count).map { _ in try proxy.connect() }
        for (number, client) in clients.enumerated() { try client.send(get("/", fields(number))) }
        gate.change { $0 = true }
        return try clients.map { try $0.response().text }
    }

    @Test func `the same value of a cookie goes to the same host, whatever other cookies there are`() throws {
        let origins = (0..<4).map { ScriptedOrigin.saying("\($0)") }
        let proxy = try TestProxy([origins.map(\.port)]) {
            $0.balancing.policy = .hash
            $0.balancing.hashCookie = "sid"
        }
        let once = try Self.hosts(proxy, 40) { "Cookie: sid=\($0)\r\n" }
        #expect(Set(once).count == 4)
        #expect(try Self.hosts(proxy, 40) { "Cookie: a=\($0); sid=\($0); SID=0\r\n" } == once)
        #expect(try Self.hosts(proxy, 40) { "Cookie: a=\($0)\r\nX-A: b\r\ncookie: b=1; sid=\($0)\r\n" } == once)
        // Without it they go by the address, which all of them share.
        let without = try Self.hosts(proxy, 10) { "Cookie: a=\($0); sid=\r\n" }
        #expect(Set(without).count == 1)
        #expect(try Self.hosts(proxy, 10) { "X-A: \($0)\r\n" } == without)
    }

    @Test(
        arguments: [
            ("sid=1", "1"), ("a=0; sid=1; b=2", "1"), ("a=0;sid=1;b=2", "1"), (" a=0 ;\tsid = 1 ; b=2", "1"),
            ("sid=a=b=", "a=b="), ("sid=\"q\"", "\"q\""), ("sid=; sid=2", "2"), ("sid=1; sid=2", "1"),
            ("sid; sid=2", "2"),
            (";;sid=1", "1"), ("xsid=1", nil), ("sidx=1", nil), ("Sid=1", nil), ("a=sid=1", nil), ("sid", nil),
            ("sid=", nil), ("", nil), (";", nil), ("=", nil), ("=sid", nil),
        ] as [(String, String?)])
    func `a cookie is found by its name, as RFC 6265 has it`(_ line: String, _ value: String?) {
        let bytes = Array(line.utf8)
        let range = Cookies.value(of: Array("sid".utf8).span, in: bytes.span)
        #expect(range.map { String(decoding: bytes[$0], as: UTF8.self) } == value)
    }

    @Test func `the same value of a field goes to the same host, different ones to all`() throws {
        let origins = (0..<4).map { ScriptedOrigin.saying("\($0)") }
        let proxy = try TestProxy([origins.map(\.port)]) {
            $0.balancing.policy = .hash
            $0.balancing.hashField = "x-user"
        }
        let once = try Self.hosts(proxy, 40) { "X-User: user-\($0)\r\n" }
        #expect(try Self.hosts(proxy, 40) { "X-USER: user-\($0)\r\n" } == once)
        #expect(Set(once).count == 4)
        origins[0].stopListening()
        // Whoever was elsewhere stays there.
        let after = try Self.hosts(proxy, 40) { "X-User: user-\($0)\r\n" }
        for (before, now) in zip(once, after) where before != "0" { #expect(before == now) }
    }
}
