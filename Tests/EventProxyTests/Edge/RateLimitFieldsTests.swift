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
}
