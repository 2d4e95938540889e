// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// How hosts leave the service and come back, through the whole proxy. What clients see meanwhile is always an answer.
struct HostHealthTests {
    private static func state(_ proxy: TestProxy, _ host: Int = 0) -> HostState { proxy.setup.health.state(host) }

    /// Asks until something is so; every answer has to be a good one.
    private static func ask(_ proxy: TestProxy, _ what: String, until isSo: () -> Bool) throws {
        let client = try proxy.connect()
        _ = try eventually(20, what) {
            try client.send(get())
            let status = try client.response().status
            guard status == 200 else { throw TestFailure("a client was answered \(status)") }
            return isSo() ? true : nil
        }
    }

    @Test(arguments: [Deed.errs, .babbles, .ends, .resets])
    func `a host that fails every request is ejected, and no client sees it`(deed: Deed) throws {
        let bad = ScriptedOrigin { connection, _ in try deed.apply(connection) }
        let good = ScriptedOrigin.saying("good")
        let proxy = try TestProxy([[bad.port], [good.port]]) { $0.retry.hedge = false }
        try Self.ask(proxy, "the ejection") { Self.state(proxy).isEjected }
        #expect(Self.state(proxy).reason == .consecutiveFailures)
        let count = bad.requests.count
        #expect(count <= 10)
        try Self.ask(proxy, "more requests") { good.requests.count >= 2 * count + 20 }
        #expect(bad.requests.count == count)
    }

    @Test func `a death that many see counts once`() throws {
        let gate = Shared(false)
        let dying = ScriptedOrigin.waiting(for: gate) { _, _ in throw TestFailure("the end") }
        let good = ScriptedOrigin.saying("good")
        let proxy = try TestProxy([[dying.port], [good.port]]) { $0.retry.hedge = false }
        let clients = try (0..<24).map { _ in try proxy.connect() }
        for client in clients { try client.send(get()) }
        try dying.waitForRequests(12)
        gate.change { $0 = true }
        for client in clients { #expect(try client.response().text == "good") }
        #expect(!Self.state(proxy).isEjected)
    }

    @Test func `a host that answers nothing while it takes connections is not brought back by connecting`() throws {
        let hanging = ScriptedOrigin.hanging()
        let good = ScriptedOrigin.saying("good")
        let proxy = try TestProxy([[hanging.port], [good.port]]) { $0.healthCheck.intervalMs = 30 }
        try Self.ask(proxy, "the ejection") { Self.state(proxy).isEjected }
        // Nothing happens: nobody tells of that.
        sleep(seconds: 0.3)
        for _ in 0..<20 { #expect(try proxy.get().status == 200) }
        #expect(Self.state(proxy).isEjected)
        #expect(hanging.requests.count == 5)
    }

    @Test func `a host that refuses connections is ejected, and brought back by connecting`() throws {
        let first = ScriptedOrigin.saying("first")
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[first.port], [second.port]])
        first.stopListening()
        try Self.ask(proxy, "the ejection") { Self.state(proxy).isEjected }
        #expect(Self.state(proxy).reason == .connectFailure)
        first.listenAgain()
        // No client asks meanwhile.
        _ = try eventually(20, "the return") { Self.state(proxy).isAvailable ? true : nil }
        try Self.ask(proxy, "a request at the first host") { !first.requests.isEmpty }
    }

