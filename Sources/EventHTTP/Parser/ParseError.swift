// SPDX-License-Identifier: Apache-2.0

/// Why a message is refused. Each case names the rule it breaks; `status` is what a client is told.
public enum ParseError: Error, Equatable, Sendable, CaseIterable {
    /// RFC 9112 §3: method SP request-target SP HTTP-version, single spaces.
    case requestLine
    /// RFC 9110 §9.1: a method is a token.
    case method
    /// No registered method is longer than this one's limit.
    case methodTooLong
    /// RFC 9112 §3.2, RFC 3986: a control, space, `#` or byte beyond ASCII in the target, or a form it cannot have.
    case target
    /// RFC 9110 §15.5.15.
    case targetTooLong
    /// RFC 9112 §2.3: not `HTTP/` digit `.` digit.
    case version
    /// RFC 9110 §2.5: a major version that is not 1.
    case versionNotSupported
    /// RFC 9112 §4: a status line that is not `HTTP/1.x` SP three digits SP reason.
    case statusLine
    /// RFC 9110 §15: a status code outside 100...599.
    case statusCode
    /// RFC 9112 §2.2: CR or LF alone.
    case lineEnd
    /// RFC 9112 §5, RFC 9110 §5.1: a field name is a token followed at once by a colon.
    case fieldName
    /// RFC 9110 §5.5: a control in a field value.
    case fieldValue
    /// RFC 9112 §5.2: a field line that begins with white space.
    case obsFold
    /// RFC 6585 §5: field lines longer than `ParserLimits.headBytesMax` together.
    case headTooLarge
    /// RFC 6585 §5: more field lines than `ParserLimits.fieldsMax`.
    case tooManyFields
    /// RFC 9112 §3.2: no Host, more than one, or not uri-host [":" port].
    case host
    /// RFC 9110 §8.6: Content-Length that is not one number.
    case contentLength
    /// RFC 9112 §6.1: a transfer coding that is not just `chunked`.
    case transferEncoding
    /// RFC 9112 §6.1: a transfer coding that nobody here knows.
    case transferCodingUnknown
    /// RFC 9112 §6.3: Transfer-Encoding with Content-Length, or in HTTP/1.0.
    case conflictingFraming
    /// RFC 9112 §7.1: a chunk size that is not hexadecimal or too large, or its line too long.
    case chunkSize
    /// RFC 9112 §7.1.1.
    case chunkExtension
    /// RFC 9112 §7.1: chunk data without CRLF after it.
    case chunkEnd
    /// RFC 9110 §10.1.1: an expectation other than 100-continue.
    case expectation
    /// The content is longer than the configuration allows (RFC 9110 §15.5.14).
    case contentTooLarge

    /// What a client that sent this is answered. From an origin, all of them are 502.
    public var status: Status {
        switch self {
        case .methodTooLong, .transferCodingUnknown: .notImplemented
        case .targetTooLong: .uriTooLong
        case .versionNotSupported: .versionNotSupported
        case .headTooLarge, .tooManyFields: .headTooLarge
        case .expectation: .expectationFailed
        case .contentTooLarge: .contentTooLarge
        case .requestLine, .method, .target, .version, .statusLine, .statusCode, .lineEnd, .fieldName, .fieldValue,
            .obsFold, .host, .contentLength, .transferEncoding, .conflictingFraming, .chunkSize, .chunkExtension,
            .chunkEnd:
            .badRequest
        }
    }

    /// For the answer's body and the log: what is wrong, in words.
    public var reason: StaticString {
        switch self {
        case .requestLine: "malformed request line"
        case .method: "malformed method"
        case .methodTooLong: "method too long"
        case .target: "malformed request target"
        case .targetTooLong: "request target too long"
        case .version: "malformed HTTP version"
        case .versionNotSupported: "HTTP version not supported"
        case .statusLine: "malformed status line"
        case .statusCode: "invalid status code"
        case .lineEnd: "bare CR or LF"
        case .fieldName: "malformed field name"
        case .fieldValue: "control character in a field value"
        case .obsFold: "folded field line"
        case .headTooLarge: "head too large"
        case .tooManyFields: "too many fields"
        case .host: "missing, repeated or malformed Host"
        case .contentLength: "invalid Content-Length"
        case .transferEncoding: "invalid Transfer-Encoding"
        case .transferCodingUnknown: "unknown transfer coding"
        case .conflictingFraming: "conflicting message framing"
        case .chunkSize: "invalid chunk size"
        case .chunkExtension: "invalid chunk extension"
        case .chunkEnd: "chunk not ended by CRLF"
        case .expectation: "unknown expectation"
        case .contentTooLarge: "content too large"
        }
    }
}
