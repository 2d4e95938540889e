// SPDX-License-Identifier: Apache-2.0

/// A request method (RFC 9110 §9). Methods that nobody here needs to know are `.other`; their token is in the head.
public enum Method: UInt8, Sendable {
    /// A method of RFC 9110 §9.3, or PATCH of RFC 5789.
    case get, head, post, put, delete, connect, options, trace, patch
    /// Any other.
    case other

    /// Sending it twice does no more than sending it once (RFC 9110 §9.2.2).
    public var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .connect, .patch, .other: false
        }
    }

    /// The method whose token is `bytes`; case matters (RFC 9110 §9.1).
    package init(_ bytes: Span<UInt8>) {
        self =
            switch bytes.count {
            case 3 where bytes.equals("GET"): .get
            case 3 where bytes.equals("PUT"): .put
            case 4 where bytes.equals("HEAD"): .head
            case 4 where bytes.equals("POST"): .post
            case 5 where bytes.equals("PATCH"): .patch
            case 5 where bytes.equals("TRACE"): .trace
            case 6 where bytes.equals("DELETE"): .delete
            case 7 where bytes.equals("OPTIONS"): .options
            case 7 where bytes.equals("CONNECT"): .connect
            default: .other
            }
    }
}
