// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct FieldNameTests {
    static let names: [FieldName: String] = [
        .connection: "Connection", .contentLength: "Content-Length", .date: "Date", .expect: "Expect",
        .forwarded: "Forwarded", .host: "Host", .keepAlive: "Keep-Alive", .proxyAuthenticate: "Proxy-Authenticate",
        .proxyAuthorization: "Proxy-Authorization", .proxyConnection: "Proxy-Connection", .server: "Server", .te: "TE",
        .trailer: "Trailer", .transferEncoding: "Transfer-Encoding", .upgrade: "Upgrade", .via: "Via",
        .xForwardedFor: "X-Forwarded-For", .xForwardedHost: "X-Forwarded-Host", .xForwardedProto: "X-Forwarded-Proto",
        .xForwardedPort: "X-Forwarded-Port", .xForwardedServer: "X-Forwarded-Server", .xRealIP: "X-Real-IP",
        .contentType: "Content-Type", .contentEncoding: "Content-Encoding", .contentRange: "Content-Range",
        .authorization: "Authorization", .setCookie: "Set-Cookie", .cookie: "Cookie", .cacheControl: "Cache-Control",
        .maxForwards: "Max-Forwards", .ifMatch: "If-Match", .ifNoneMatch: "If-None-Match",
        .ifModifiedSince: "If-Modified-Since", .ifUnmodifiedSince: "If-Unmodified-Since", .ifRange: "If-Range",
        .range: "Range", .age: "Age", .expires: "Expires", .location: "Location", .retryAfter: "Retry-After",
        .vary: "Vary", .wwwAuthenticate: "WWW-Authenticate", .idempotencyKey: "Idempotency-Key",
        .http2Settings: "HTTP2-Settings", .acceptEncoding: "Accept-Encoding", .userAgent: "User-Agent",
        .accept: "Accept", .xRequestID: "X-Request-ID", .xRequestTimeoutMs: "X-Request-Timeout-Ms",
        .traceparent: "traceparent", .tracestate: "tracestate",
    ]

    /// Raw values are given out in order, so those that exist are all the cases.
    static let cases = (UInt8.min...UInt8.max).compactMap { FieldName(rawValue: $0) }

    private func lookup(_ name: [UInt8]) -> FieldName { guarded(name) { FieldName($0) } }

    @Test(arguments: cases)
    func `each case has a name in the table`(_ name: FieldName) {
        #expect((Self.names[name] != nil) == (name != .other))
    }

    @Test(arguments: cases.filter { $0 != .other })
    func `a name is known in any letter case`(_ name: FieldName) throws {
        let canonical = try #require(Self.names[name])
        let mixed = canonical.enumerated().map { $0 % 2 == 0 ? $1.lowercased() : $1.uppercased() }.joined()
        for spelling in [canonical, canonical.lowercased(), canonical.uppercased(), mixed] {
            #expect(lookup(raw(spelling)) == name, "\(spelling)")
        }
    }

    @Test(arguments: cases.filter { $0 != .other })
    func `a name that is nearly another is not taken for it`(_ name: FieldName) throws {
        let canonical = raw(try #require(Self.names[name]))
        for position in canonical.indices {
            var shorter = canonical
            shorter.remove(at: position)
            #expect(lookup(shorter) != name)
            for byte in UInt8.min...UInt8.max where ByteScanner.isToken(byte) {
                var changed = canonical
                changed[position] = byte
                let isSame = text(changed).lowercased() == text(canonical).lowercased()
                if (lookup(changed) == name) != isSame { Issue.record("\(text(changed)) was taken for \(name)") }
                var longer = canonical
                longer.insert(byte, at: position)
                if lookup(longer) == name { Issue.record("\(text(longer)) was taken for \(name)") }
            }
        }
    }

    @Test(arguments: [
        "", "x", "Content_Length", "Transfer.Encoding", "X_Forwarded_For", "ContentLength", "Content-Length-", "Hosts",
        "If-Matched", "Etag", "Link", "Origin", "X-Request-Ids", "x-forwarded-", "Content-Language",
    ])
    func `S9: a name that the engine does not act on is another's`(_ name: String) {
        #expect(lookup(raw(name)) == .other)
    }

    @Test func `S28: these fields end at each hop and no others`() {
        let wanted: Set<FieldName> = [
            .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade, .contentLength,
            .http2Settings, .proxyAuthenticate, .proxyAuthorization,
        ]
        for name in Self.cases { #expect(name.isHopByHop == wanted.contains(name), "\(name)") }
    }
}
