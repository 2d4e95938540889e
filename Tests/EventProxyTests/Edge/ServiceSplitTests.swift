// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

/// Which service of a route a request is for.
struct ServiceSplitTests {
    private static let services = ["a", "b", "c"].map { ProxyConfiguration.Service(name: $0, hosts: []) }

    private static func split(
        _ weights: [Int], sticky: ProxyConfiguration.Route.Sticky = .none, path: String = "/",
        _ overrides: [ProxyConfiguration.Route.Override] = []
    ) throws -> ServiceSplit {
        var route = ProxyConfiguration.Route()
        route.split = zip(services, weights).map { service, weight in
            var share = ProxyConfiguration.Route.Share()
            share.service = service.name
            share.weight = weight
            return share
        }
        route.sticky = sticky
        route.overrides = overrides
        let salt = Hash64.hash(Array(path.utf8).span, seed: 0)
        return try #require(ServiceSplit(route, number: 1, salt: salt, of: services))
    }

    private static func override(
        field: String? = nil, cookie: String? = nil, value: String = "", to service: String
    ) -> ProxyConfiguration.Route.Override {
        var override = ProxyConfiguration.Route.Override()
        override.field = field
        override.cookie = cookie
        override.value = value
        override.service = service
        return override
    }

    /// The number of the service, if there is one.
    private static func service(
        _ split: ServiceSplit, _ lines: [String] = [], from address: String = "192.0.2.1",
        using random: inout SplitMix64
    ) throws -> Int? {
        let client = try #require(SocketAddress(address, port: 1))
        return try withRequest(lines) { head in
            let choice = split.choice(for: head, from: client, using: &random)
            return choice.flatMap { choice in (0..<3).first { choice.services.contains($0) } }
        }
    }

    private static func withRequest<R>(_ lines: [String], _ body: (borrowing RequestHead) throws -> R) throws -> R {
        try EventProxyTests.withRequest("GET / HTTP/1.1", host: "h", lines, body)
    }

    @Test func `each service gets its share, and one of weight 0 nothing`() throws {
        let split = try Self.split([90, 0, 10])
        var random = SplitMix64(seed: 3)
        var counts = [0, 0, 0]
        for _ in 0..<10_000 { counts[try #require(try Self.service(split, using: &random))] += 1 }
        #expect(counts[1] == 0 && (900...1_100).contains(counts[2]), "\(counts)")
    }

    @Test func `a client stays with its service, and those of the last keep it while it grows`() throws {
        var random = SplitMix64(seed: 3)
        let few = try Self.split([95, 0, 5], sticky: .cookie("uid"))
        let more = try Self.split([80, 0, 20], sticky: .cookie("uid"))
        let elsewhere = try Self.split([80, 0, 20], sticky: .cookie("uid"), path: "/other")
        var counts = [0, 0, 0]
        var alike = 0
        for number in 0..<2_000 {
            let lines = ["Cookie: x=1; uid=\(number)"]
            let service = try #require(try Self.service(few, lines, from: "192.0.2.1", using: &random))
            #expect(try Self.service(few, lines, from: "192.0.2.9", using: &random) == service)
            let later = try Self.service(more, lines, using: &random)
            if service == 2 { #expect(later == 2) }
            if later == 2, try Self.service(elsewhere, lines, using: &random) == 2 { alike += 1 }
            counts[service] += 1
        }
        #expect((50...150).contains(counts[2]), "\(counts)")
        #expect((40...120).contains(alike), "on another route they are others")
    }

    @Test func `without its cookie a client is known by its address`() throws {
        let split = try Self.split([50, 0, 50], sticky: .cookie("uid"))
        var random = SplitMix64(seed: 3)
        var counts = [0, 0, 0]
        for number in 0..<200 {
            let address = "10.0.0.\(number)"
            let service = try #require(try Self.service(split, from: address, using: &random))
            #expect(try Self.service(split, ["X: y"], from: address, using: &random) == service)
            counts[service] += 1
        }
        #expect(counts[0] > 50 && counts[2] > 50)
    }

    @Test(
        arguments: [
            (["Cookie: a=1; canary=always"], 1), (["Cookie: a=1", "Cookie: canary=always"], 1),
            (["Cookie: canary=never"], 0), (["Cookie: canary=alway"], 2), (["Cookie: xcanary=always"], 2),
            (["X-Canary: anything"], 1), (["x-canary:"], 1), (["X-Canary: 1", "Cookie: canary=never"], 0), ([], 2),
        ] as [([String], Int)])
    func `the first override that is right decides, before any share`(lines: [String], service: Int) throws {
        let split = try Self.split(
            [0, 0, 1],
            [
                Self.override(cookie: "canary", value: "always", to: "b"),
                Self.override(cookie: "canary", value: "never", to: "a"),
                Self.override(field: "X-Canary", to: "b"),
            ])
        var random = SplitMix64(seed: 3)
        #expect(try Self.service(split, lines, using: &random) == service)
    }

    @Test func `overrides alone leave all other requests to the balancer`() throws {
        let split = try Self.split([], [Self.override(field: "X-Canary", value: "1", to: "c")])
        var random = SplitMix64(seed: 3)
        #expect(try Self.service(split, ["X-Canary: 1"], using: &random) == 2)
        #expect(try Self.service(split, ["X-Canary: 2"], using: &random) == nil)
    }
}
