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

    /// The field that `name`, a token, names, letter case aside (RFC 9110 §5.1).
    package init(_ name: Span<UInt8>) {
        self = Self.lookup(name)
    }

    private static func lookup(_ name: Span<UInt8>) -> FieldName {
        func first(_ text: StaticString, _ field: FieldName) -> FieldName {
            ByteScanner.equalToken(name, text) ? field : .other
        }
        if name.isEmpty { return .other }
        let letter = name[0] | 0x20
        switch name.count {
        case 2: return first("te", .te)
        case 3:
            switch letter {
            case UInt8(ascii: "v"): return first("via", .via)
            case UInt8(ascii: "a"): return first("age", .age)
            default: return .other
            }
        case 4:
            switch letter {
            case UInt8(ascii: "h"): return first("host", .host)
            case UInt8(ascii: "d"): return first("date", .date)
            case UInt8(ascii: "v"): return first("vary", .vary)
            default: return .other
            }
        case 5: return first("range", .range)
        case 6:
            switch letter {
            case UInt8(ascii: "e"): return first("expect", .expect)
            case UInt8(ascii: "c"): return first("cookie", .cookie)
            case UInt8(ascii: "s"): return first("server", .server)
            case UInt8(ascii: "a"): return first("accept", .accept)
            default: return .other
            }
        case 7:
            switch letter {
            case UInt8(ascii: "u"): return first("upgrade", .upgrade)
            case UInt8(ascii: "t"): return first("trailer", .trailer)
            case UInt8(ascii: "e"): return first("expires", .expires)
            default: return .other
            }
        case 8:
            switch letter {
            case UInt8(ascii: "l"): return first("location", .location)
            case UInt8(ascii: "i"):
                let found = first("if-match", .ifMatch)
                return found == .other ? first("if-range", .ifRange) : found
            default: return .other
            }
        case 9:
            switch letter {
            case UInt8(ascii: "f"): return first("forwarded", .forwarded)
            case UInt8(ascii: "x"): return first("x-real-ip", .xRealIP)
            default: return .other
            }
        case 10:
            switch letter {
            case UInt8(ascii: "c"): return first("connection", .connection)
            case UInt8(ascii: "k"): return first("keep-alive", .keepAlive)
            case UInt8(ascii: "s"): return first("set-cookie", .setCookie)
            case UInt8(ascii: "u"): return first("user-agent", .userAgent)
            case UInt8(ascii: "t"): return first("tracestate", .tracestate)
            default: return .other
            }
        case 11:
            switch letter {
            case UInt8(ascii: "t"): return first("traceparent", .traceparent)
            case UInt8(ascii: "r"): return first("retry-after", .retryAfter)
            default: return .other
            }
        case 12:
            switch letter {
            case UInt8(ascii: "c"): return first("content-type", .contentType)
            case UInt8(ascii: "m"): return first("max-forwards", .maxForwards)
            case UInt8(ascii: "x"): return first("x-request-id", .xRequestID)
            default: return .other
            }
        case 13:
            switch letter {
            case UInt8(ascii: "c"):
                let found = first("content-range", .contentRange)
                return found == .other ? first("cache-control", .cacheControl) : found
            case UInt8(ascii: "i"): return first("if-none-match", .ifNoneMatch)
            case UInt8(ascii: "a"): return first("authorization", .authorization)
            default: return .other
            }
        case 14:
            switch letter {
            case UInt8(ascii: "c"): return first("content-length", .contentLength)
            case UInt8(ascii: "h"): return first("http2-settings", .http2Settings)
            default: return .other
            }
        case 15:
            switch letter {
            case UInt8(ascii: "x"): return first("x-forwarded-for", .xForwardedFor)
            case UInt8(ascii: "i"): return first("idempotency-key", .idempotencyKey)
            case UInt8(ascii: "a"): return first("accept-encoding", .acceptEncoding)
            default: return .other
            }
        case 16:
            switch letter {
            case UInt8(ascii: "p"): return first("proxy-connection", .proxyConnection)
            case UInt8(ascii: "c"): return first("content-encoding", .contentEncoding)
            case UInt8(ascii: "w"): return first("www-authenticate", .wwwAuthenticate)
            case UInt8(ascii: "x"):
                let found = first("x-forwarded-host", .xForwardedHost)
                return found == .other ? first("x-forwarded-port", .xForwardedPort) : found
            default: return .other
            }
        case 17:
            switch letter {
            case UInt8(ascii: "t"): return first("transfer-encoding", .transferEncoding)
            case UInt8(ascii: "x"): return first("x-forwarded-proto", .xForwardedProto)
            case UInt8(ascii: "i"): return first("if-modified-since", .ifModifiedSince)
            default: return .other
            }
        case 18:
            switch letter {
            case UInt8(ascii: "p"): return first("proxy-authenticate", .proxyAuthenticate)
            case UInt8(ascii: "x"): return first("x-forwarded-server", .xForwardedServer)
            default: return .other
            }
        case 19:
            switch letter {
            case UInt8(ascii: "p"): return first("proxy-authorization", .proxyAuthorization)
            case UInt8(ascii: "i"): return first("if-unmodified-since", .ifUnmodifiedSince)
            default: return .other
            }
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
