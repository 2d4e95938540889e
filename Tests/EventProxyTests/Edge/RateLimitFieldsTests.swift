// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP
@testable import EventProxy

/// draft-ietf-httpapi-ratelimit-headers-10.
struct RateLimitFieldsTests {
    @Test(
        arguments: [
            (5, 1_000, "shop.example.com/api", #""shop.example.com/api""#, "q=5;w=1"),
            (1_000_000, 86_400_000, "default", #""default""#, "q=1000000;w=86400"),
            // Only whole seconds can be told.
            (100, 250, "default", #""default""#, "q=100"),
            (100, 1_500, "default", #""default""#, "q=100"),
            // A path may have what a string of a structured field must escape.
            (1, 1_000, #"/a"b"#, #""/a\"b""#, "q=1;w=1"),
            (1, 1_000, "a\r\n\0\u{7f}é b", #""a?????? b""#, "q=1;w=1"),
        ] as [(Int, Int64, String, String, String)])
    func `a client that is refused is told which limit it was`(
        requests: Int, perMs: Int64, name: String, written: String, quota: String
    ) throws {
        var limit = ProxyConfiguration.RateLimit()
        limit.requests = requests
        limit.perMs = perMs
        let rule = try #require(RateRule(limit, place: "", name: name))
        let lines = writtenLines { buffer, pool in
            var writer = FieldWriter(buffer, pool: pool)
            rule.write(seconds: 7, to: &writer)
            buffer = writer.take()
        }
        #expect(lines == ["RateLimit-Policy: \(written);\(quota)", "RateLimit: \(written);r=0;t=7"])
    }

    private static func rule(_ requests: Int, perMs: Int64, by: ProxyConfiguration.RateLimit.Subject) throws
        -> RateRule
    {
        var limit = ProxyConfiguration.RateLimit()
        limit.requests = requests
        limit.perMs = perMs
        limit.by = by
        return try #require(RateRule(limit, place: "", name: ""))
    }

    @Test(arguments: [(1, 10_000, 10), (4, 10_000, 3), (1, 1_000, 1), (1_000, 1_000, 1)] as [(Int, Int64, Int64)])
    func `it is told after how many whole seconds there is another request`(requests: Int, perMs: Int64, seconds: Int64)
        throws
    {
        let limiter = RateLimiter(seed: 1)
        let rule = try Self.rule(requests, perMs: perMs, by: .route)
        let client = try #require(SocketAddress("192.0.2.1", port: 1))
        try withRequest("GET / HTTP/1.1", []) { head in
            for _ in 0..<requests { same(limiter.take(rule, for: head, from: client, nowNs: 0), nil) }
            same(limiter.take(rule, for: head, from: client, nowNs: 0), seconds)
        }
    }

    @Test(arguments: [.route, .address, .field("X-Key")] as [ProxyConfiguration.RateLimit.Subject])
    func `nobody can choose a bucket who does not know the seed`(by: ProxyConfiguration.RateLimit.Subject) throws {
        let rule = try Self.rule(1, perMs: 1_000, by: by)
        let client = try #require(SocketAddress("192.0.2.1", port: 1))
        try withRequest("GET / HTTP/1.1", ["X-Key: 1"]) { head in
            let keys = (0..<10 as Range<UInt64>).map { rule.key(of: head, from: client, seed: $0) }
            #expect(Set(keys).count == 10)
        }
    }
}
