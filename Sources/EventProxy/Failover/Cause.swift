// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Why an attempt did not give the client its answer, or a request was not passed on: the closed set of words that the
/// access log and `Proxy-Status` share. Where RFC 9209 §2.3 has a word for it, that is it; a timeout is called as its
/// key in the configuration, so that whoever reads it knows what to change.
enum Cause: UInt8, CaseIterable {
    // Of an attempt.
    case connectionRefused, unroutable, unavailable
    case connectTimeout, perTryTimeout, responseTimeout, originBodyTimeout
    /// The time that the client asked for (`X-Request-Timeout-Ms`) is over.
    case requestTimeout
    /// The origin ended or reset the connection before it answered, or in the middle of its answer.
    case connectionTerminated, incomplete
    case malformed
    case serverError
    /// The other attempt of a hedged request was quicker.
    case hedgeLost
    /// Given up for the client's sake: it has left, or was answered otherwise.
    case cancelled
    /// This process lacked what it takes to ask, such as descriptors.
    case ours

    // Of a request that was not passed on.
    case noHost, quarantined, overloaded, hostsFull, loop, refused, answeredHere
    case forbidden, rateLimited, noRoute, unauthorized

    /// The word in the log.
    var word: StaticString {
        switch self {
        case .connectTimeout: "connect_timeout"
        case .perTryTimeout: "per_try_timeout"
        case .responseTimeout: "response_timeout"
        case .requestTimeout: "request_timeout"
        case .originBodyTimeout: "origin_body_timeout"
        case .serverError: "server_error"
        case .hedgeLost: "hedge_lost"
        case .cancelled: "cancelled"
        case .quarantined: "quarantined"
        case .overloaded: "overloaded"
        case .forbidden: "forbidden"
        case .rateLimited: "rate_limited"
        case .unauthorized: "unauthorized"
        default: errorType ?? ""
        }
    }

    /// The type in `Proxy-Status` (RFC 9209 §2.3); nil for what is no error there.
    var errorType: StaticString? {
        switch self {
        case .connectionRefused: "connection_refused"
        case .unroutable: "destination_ip_unroutable"
        case .unavailable, .noHost: "destination_unavailable"
        case .connectTimeout: "connection_timeout"
        case .perTryTimeout, .responseTimeout, .requestTimeout: "http_response_timeout"
        case .originBodyTimeout: "connection_read_timeout"
        case .connectionTerminated: "connection_terminated"
        case .incomplete: "http_response_incomplete"
        case .malformed: "http_protocol_error"
        case .ours: "proxy_internal_error"
        case .quarantined, .overloaded, .forbidden, .rateLimited, .unauthorized: "http_request_denied"
        case .noRoute: "destination_not_found"
        case .hostsFull: "connection_limit_reached"
        case .loop: "proxy_loop_detected"
        case .refused: "http_request_error"
        case .answeredHere: "proxy_internal_response"
        case .serverError, .hedgeLost, .cancelled: nil
        }
    }

    /// What became of a connection. A response that takes too long has run into the timeout of one attempt or, when
    /// no time is left, of all of them; `outOfTime` is then which.
    init(_ failure: ClientFailure, hasBegunResponse: Bool, isRequestComplete: Bool, outOfTime: Cause?) {
        self =
            switch failure {
            case .connect(let number): Self(connect: number)
            case .connectTimeout: .connectTimeout
            case .lost: hasBegunResponse ? .incomplete : .connectionTerminated
            case .responseTimeout where !isRequestComplete: .originBodyTimeout
            case .responseTimeout: outOfTime ?? .perTryTimeout
            case .bodyTimeout: .originBodyTimeout
            case .malformed: .malformed
            }
    }

    private init(connect number: Int32) {
        self =
            switch number {
            case _ where SystemError.isRefusal(number): .connectionRefused
            case _ where SystemError.isUnroutable(number): .unroutable
            case _ where SystemError.isTimeout(number): .connectTimeout
            case _ where SystemError.isOurs(number): .ours
            default: .unavailable
            }
    }
}
