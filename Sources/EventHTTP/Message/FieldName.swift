// SPDX-License-Identifier: Apache-2.0

/// The fields that the engine itself acts on. The parser names them once, so that nobody compares text later.
public enum FieldName: UInt8, Sendable, BitwiseCopyable {
    /// None of those below.
    case other
    /// What frames a message, manages its connection, or says where it has been.
    case connection, contentLength, date, expect, forwarded, host, keepAlive, proxyAuthenticate, proxyAuthorization,
        proxyConnection, server, te, trailer, transferEncoding, upgrade, via
    /// What proxies say of the client.
    case xForwardedFor, xForwardedHost, xForwardedProto, xForwardedPort, xForwardedServer, xRealIP
    /// What describes content, its client and its caching.
    case contentType, contentEncoding, contentRange, authorization, setCookie, cookie, cacheControl, maxForwards,
        ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ifRange, range, age, expires, location,
        retryAfter, vary, wwwAuthenticate, idempotencyKey, http2Settings, acceptEncoding, userAgent, accept
    /// What names a request, its time and its trace.
    case xRequestID, xRequestTimeoutMs, traceparent, tracestate

    /// The field that `name`, a token, names, letter case aside (RFC 9110 §5.1).
    package init(_ name: Span<UInt8>) {
        self = Self.lookup(name)
    }

    private static func lookup(_ name: Span<UInt8>) -> FieldName {
        func named(_ text: StaticString, _ field: FieldName) -> FieldName? {
            ByteScanner.equalToken(name, text) ? field : nil
        }
        let found: FieldName? =
            switch name.count {
            case 2: named("te", .te)
            case 3: named("via", .via) ?? named("age", .age)
            case 4: named("host", .host) ?? named("date", .date) ?? named("vary", .vary)
            case 5: named("range", .range)
            case 6:
                named("expect", .expect) ?? named("cookie", .cookie) ?? named("server", .server)
                    ?? named("accept", .accept)
            case 7: named("upgrade", .upgrade) ?? named("trailer", .trailer) ?? named("expires", .expires)
            case 8: named("location", .location) ?? named("if-match", .ifMatch) ?? named("if-range", .ifRange)
            case 9: named("forwarded", .forwarded) ?? named("x-real-ip", .xRealIP)
            case 10:
                named("connection", .connection) ?? named("keep-alive", .keepAlive) ?? named("set-cookie", .setCookie)
                    ?? named("user-agent", .userAgent) ?? named("tracestate", .tracestate)
            case 11: named("traceparent", .traceparent) ?? named("retry-after", .retryAfter)
            case 12:
                named("content-type", .contentType) ?? named("max-forwards", .maxForwards)
                    ?? named("x-request-id", .xRequestID)
            case 13:
                named("content-range", .contentRange) ?? named("cache-control", .cacheControl) ?? named(
                    "if-none-match", .ifNoneMatch) ?? named("authorization", .authorization)
            case 14: named("content-length", .contentLength) ?? named("http2-settings", .http2Settings)
            case 15:
                named("x-forwarded-for", .xForwardedFor) ?? named("idempotency-key", .idempotencyKey)
                    ?? named("accept-encoding", .acceptEncoding)
            case 16:
                named("proxy-connection", .proxyConnection) ?? named("content-encoding", .contentEncoding) ?? named(
                    "www-authenticate", .wwwAuthenticate) ?? named("x-forwarded-host", .xForwardedHost)
                    ?? named("x-forwarded-port", .xForwardedPort)
            case 17:
                named("transfer-encoding", .transferEncoding) ?? named("x-forwarded-proto", .xForwardedProto)
                    ?? named("if-modified-since", .ifModifiedSince)
            case 18: named("proxy-authenticate", .proxyAuthenticate) ?? named("x-forwarded-server", .xForwardedServer)
            case 19:
                named("proxy-authorization", .proxyAuthorization) ?? named("if-unmodified-since", .ifUnmodifiedSince)
            case 20: named("x-request-timeout-ms", .xRequestTimeoutMs)
            default: nil
            }
        return found ?? .other
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
            .retryAfter, .vary, .wwwAuthenticate, .idempotencyKey, .http2Settings, .xRequestID, .xRequestTimeoutMs,
            .traceparent, .tracestate:
            true
        case .other, .server, .acceptEncoding, .userAgent, .accept: false
        }
    }
}
