// SPDX-License-Identifier: Apache-2.0

/// The fields that the engine itself acts on. The parser names them once, so that nobody compares text later.
public enum FieldName: UInt8, Sendable, BitwiseCopyable {
    case other
    case connection, contentLength, date, expect, forwarded, host, keepAlive, proxyAuthenticate, proxyAuthorization
    case proxyConnection, server, te, trailer, transferEncoding, upgrade, via
    case xForwardedFor, xForwardedHost, xForwardedProto, xForwardedPort, xForwardedServer, xRealIP
    case contentType, contentEncoding, contentRange, authorization, setCookie, cookie, cacheControl, maxForwards
    case ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ifRange, range, age, expires, location
    case retryAfter, vary, wwwAuthenticate, idempotencyKey, http2Settings, acceptEncoding, userAgent, accept
    case xRequestID, traceparent, tracestate

    /// The field that `name` names, letter case aside (RFC 9110 §5.1).
    package init(_ name: Span<UInt8>) {
        self = Self.lookup(name)
    }

    private static func lookup(_ name: Span<UInt8>) -> FieldName {
        func first(_ a: StaticString, _ field: FieldName) -> FieldName {
            name.equalsIgnoringCase(a) ? field : .other
        }
        guard name.count > 0 else { return .other }
        let letter = name[0] | 0x20
        switch (name.count, letter) {
        case (2, UInt8(ascii: "t")): return first("te", .te)
        case (3, UInt8(ascii: "v")): return first("via", .via)
        case (3, UInt8(ascii: "a")): return first("age", .age)
        case (4, UInt8(ascii: "h")): return first("host", .host)
        case (4, UInt8(ascii: "d")): return first("date", .date)
        case (4, UInt8(ascii: "v")): return first("vary", .vary)
        case (5, UInt8(ascii: "r")): return first("range", .range)
        case (6, UInt8(ascii: "e")): return first("expect", .expect)
        case (6, UInt8(ascii: "c")): return first("cookie", .cookie)
        case (6, UInt8(ascii: "s")): return first("server", .server)
        case (6, UInt8(ascii: "a")): return first("accept", .accept)
        case (7, UInt8(ascii: "u")): return first("upgrade", .upgrade)
        case (7, UInt8(ascii: "t")): return first("trailer", .trailer)
        case (7, UInt8(ascii: "e")): return first("expires", .expires)
        case (8, UInt8(ascii: "l")): return first("location", .location)
        case (8, UInt8(ascii: "i")):
            return name.equalsIgnoringCase("if-match") ? .ifMatch : first("if-range", .ifRange)
        case (9, UInt8(ascii: "f")): return first("forwarded", .forwarded)
        case (9, UInt8(ascii: "x")): return first("x-real-ip", .xRealIP)
        case (10, UInt8(ascii: "c")): return first("connection", .connection)
        case (10, UInt8(ascii: "k")): return first("keep-alive", .keepAlive)
        case (10, UInt8(ascii: "s")): return first("set-cookie", .setCookie)
        case (10, UInt8(ascii: "u")): return first("user-agent", .userAgent)
        case (10, UInt8(ascii: "t")): return first("tracestate", .tracestate)
        case (11, UInt8(ascii: "t")): return first("traceparent", .traceparent)
        case (11, UInt8(ascii: "r")): return first("retry-after", .retryAfter)
        case (12, UInt8(ascii: "c")): return first("content-type", .contentType)
        case (12, UInt8(ascii: "m")): return first("max-forwards", .maxForwards)
        case (12, UInt8(ascii: "x")): return first("x-request-id", .xRequestID)
        case (13, UInt8(ascii: "c")):
            return name.equalsIgnoringCase("content-range") ? .contentRange : first("cache-control", .cacheControl)
        case (13, UInt8(ascii: "i")): return first("if-none-match", .ifNoneMatch)
        case (13, UInt8(ascii: "a")): return first("authorization", .authorization)
        case (14, UInt8(ascii: "c")): return first("content-length", .contentLength)
        case (14, UInt8(ascii: "h")): return first("http2-settings", .http2Settings)
        case (15, UInt8(ascii: "x")): return first("x-forwarded-for", .xForwardedFor)
        case (15, UInt8(ascii: "i")): return first("idempotency-key", .idempotencyKey)
        case (15, UInt8(ascii: "a")): return first("accept-encoding", .acceptEncoding)
        case (16, UInt8(ascii: "p")): return first("proxy-connection", .proxyConnection)
        case (16, UInt8(ascii: "c")): return first("content-encoding", .contentEncoding)
        case (16, UInt8(ascii: "w")): return first("www-authenticate", .wwwAuthenticate)
        case (16, UInt8(ascii: "x")):
            return name.equalsIgnoringCase("x-forwarded-host")
                ? .xForwardedHost
                : name.equalsIgnoringCase("x-forwarded-port") ? .xForwardedPort : .other
        case (17, UInt8(ascii: "t")): return first("transfer-encoding", .transferEncoding)
        case (17, UInt8(ascii: "x")): return first("x-forwarded-proto", .xForwardedProto)
        case (17, UInt8(ascii: "i")): return first("if-modified-since", .ifModifiedSince)
        case (18, UInt8(ascii: "p")): return first("proxy-authenticate", .proxyAuthenticate)
        case (18, UInt8(ascii: "x")): return first("x-forwarded-server", .xForwardedServer)
        case (19, UInt8(ascii: "p")): return first("proxy-authorization", .proxyAuthorization)
        case (19, UInt8(ascii: "i")): return first("if-unmodified-since", .ifUnmodifiedSince)
        default: return .other
        }
    }

    /// Fields that concern one connection only and are never passed on (RFC 9110 §7.6.1), or that frame the message
    /// and are written anew. `Upgrade` goes on only with a tunnel, which the relay asks for itself.
    public var isHopByHop: Bool {
        switch self {
        case .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade, .contentLength,
            .http2Settings, .proxyAuthenticate, .proxyAuthorization:
            true
        default: false
        }
    }

    /// Fields that must not come in a trailer section, because they frame, route, authenticate or describe the
    /// message (RFC 9110 §6.5.1).
    var isForbiddenInTrailers: Bool {
        switch self {
        case .connection, .contentLength, .date, .expect, .forwarded, .host, .keepAlive, .proxyAuthenticate,
            .proxyAuthorization, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade, .via, .xForwardedFor,
            .xForwardedHost, .xForwardedProto, .xForwardedPort, .xForwardedServer, .xRealIP, .contentType,
            .contentEncoding, .contentRange, .authorization, .setCookie, .cookie, .cacheControl, .maxForwards, .ifMatch,
            .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange, .range, .age, .expires, .location,
            .retryAfter, .vary, .wwwAuthenticate, .idempotencyKey, .http2Settings, .xRequestID, .traceparent,
            .tracestate:
            true
        case .other, .server, .acceptEncoding, .userAgent, .accept: false
        }
    }
}
