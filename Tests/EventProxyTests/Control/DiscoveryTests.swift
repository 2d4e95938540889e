// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Logging
import TestSupport
import Testing

@testable import EventProxy

/// The lookups of names, by a resolver that the test plays.
struct DiscoveryTests {
    /// Answers on a thread of its own, as the system's resolver does, with what it has been told.
    private final class FakeResolver: Sendable {
        let answers = Shared<[String: [String]]>([:])
        let asked = Shared<[String]>([])
        let isSilent = Shared(false)
        /// How long its answers hold; milliseconds.
        let ttlMs = Shared<Int64?>(nil)

        var lookUp: Discovery.LookUp {
            { [self] name, completion in
                asked.change { $0.append(name.name) }
                if isSilent.current { return true }
                let (found, ttlMs) = (answers.current[name.name], ttlMs.current)
                _ = TestThread {
                    if let found {
                        let addresses = found.map { SocketAddress($0, port: name.port ?? 0)! }
                        completion(.success(NameAnswer(addresses, ttlMs: ttlMs)))
                    } else {
                        completion(.failure(Resolver.Failure(name: name.name, reason: "SERVFAIL", isFinal: false)))
                    }
                }
                return true
            }
        }
    }

    private final class Bench {
        let loop = EventLoop()
        let resolver = FakeResolver()
        let discovery: Discovery
        var changes = 0

        init() {
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            discovery = Discovery(on: loop, logger: logger, lookUp: resolver.lookUp)
            discovery.told = { [unowned self] in if $0 { changes += 1 } }
        }

        func turn(_ what: String, until isTrue: () -> Bool) throws {
            _ = try eventually(10, what) {
                loop.runOnce()
                return isTrue() ? true : nil
            }
        }

        func hosts(_ name: HostName) -> [String] { discovery.addresses[name].map(\.address.host) }
    }

    private static func name(_ text: String) -> HostName { HostName(.init(address: text, port: 80)) }

    @Test func `a name is looked up once at a time, however long that takes`() {
        let bench = Bench()
        bench.resolver.isSilent.change { $0 = true }
        for _ in 0..<10 {
            bench.discovery.follow([Self.name("a")], intervalMs: 1, holdMs: 1_000)
            bench.discovery.deadlinePassed()
        }
        #expect(bench.resolver.asked.current == ["a"])
    }

    @Test func `names are looked up at once and again and again, and changes are told`() throws {
        let bench = Bench()
        let (a, b) = (Self.name("a"), Self.name("b"))
        bench.resolver.answers.change { $0 = ["a": ["10.0.0.1"], "b": ["10.0.1.1", "10.0.1.2"]] }
        bench.discovery.follow([a, b], intervalMs: 20, holdMs: 1_000)
        try bench.turn("both") { bench.discovery.isComplete }
        #expect(bench.hosts(a) == ["10.0.0.1"] && bench.hosts(b) == ["10.0.1.1", "10.0.1.2"])
        #expect(bench.changes == 2)
        bench.resolver.answers.change { $0["a"] = ["10.0.0.1", "10.0.0.9"] }
        try bench.turn("the change") { bench.hosts(a).count == 2 }
        #expect(bench.changes == 3)
        bench.resolver.answers.change { $0 = [:] }
        let before = bench.resolver.asked.current.count
        try bench.turn("lookups that fail") { bench.resolver.asked.current.count > before + 10 }
        #expect(bench.hosts(a) == ["10.0.0.1", "10.0.0.9"] && bench.hosts(b).count == 2)
        #expect(bench.changes == 3)
    }

    @Test func `a name that is not followed any more is forgotten, also one whose lookup is under way`() throws {
        let bench = Bench()
        let (a, b) = (Self.name("a"), Self.name("b"))
        bench.resolver.answers.change { $0 = ["a": ["10.0.0.1"], "b": ["10.0.1.1"]] }
        bench.discovery.follow([a], intervalMs: 20, holdMs: 1_000)
        bench.discovery.follow([b], intervalMs: 20, holdMs: 1_000)
        try bench.turn("b") { !bench.hosts(b).isEmpty }
        #expect(bench.hosts(a).isEmpty)
        let asked = bench.resolver.asked.current.filter { $0 == "a" }.count
        let before = bench.resolver.asked.current.count
        try bench.turn("more lookups") { bench.resolver.asked.current.count > before + 5 }
        #expect(bench.resolver.asked.current.filter { $0 == "a" }.count == asked)
    }

    @Test func `what is known already is used until it is looked up again`() throws {
        let bench = Bench()
        let a = Self.name("a")
        var known = KnownAddresses()
        known[a] = [HostPlace(address: SocketAddress("10.0.0.1", port: 80)!)]
        bench.discovery.follow([a], known: known, intervalMs: 60_000, holdMs: 1_000)
        #expect(bench.hosts(a) == ["10.0.0.1"] && bench.discovery.isComplete)
        #expect(bench.resolver.asked.current == [])
        #expect(try #require(bench.discovery.nextMs) - bench.loop.nowMs > 30_000)
        // Of records it is not known how long they hold.
        let service = HostName(.init(address: "_http._tcp.b", port: 0))
        known[service] = known[a]
        bench.discovery.follow([a, service], known: known, intervalMs: 60_000, holdMs: 1_000)
        #expect(try #require(bench.discovery.nextMs) - bench.loop.nowMs <= 2 * Discovery.ttlMsMin)
        #expect(bench.resolver.asked.current == [])
    }

    @Test(arguments: [(0, true), (1_000, true), (3_600_000, false)])
    func `an answer is asked for again when it ends, but not at once`(ttlMs: Int64, isEarly: Bool) throws {
        let bench = Bench()
        bench.resolver.answers.change { $0 = ["a": ["10.0.0.1"]] }
        bench.resolver.ttlMs.change { $0 = ttlMs }
        bench.discovery.follow([Self.name("a")], intervalMs: 60_000, holdMs: 1_000)
        try bench.turn("the answer") { bench.discovery.isComplete }
        let nextMs = try #require(bench.discovery.nextMs) - bench.loop.nowMs
        let expectedMs = isEarly ? Discovery.ttlMsMin : 60_000
        let jitterMs = expectedMs * Discovery.jitterPercent / 100
        // Some of it may have passed.
        #expect((expectedMs / 2...expectedMs + jitterMs).contains(nextMs))
    }

    @Test func `so many lookups are under way and no more`() {
        let bench = Bench()
        bench.resolver.isSilent.change { $0 = true }
        let names = Set((0..<100).map { Self.name("n\($0)") })
        bench.discovery.follow(names, intervalMs: 10, holdMs: 1_000)
        for _ in 0..<50 { bench.loop.runOnce() }
        #expect(bench.resolver.asked.current.count == Discovery.lookUpsMax)
    }

    @Test func `the machine's resolver knows localhost, and says finally that a name is none`() throws {
        let found = Shared<[String: Bool]>([:])
        for name in ["localhost", "no-such-name.invalid"] {
            #expect(
                Resolver.lookUp(name, port: 80) { result in
                    found.change { found in
                        switch result {
                        case .success(let addresses): found[name] = !addresses.isEmpty
                        case .failure: found[name] = false
                        }
                    }
                })
        }
        _ = try eventually(30, "the resolver") { found.current.count == 2 ? true : nil }
        #expect(found.current == ["localhost": true, "no-such-name.invalid": false])
    }
}
