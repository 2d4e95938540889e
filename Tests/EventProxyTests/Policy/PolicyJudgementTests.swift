// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport
import Testing

@testable import EventProxy

/// What a policy's judgements do, and what they cannot do (P2, P4, P7).
struct PolicyJudgementTests {
    /// Finds poor what is not found there.
    private struct Impatient: ProxyPolicy {
        var verdict = ProxyVerdict.retry

        mutating func route(_ request: borrowing RequestHead, from client: SocketAddress) -> ProxyDecision { .pass }
        mutating func judge(_ attempt: ProxyAttempt) -> ProxyVerdict {
            attempt.status == .notFound ? verdict : .standard
        }
    }

    private func answering(_ status: String) -> ScriptedOrigin { .saying(status, status: status) }

    @Test(arguments: [ProxyVerdict.retry, .fail])
    func `an answer that a policy finds poor is sought elsewhere`(verdict: ProxyVerdict) throws {
        let first = answering("404 Not Found")
        let second = answering("200 OK")
        let proxy = try TestProxy([[first.port], [second.port]], policy: .of(Impatient(verdict: verdict)))
        #expect(try proxy.get().status == 200)
        #expect(first.requests.count == 1 && second.requests.count == 1)
        try proxy.drain()
    }

    @Test(arguments: [ProxyVerdict.retry, .fail])
    func `P2: a policy cannot have a request repeated that is not idempotent`(verdict: ProxyVerdict) throws {
        let first = answering("404 Not Found")
        let second = answering("200 OK")
        let proxy = try TestProxy([[first.port], [second.port]], policy: .of(Impatient(verdict: verdict)))
        #expect(try proxy.server.ask(post("x")).status == 404)
        #expect(first.requests.count == 1 && second.requests.isEmpty)
    }

    @Test func `what was poor is better than what is worse, and than nothing`() throws {
        let poor = answering("404 Not Found")
        let ill = answering("503 Busy")
        let refused = RefusedPort()
        for others in [[[ill.port]], [[refused.port]], [[ill.port], [refused.port]], [[ill.port], [ill.port]]] {
            let proxy = try TestProxy([[poor.port]] + others, policy: .of(Impatient()))
            let client = try proxy.connect()
            try client.send(get())
            let answer = try client.response()
            #expect(answer.status == 404 && answer.text == "404 Not Found", "\(others)")
            try proxy.drain()
        }
    }

    @Test func `an error is accepted, and says nothing against its host`() throws {
        let ill = answering("503 Busy")
        let well = answering("200 OK")
        let proxy = try TestProxy([[ill.port], [well.port]], policy: .of(TestPolicy(verdict: .accept)))
        for _ in 0..<10 {
            #expect(try proxy.get().status == 503)
            #expect(try proxy.get().status == 200)
        }
        #expect(proxy.setup.health.ejectedCount == 0)
    }

    @Test func `a host that fails by the policy's word is ejected`() throws {
        let first = answering("404 Not Found")
        let second = answering("200 OK")
        let proxy = try TestProxy([[first.port], [second.port]], policy: .of(Impatient(verdict: .fail)))
        for _ in 0..<20 { #expect(try proxy.get().status == 200) }
        #expect(proxy.setup.health.ejectedCount == 1)
        #expect(first.requests.count < 15)
    }

    @Test func `a failure that is accepted is the last attempt`() throws {
        let refused = RefusedPort()
        let well = answering("200 OK")
        let policy = TestPolicy(verdict: .accept)
        let proxy = try TestProxy([[refused.port], [well.port]], policy: .of(policy))
        #expect(try proxy.get().status == 502)
        #expect(policy.judged.current == ["connection_refused"])
        #expect(well.connectionCount == 0)
    }

    @Test func `P7: a request that has killed two origins goes to no third whatever a policy says`() throws {
        let origins = (0..<4).map { _ in
            ScriptedOrigin { connection, _, origin in
                guard let request = try connection.request() else { return }
                origin.note(request)
                connection.reset()
            }
        }
        let proxy = try TestProxy(origins.map { [$0.port] }, policy: .of(TestPolicy(verdict: .fail))) {
            $0.attempts = 4
            $0.healthCheck.type = .none
        }
        for _ in 0..<5 { #expect(try proxy.get("/fail").status >= 500) }
        #expect(origins.filter { !$0.requests.isEmpty }.count <= 2)
    }

    @Test func `P4: a policy that is never content spends no more than the retry budget`() throws {
        let origins = (0..<3).map { _ in answering("200 OK") }
        let proxy = try TestProxy(origins.map { [$0.port] }, policy: .of(TestPolicy(verdict: .retry)))
        for _ in 0..<300 { #expect(try proxy.get().status == 200) }
        let sent = origins.reduce(0) { $0 + $1.requests.count }
        // A fifth, and what the floor gives in the time that this takes.
        #expect(sent > 300 && sent < 500, "\(sent)")
    }
}
