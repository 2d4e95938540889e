// SPDX-License-Identifier: Apache-2.0
public import EventHTTP

extension HTTPClient {
    /// Why a request has no response, or not all of it.
    public enum Failure: Error, CustomStringConvertible {
        /// The URL asks for TLS, which this client does not speak.
        case https
        /// The request cannot be sent, and why.
        case request(String)
        /// The host's name has no address.
        case lookup(Resolver.Failure)
        /// No connection: refused, unreachable, or too many files open.
        case connect(SystemError)
        /// No connection in time.
        case connectTimeout(ms: Int64)
        /// The server ended the connection before the response was complete.
        case lost
        /// The request's time is up.
        case deadline(ms: Int64)
        /// The server stopped in the middle of content, its own or that of the request.
        case contentTimeout(ms: Int64)
        /// The response is not valid HTTP.
        case malformed(ParseError)
        /// The response's content is longer than was asked for.
        case contentTooLarge(bytesMax: Int)

        /// What went wrong, and what to do about it.
        public var description: String {
            switch self {
            case .https:
                """
                https is not spoken here: ask a proxy that speaks it for you (a sidecar, nginx, stunnel) by http://, \
                or use AsyncHTTPClient
                """
            case .request(let reason): reason
            case .lookup(let failure): "\(failure)"
            case .connect(let error): "\(error)"
            case .connectTimeout(let ms): "no connection within \(ms) ms; see connectTimeoutMs"
            case .lost: "the server ended the connection before its response was complete"
            case .deadline(let ms): "no response within \(ms) ms; give execute a longer deadlineMs if that is too short"
            case .contentTimeout(let ms): "no more content within \(ms) ms; see contentTimeoutMs"
            case .malformed(let error): "the response is not valid HTTP: \(error.reason)"
            case .contentTooLarge(let bytesMax): "the response has more than \(bytesMax) bytes of content"
            }
        }
    }
}
