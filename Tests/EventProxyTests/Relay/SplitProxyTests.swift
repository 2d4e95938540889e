// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventProxy

/// Shares and overrides of a route through the whole proxy.
struct SplitProxyTests {
    private static func configure(_ configuration: inout ProxyConfiguration) {
        var route = ProxyConfiguration.Route()
        for (service, weight) in [("service-1", 1), ("service-2", 0)] {
            var share = ProxyConfiguration.Route.Share()
            share.service = service
            share.weight = weight
            route.split.append(share)
        }
        var override = ProxyConfiguration.Route.Override()
        override.cookie = "canary"
        override.value = "1"
        override.service = "service-2"
        route.overrides = [override]
        configuration.routes = [route]
    }

    @Test(arguments: ProxyConfiguration.Balancing.Policy.allCases)
    func `a canary gets those who ask for it, and others only what nobody else can answer`(
        policy: ProxyConfiguration.Balancing.Policy
    ) throws {
        let ill = Shared(false)
        let stable = ScriptedOrigin(answering: { connection, request in
            let isIll = ill.current
            try connection.answer("stable", status: isIll ? "503 Busy" : "200 OK")
        })
        let canary = ScriptedOrigin.saying("canary")
        let proxy = try TestProxy([[stable.port], [canary.port]]) {
            $0.balancing.policy = policy
            Self.configure(&$0)
        }
        for _ in 0..<10 { #expect(try proxy.get().text == "stable") }
        for _ in 0..<10 { #expect(try proxy.get("/", "Cookie: canary=1\r\n").text == "canary") }
        #expect(canary.requests.count == 10)
        ill.change { $0 = true }
        #expect(try proxy.get().text == "canary", "P3: an error only if nobody has a better answer")
        try proxy.drain()
    }

    @Test func `a service without a host that is well is passed over`() throws {
        let stable = ScriptedOrigin.saying("stable")
        let canary = ScriptedOrigin.saying("canary")
        let proxy = try TestProxy([[stable.port], [canary.port]], configure: Self.configure)
        #expect(try proxy.get("/", "Cookie: canary=1\r\n").text == "canary")
        #expect(proxy.setup.health.checked(1, .down, nowMs: 1))
        for _ in 0..<5 { #expect(try proxy.get("/", "Cookie: canary=1\r\n").text == "stable") }
    }
}
