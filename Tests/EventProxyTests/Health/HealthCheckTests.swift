// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Glibc
import TestSupport
import Testing

@testable import EventProxy

/// Active checks by a request.
struct HealthCheckTests {
    /// What a host says to a check.
    enum Health: String, CaseIterable {
        case well, moved, drains, drainsWithError, errs, ends, resets, babbles, hangs, refuses

        static let bad: [Health] = [.errs, .ends, .resets, .babbles, .hangs, .refuses]
    }

    /// Answers requests well, and checks as `health` says.
    private static func origin(_ health: Shared<Health>) -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            connection.deadlineSeconds = 30
            while let request = try connection.request() {
                origin.note(request)
                guard request.target == "/healthz" else {
                    try connection.answer("well")
                    continue
                }
                switch health.current {
                case .well, .refuses: try connection.answer("well", status: "204 No Content")
                case .moved: try connection.answer("there", status: "302 Found")
                case .drains: try connection.answer("well", fields: "X-Drain: 1\r\n")
                case .drainsWithError: try connection.answer("ill", status: "503 Busy", fields: "X-Drain: 1\r\n")
                case .errs: try connection.answer("ill", status: "404 Not Found")
                case .ends: return
                case .resets: return connection.reset()
                case .babbles: return try connection.send("babble\r\n\r\n")
                case .hangs: _ = try? connection.rest()
                }
            }
        }
    }

    private static func configure(_ configuration: inout ProxyConfiguration) {
        configuration.healthCheck.type = .http
        configuration.healthCheck.path = "/healthz"
        configuration.healthCheck.intervalMs = 30
        configuration.healthCheck.timeoutMs = 100
    }

    private static func wait(_ proxy: TestProxy, _ verdict: CheckVerdict) throws {
        _ = try eventually(20, "the verdict \(verdict)") {
            proxy.setup.health.state(0).check == verdict ? true : nil
        }
    }

    /// Requests of clients to an origin, which are always answered well.
    private static func share(_ origin: ScriptedOrigin, of count: Int, _ proxy: TestProxy) throws -> Int {
        let before = origin.requests.filter { $0.target == "/" }.count
        let client = try proxy.connect()
        for _ in 0..<count {
            try client.send(get())
            #expect(try client.response().status == 200)
        }
        return origin.requests.filter { $0.target == "/" }.count - before
    }

    @Test(arguments: Health.bad)
    func `a host whose checks fail is out, and in again when they pass`(bad: Health) throws {
        let health = Shared(Health.well)
        let first = Self.origin(health)
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[first.port], [second.port]], configure: Self.configure)
        try Self.wait(proxy, .up)
        #expect(try Self.share(first, of: 10, proxy) == 5)
        health.change { $0 = bad }
        if bad == .refuses { first.stopListening() }
        try Self.wait(proxy, .down)
        #expect(proxy.setup.health.state(0).isUnreachable == (bad == .refuses))
        #expect(try Self.share(first, of: 10, proxy) == 0)
        health.change { $0 = .well }
        if bad == .refuses { first.listenAgain() }
        try Self.wait(proxy, .up)
        // It comes back slowly.
        #expect(try Self.share(first, of: 100, proxy) > 0)
    }

    @Test func `a host that takes no connection in time is unreachable, not just slow`() throws {
        // Room for one connection that waits: the next one's SYN is dropped.
        let gate = Shared(false)
        let full = ScriptedOrigin(backlog: 0, gate: gate) { _, _, _ in }
        let filler = try RawClient(port: full.port)
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[full.port], [second.port]], configure: Self.configure)
        try Self.wait(proxy, .down)
        #expect(proxy.setup.health.state(0).isUnreachable)
        filler.endSending()
        gate.change { $0 = true }
    }

    @Test(arguments: [Health.drains, .drainsWithError])
    func `x-drain takes a host out at once, and its connections go on`(health drain: Health) throws {
        let health = Shared(Health.moved)
        let first = Self.origin(health)
        let second = ScriptedOrigin.saying("second")
        let proxy = try TestProxy([[first.port], [second.port]], configure: Self.configure)
        try Self.wait(proxy, .up)
        health.change { $0 = drain }
        try Self.wait(proxy, .drain)
        #expect(try Self.share(first, of: 10, proxy) == 0)
        #expect(second.requests.filter { $0.target == "/" }.count == 10)
    }

    @Test(arguments: [("the database is\nwell", true), ("the database is\nill", false), ("", false)])
    func `an answer passes that holds the text, which may come in pieces`(content: String, passes: Bool) throws {
        let origin = ScriptedOrigin { connection, _, _ in
            while try connection.request() != nil {
                try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for byte in content.utf8 { try connection.send("1\r\n\(Character(UnicodeScalar(byte)))\r\n") }
                try connection.send("0\r\n\r\n")
            }
        }
        let proxy = try TestProxy([[origin.port]]) {
            Self.configure(&$0)
            $0.healthCheck.expectBody = "is\nwell"
        }
        try Self.wait(proxy, passes ? .up : .down)
    }

    @Test func `a check ends in time though its answer does not`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while true {
                try connection.send("1\r\nx\r\n")
                sleep(seconds: 0.01)
            }
        }
        let proxy = try TestProxy([[origin.port]]) {
            Self.configure(&$0)
            $0.healthCheck.expectBody = "well"
        }
        try Self.wait(proxy, .down)
    }

    @Test func `checks that cannot be made say nothing of the host`() async {
        await #expect(processExitsWith: .success) {
            var configuration = ProxyConfiguration(
                services: [.init(name: "a", hosts: [.init(address: "127.0.0.1", port: 1)])])
            Self.configure(&configuration)
            let setup = ProxySetup(configuration, seed: 0, workers: 1)
            let loop = EventLoop()
            let checker = HealthChecker(setup, on: loop)
            var noDescriptors = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &noDescriptors)
            // Of checks that are made three fail in a tenth of this time.
            let endMs = loop.nowMs + 1_000
            while loop.nowMs < endMs { loop.runOnce() }
            withExtendedLifetime(checker) {}
            exit(setup.health.state(0).check == .unknown ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test func `an answer passes by the statuses that are expected, and as many checks in a row decide`() throws {
        let health = Shared(Health.moved)
        let origin = Self.origin(health)
        let proxy = try TestProxy([[origin.port]]) {
            Self.configure(&$0)
            $0.healthCheck.expectStatus = [.init(204...204), .init(404...404)]
            $0.healthCheck.fall = 1
            $0.healthCheck.rise = 1
        }
        try Self.wait(proxy, .down)
        #expect(origin.requests.count == 1, "one that failed was enough")
        health.change { $0 = .errs }
        try Self.wait(proxy, .up)
        health.change { $0 = .moved }
        try Self.wait(proxy, .down)
        health.change { $0 = .well }
        try Self.wait(proxy, .up)
    }

    @Test func `where all drain, one that drains is better than an error`() throws {
        let health = Shared(Health.drains)
        let origins = (0..<2).map { _ in Self.origin(health) }
        let proxy = try TestProxy([[origins[0].port], [origins[1].port]], configure: Self.configure)
        for host in 0..<2 {
            _ = try eventually(20, "both to drain") { proxy.setup.health.state(host).check == .drain ? true : nil }
        }
        #expect(try Self.share(origins[0], of: 10, proxy) == 5)
    }

    @Test func `a proxy that ends during a check leaves the check`() throws {
        let ended = Shared(0)
        let origin = ScriptedOrigin.hanging(ended: ended)
        let proxy = try TestProxy([[origin.port]]) {
            Self.configure(&$0)
            $0.healthCheck.timeoutMs = 20_000
        }
        try origin.waitForRequests(1)
        proxy.server.dropServer()
        _ = try eventually(10, "the end of the check") { ended.current == 1 ? true : nil }
        #expect(origin.connectionCount == 1)
    }
}
