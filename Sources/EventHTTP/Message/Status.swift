// SPDX-License-Identifier: Apache-2.0

/// A status code (RFC 9110 §15).
public struct Status: Sendable, Equatable {
    /// 100 to 599.
    public let code: UInt16

    /// Nil when `code` is not in 100...599, which RFC 9110 §15 calls invalid.
    public init?(_ code: Int) {
        guard (100...599).contains(code) else { return nil }
        self.code = UInt16(code)
    }

    private init(known code: UInt16) {
        self.code = code
    }

    /// 100 Continue.
    public static let `continue` = Status(known: 100)
    /// 101 Switching Protocols.
    public static let switchingProtocols = Status(known: 101)
    /// 102 Processing.
    public static let processing = Status(known: 102)
    /// 200 OK.
    public static let ok = Status(known: 200)
    /// 202 Accepted.
    public static let accepted = Status(known: 202)
    /// 204 No Content.
    public static let noContent = Status(known: 204)
    /// 304 Not Modified.
    public static let notModified = Status(known: 304)
    /// 400 Bad Request.
    public static let badRequest = Status(known: 400)
    /// 401 Unauthorized.
    public static let unauthorized = Status(known: 401)
    /// 403 Forbidden.
    public static let forbidden = Status(known: 403)
    /// 404 Not Found.
    public static let notFound = Status(known: 404)
    /// 405 Method Not Allowed.
    public static let methodNotAllowed = Status(known: 405)
    /// 408 Request Timeout.
    public static let requestTimeout = Status(known: 408)
    /// 411 Length Required.
    public static let lengthRequired = Status(known: 411)
    /// 413 Content Too Large.
    public static let contentTooLarge = Status(known: 413)
    /// 414 URI Too Long.
    public static let uriTooLong = Status(known: 414)
    /// 417 Expectation Failed.
    public static let expectationFailed = Status(known: 417)
    /// 429 Too Many Requests.
    public static let tooManyRequests = Status(known: 429)
    /// 431 Request Header Fields Too Large.
    public static let headTooLarge = Status(known: 431)
    /// 500 Internal Server Error.
    public static let internalServerError = Status(known: 500)
    /// 501 Not Implemented.
    public static let notImplemented = Status(known: 501)
    /// 502 Bad Gateway.
    public static let badGateway = Status(known: 502)
    /// 503 Service Unavailable.
    public static let serviceUnavailable = Status(known: 503)
    /// 504 Gateway Timeout.
    public static let gatewayTimeout = Status(known: 504)
    /// 505 HTTP Version Not Supported.
    public static let versionNotSupported = Status(known: 505)
    /// 508 Loop Detected.
    public static let loopDetected = Status(known: 508)

    /// Another response follows, the one that counts (RFC 9110 §15.2).
    public var isInterim: Bool { code < 200 }
    /// The server could not do what was asked (RFC 9110 §15.6).
    public var isServerError: Bool { code >= 500 }
    /// A response with this status never has content (RFC 9112 §6.3).
    public var isBodiless: Bool { code < 200 || code == 204 || code == 304 }

    /// The reason phrase of the IANA registry; empty for a code without an entry, which the grammar allows.
    var reason: StaticString {
        switch code {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 102: "Processing"
        case 103: "Early Hints"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 203: "Non-Authoritative Information"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 300: "Multiple Choices"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 407: "Proxy Authentication Required"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 425: "Too Early"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 451: "Unavailable For Legal Reasons"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 508: "Loop Detected"
        case 511: "Network Authentication Required"
        default: ""
        }
    }
}
