// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport
import Testing

@testable import EventProxy

/// A policy of one's own in the whole proxy.
struct ProxyPolicyTests {
    // MARK: Where requests go

    @Test(arguments: ProxyConfiguration.Balancing.Policy.allCases)
    func `a cookie decides which service a request goes to`(balancing: ProxyConfiguration.Balancing.Policy) throws {
        let stable = ScriptedOrigin.saying("stable")
        let canary = ScriptedOrigin.saying("canary")
        let proxy = try TestProxy([[stable.port], [canary.port]], policy: .of(Canary())) {
            $0.balancing.policy = balancing
        }
        for _ in 0..<5 {
            #expect(try proxy.get().text == "stable")
            #expect(try proxy.get("/", "Cookie: a=b; canary=yes\r\n").text == "canary")
            #expect(try proxy.get("/", "Cookie: canary=yess\r\n").text == "stable")
        }
        try proxy.drain()
    }

    @Test func `a service that is preferred gets no request while it is down, and one that is meant alone gets all`()
        throws
    {
        let stable = ScriptedOrigin.saying("stable")
        let canary = ScriptedOrigin.saying("canary")
        let proxy = try TestProxy([[stable.port], [canary.port]], policy: .of(Canary()))
        #expect(proxy.setup.health.checked(0, .down, nowMs: 1) && proxy.setup.health.checked(1, .down, nowMs: 1))
        #expect(try proxy.get().text == "stable", "better than no answer")
        #expect(proxy.setup.health.checked(0, .up, nowMs: 2))
        #expect(try proxy.get("/", "Cookie: canary=yes\r\n").text == "stable")
    }