    @Test func `without checks it is brought back by a request`() throws {
        let first = ScriptedOrigin.saying("first")
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[first.port], [second.port]]) {
            $0.healthCheck.type = .none
            $0.retry.hedge = false
        }
        first.stopListening()
        try Self.ask(proxy, "the ejection") { Self.state(proxy).isEjected }
        first.listenAgain()
        try Self.ask(proxy, "the return") { Self.state(proxy).isAvailable }
        #expect(first.requests.count == 1)
    }

    @Test func `a probe that fails keeps a host out, and no client sees it`() throws {
        let first = ScriptedOrigin.saying("ill", status: "500 No")
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[first.port], [second.port]]) { $0.retry.hedge = false }
        try Self.ask(proxy, "the ejection") { Self.state(proxy).isEjected }
        let failures = first.requests.count
        try Self.ask(proxy, "a probe") { first.requests.count > failures }
        try Self.ask(proxy, "more requests") { second.requests.count > 50 }
        #expect(first.requests.count == failures + 1)
        #expect(Self.state(proxy).isEjected)
        #expect(proxy.setup.health.ejections(0) == 2)
    }

    /// A proxy whose first host was ejected a while ago, seen from within.
    private static func ejected(_ msAgo: Int64) throws -> ProxyLoop {
        let hosts = (1...2).map { ProxyConfiguration.Host(address: "127.0.0.1", port: $0) }
        let setup = ProxySetup(ProxyConfiguration(services: [.init(name: "a", hosts: hosts)]), seed: 0, workers: 1)
        let loop = EventLoop()
        var random = SplitMix64(seed: 0)
        _ = setup.health.eject(0, .consecutiveFailures, nowMs: loop.nowMs - msAgo, using: &random)
        return ProxyLoop(setup, on: loop, worker: 0)
    }

    @Test func `a service that only gets requests which cannot be sent again probes with one of them, later`() throws {
        let early = try Self.ejected(7_000)
        let late = try Self.ejected(60_000)
        let choose = { (proxy: ProxyLoop, probes: ProxyLoop.ProbeLeave) in
            let first = proxy.selectFirst(key: 0, choice: .all, probes: probes)
            return first.map { "\($0.host)" + ($0.isProbe ? " as a probe" : "") }
        }
        #expect(choose(early, .whenOverdue) == "1")
        #expect(choose(early, .whenDue) == "0 as a probe")
        #expect(choose(late, .never) == "1")
        #expect(choose(late, .whenOverdue) == "0 as a probe")
        #expect(choose(late, .whenOverdue) == "1")
        for proxy in [early, late] { proxy.shutDown() }
    }

    @Test func `a retry for which there is no time is not paid for`() throws {
        let proxy = try Self.ejected(0)
        for _ in 0..<100 { #expect(proxy.takeRetry(service: 0, retry: 1, remainingMs: 10) == nil) }
        for _ in 0..<30 { #expect(proxy.takeRetry(service: 0, retry: 1, remainingMs: 1_000) == 0) }
        #expect(proxy.takeRetry(service: 0, retry: 1, remainingMs: 1_000) == nil)
        proxy.giveBackRetry(service: 0)
        #expect(proxy.takeRetry(service: 0, retry: 1, remainingMs: 1_000) == 0)
        proxy.shutDown()
    }

    @Test func `an overloaded proxy makes neither retries nor hedges`() throws {
        let proxy = try Self.ejected(0)
        proxy.shedsForMemory = true
        #expect(proxy.takeRetry(service: 0, retry: 1, remainingMs: 1_000) == nil)
        #expect(!proxy.takeHedge(service: 0))
        proxy.shedsForMemory = false
        #expect(proxy.takeRetry(service: 0, retry: 1, remainingMs: 1_000) == 0)
        #expect(proxy.takeHedge(service: 0))
        proxy.shutDown()
    }

    @Test func `a configuration of before does not replace the one in force`() {
        func configuration(_ attempts: Int) -> ProxyConfiguration {
            let hosts = (1...2).map { ProxyConfiguration.Host(address: "127.0.0.1", port: $0) }
            var configuration = ProxyConfiguration(services: [.init(name: "a", hosts: hosts)])
            configuration.attempts = attempts
            return configuration
        }
        let setup = ProxySetup(configuration(1), seed: 0, workers: 1)
        let proxy = ProxyLoop(setup, on: EventLoop(), worker: 0)
        let before = setup.snapshot
        #expect(proxy.attemptsMax == 1)
        proxy.apply(setup.publish(configuration(10), KnownAddresses()))
        #expect(proxy.attemptsMax == 2, "as many as there are hosts")
        proxy.apply(before)
        #expect(proxy.attemptsMax == 2)
        proxy.shutDown()
    }

    @Test func `a retry that was paid for and is not made is given back`() throws {
        let proxy = try Self.ejected(0)
        while proxy.takeRetry(service: 0, retry: 1, remainingMs: 1_000) != nil {}
        let transaction = Transaction(proxy)
        transaction.next = .host(0)
        transaction.dropNext()
        #expect(proxy.takeRetry(service: 0, retry: 1, remainingMs: 1_000) == 0)
        #expect(proxy.takeRetry(service: 0, retry: 1, remainingMs: 1_000) == nil)
        proxy.shutDown()
    }

    @Test(arguments: [(get(), true), (put("x"), false), (post("x"), false)])
    func `a host whose time is up gets one request, and first one that can be sent again`(
        request: String, isRepeatable: Bool
    ) throws {
        let origins = ["first", "second"].map { ScriptedOrigin.saying($0) }
        let proxy = try TestProxy(origins.map { [$0.port] }) { $0.healthCheck.type = .none }
        let nowMs = try proxy.onLoop { $0.loop.nowMs }
        var random = SplitMix64(seed: 0)
        _ = proxy.setup.health.eject(0, .consecutiveFailures, nowMs: nowMs - 7_000, using: &random)
        #expect(try proxy.server.ask(request).text == (isRepeatable ? "first" : "second"))
    }

    @Test(arguments: [
        (PoisonRule.Judgement.retry, 0, false, Outcome.lost), (.retry, 1, false, .suspectDeath),
        (.quarantine, 0, false, .suspectDeath), (.wait, 1, false, .suspectDeath), (.retry, 1, true, .lost),
    ])
    func `a death under a suspect request says nothing of the host, but of one on probation`(
        judgement: PoisonRule.Judgement, deaths: Int, isProbe: Bool, outcome: Outcome
    ) {
        #expect(ClientFailure.lost.outcome(judgement, deaths: deaths, isProbe: isProbe) == outcome)
    }

    @Test func `what ends after the proxy keeps nothing alive`() throws {
        var proxy: ProxyLoop? = try Self.ejected(0)
        weak let kept = proxy
        proxy?.shutDown()
        if let proxy { proxy.ended(Transaction(proxy)) }
        proxy = nil
        #expect(kept == nil)
    }

    @Test func `a want of descriptors or ports is no fault of the host`() {
        for number in [EMFILE, ENFILE, ENOBUFS, EADDRNOTAVAIL] {
            #expect(!ClientFailure.connect(number).outcome(.retry, deaths: 0, isProbe: false).isFailure)
        }
        for number in [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT] {
            #expect(ClientFailure.connect(number).outcome(.retry, deaths: 0, isProbe: false) == .connectFailure)
        }
    }
}