    @Test func `P1: no user notices that all hosts of a preferred service fail, though they are most of all hosts`()
        throws
    {
        let stable = ScriptedOrigin.saying("stable")
        let canaries = (0..<3).map { _ in ScriptedOrigin.saying("ill", status: "503 Service Unavailable") }
        let proxy = try TestProxy([[stable.port], canaries.map { $0.port }], policy: .of(Canary()))
        for _ in 0..<100 { #expect(try proxy.get("/", "Cookie: canary=yes\r\n").text == "stable") }
        #expect(canaries.map { $0.requests.count } == [5, 5, 5], "then they are out")
        try proxy.drain()
    }

    @Test func `a slow answer of a preferred service gets company from that service only`() throws {
        let gate = Shared(false)
        let stable = ScriptedOrigin.saying("stable")
        let slow = ScriptedOrigin.waiting(for: gate) { connection, _ in try connection.answer("slow") }
        let proxy = try TestProxy([[stable.port], [slow.port]], policy: .of(Canary()))
        let client = try proxy.connect()
        try client.send(get("/", "Cookie: canary=yes\r\n"))
        try slow.waitForRequests(1)
        // Nothing happens: nobody tells of that.
        sleep(seconds: 0.25)
        gate.change { $0 = true }
        #expect(try client.response().text == "slow")
        #expect(stable.connectionCount == 0)

        let quick = ScriptedOrigin.saying("quick")
        gate.change { $0 = false }
        let wider = try TestProxy([[stable.port], [slow.port, quick.port]], policy: .of(Canary()))
        for _ in 0..<4 { #expect(try wider.get("/", "Cookie: canary=yes\r\n").text == "quick") }
        #expect(stable.connectionCount == 0)
    }

    @Test func `a service that nobody knows is not preferred, and cannot be all that there is`() throws {
        let origin = ScriptedOrigin.saying("well")
        var policy = TestPolicy(decision: .prefer(service: "none"))
        #expect(try TestProxy([[origin.port]], policy: .of(policy)).get().text == "well")
        policy.decision = .only(service: "none")
        let refused = try TestProxy([[origin.port]], policy: .of(policy)).get()
        #expect(refused.status == 503 && refused.text == "no origin is available\n")
        #expect(origin.requests.count == 1)
    }

    @Test(arguments: [
        (["stable", "canary"], [0, 1], "(did you mean 'canary'?); there are 'stable', 'canary'"),
        (["stable"], [0], "; there is 'stable'"),
        (["stable", "canray"], [0], "which the route of the request does not name; there is 'stable'"),
        ((1...9).map { "s\($0)" }, Array(0..<9), "; there are 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's8', …"),
    ])
    func `the log tells which services a policy may name`(services: [String], allowed: [Int], end: String) {
        let words = ProxyDecision.wrongService("canray", of: services, allowed: allowed)
        #expect(words.hasPrefix("names the service 'canray', which ") && words.hasSuffix(end), "\(words)")
    }

    @Test func `a route of the configuration holds whatever a policy says`() throws {
        let first = ScriptedOrigin.saying("first")
        let second = ScriptedOrigin.saying("second")
        func answer(_ decision: ProxyDecision) throws -> RawResponse {
            try TestProxy([[first.port], [second.port]], policy: .of(TestPolicy(decision: decision))) {
                var route = ProxyConfiguration.Route()
                route.services = ["service-1"]
                $0.routes = [route]
            }.get()
        }
        #expect(try answer(.prefer(service: "service-2")).text == "first")
        #expect(try answer(.prefer(host: "127.0.0.1:\(second.port)")).text == "first")
        #expect(try answer(.only(service: "service-2")).status == 503)
        #expect(try answer(.only(service: "service-1")).text == "first")
        #expect(second.requests.isEmpty)
    }

    @Test func `a host gets what is meant for it while it is well`() throws {
        let origins = (0..<3).map { ScriptedOrigin.saying("\($0)") }
        let policy = TestPolicy(decision: .prefer(host: "127.0.0.1:\(origins[1].port)"))
        let proxy = try TestProxy([origins.map(\.port)], policy: .of(policy))
        for _ in 0..<5 { #expect(try proxy.get().text == "1") }
        #expect(proxy.setup.health.checked(1, .down, nowMs: 1))
        for _ in 0..<5 { #expect(try proxy.get().text != "1") }
    }

    // MARK: Answers of its own

    @Test func `a policy answers, and no origin is asked`() throws {
        let origin = ScriptedOrigin.saying("well")
        let decision = ProxyDecision.answer(
            .unauthorized, "who are you?\n", fields: FieldLines(["WWW-Authenticate": "Basic"]))
        let proxy = try TestProxy([[origin.port]], policy: .of(TestPolicy(decision: decision)))
        let client = try proxy.connect()
        for request in [get(), put("content"), get()] {
            try client.send(request)
            let answer = try client.response()
            #expect(answer.status == 401 && answer.text == "who are you?\n")
            #expect(answer["www-authenticate"] == "Basic" && answer["x-request-id"] != nil)
            #expect(answer["content-type"] == "text/plain; charset=utf-8")
        }
        try client.send("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(try client.response(isHead: true)["content-length"] == "13")
        #expect(origin.requests.isEmpty)
    }

    @Test func `an answer waits until the password of its route is right`() throws {
        let policy = TestPolicy(decision: .answer(.ok, "for your eyes only\n"))
        let proxy = try TestProxy([[1]], policy: .of(policy)) {
            var auth = ProxyConfiguration.Authentication()
            auth.users = [ProxyConfiguration.User(name: "ann", hash: Written.sha256)]
            var route = ProxyConfiguration.Route()
            route.auth = auth
            $0.routes = [route]
        }
        // ann:pw6, and then ann:pw5: once when it has to be hashed, once when it is known.
        for (credentials, status) in [("", 401), ("YW5uOnB3Ng==", 401), ("YW5uOnB3NQ==", 200), ("YW5uOnB3NQ==", 200)] {
            let field = credentials.isEmpty ? "" : "Authorization: Basic \(credentials)\r\n"
            let answer = try proxy.server.ask(get("/", field))
            #expect(answer.status == status)
            #expect((answer.text == "for your eyes only\n") == (status == 200))
        }
    }

    @Test func `an answer says what it is, and is never an interim one`() throws {
        let lines = FieldLines(["content-type": "application/json"])
        let json = TestPolicy(decision: .answer(.forbidden, "{}", fields: lines))
        #expect(try TestProxy([[1]], policy: .of(json)).get()["content-type"] == "application/json")
        for status in [Status.continue, .switchingProtocols] {
            let policy = TestPolicy(decision: .answer(status, "x"))
            #expect(try TestProxy([[1]], policy: .of(policy)).get().status == 500)
        }
    }

    // MARK: Fields

    @Test func `fields are changed both ways, after the configuration's changes`() throws {
        let origin = ScriptedOrigin.saying("well", fields: "X-Old: 1\r\nServer: x\r\n")
        var policy = TestPolicy(decision: .pass.marked(7))
        policy.changesRequest = {
            $0.set("X-User", "ada")
            $0.remove("Authorization")
            $0.remove("X-Configured")
            $0.set("Content-Length", "9")
        }
        policy.changesResponse = {
            $0.remove("Server")
            $0.set("X-Old", "2")
            $0.add("Connection", "close")
        }
        let proxy = try TestProxy([[origin.port]], policy: .of(policy)) {
            $0.requestFields.set = [.init("X-Configured", "1"), .init("X-Kept", "2")]
        }
        let answer = try proxy.server.ask(put("abc", "X-User: eve\r\nX-User: mallory\r\nAuthorization: Basic x\r\n"))
        #expect(answer["x-old"] == "2" && answer["server"] == nil && answer["connection"] == nil)
        #expect(answer["x-attempt"] == "1 service-1 7")
        let request = try #require(origin.requests.first)
        #expect(request.values("x-user") == ["ada"] && request.values("authorization").isEmpty)
        #expect(request.values("x-configured").isEmpty && request.values("x-kept") == ["2"])
        #expect(request.values("content-length") == ["3"] && request.body == Array("abc".utf8))
    }

    // MARK: Attempts

    @Test func `each attempt is told once, in order, with the request's mark`() throws {
        let refused = RefusedPort()
        let ill = ScriptedOrigin.saying("ill", status: "503 Busy")
        let well = ScriptedOrigin.saying("well")
        let policy = TestPolicy(decision: .pass.marked(42))
        let proxy = try TestProxy([[refused.port], [ill.port], [well.port]], policy: .of(policy))
        #expect(try proxy.get("/").text == "well")
        let attempts = try eventually(10, "the end") { policy.ended.current.count == 3 ? policy.ended.current : nil }
        #expect(attempts.map(\.failure) == ["connection_refused", "server_error", nil])
        #expect(attempts.map(\.status?.code) == [nil, 503, 200])
        #expect(attempts.map(\.service) == ["service-1", "service-2", "service-3"])
        #expect(attempts.map(\.host) == [refused.port, ill.port, well.port].map { "127.0.0.1:\($0)" })
        #expect(attempts.map(\.number) == [1, 2, 3] && attempts.allSatisfy { $0.mark == 42 && $0.elapsed > .zero })
        #expect(policy.judged.current == ["connection_refused", "503", "200"])
    }

    @Test func `a policy is told the client that a trusted proxy names`() throws {
        let origin = ScriptedOrigin.saying("well")
        let policy = TestPolicy()
        let proxy = try TestProxy([[origin.port]], policy: .of(policy)) {
            $0.trustedProxies = [AddressBlock("127.0.0.0/8")!]
        }
        _ = try proxy.get("/", "X-Forwarded-For: 192.0.2.7\r\n")
        #expect(policy.clients.current == ["192.0.2.7"])
    }
}
