// SPDX-License-Identifier: Apache-2.0

/// How an exchange ended, as far as the engine knows, in the words of the log.
enum ExchangeOutcome: UInt8 {
    /// All of the response went out.
    case ok
    /// The client was not understood, or wanted more than it may.
    case requestRefused
    case clientGone
    case clientHeaderTimeout, clientBodyTimeout, clientWriteTimeout, tunnelTimeout, drainTimeout
    /// The handler broke its response off, for a reason that it may have noted.
    case responseCut

    var words: StaticString {
        switch self {
        case .ok: ""
        case .requestRefused: "request_refused"
        case .clientGone: "client_gone"
        case .clientHeaderTimeout: "client_header_timeout"
        case .clientBodyTimeout: "client_body_timeout"
        case .clientWriteTimeout: "client_write_timeout"
        case .tunnelTimeout: "tunnel_timeout"
        case .drainTimeout: "drain_timeout"
        case .responseCut: "response_cut"
        }
    }

    /// Whether what the handler noted says more.
    var yields: Bool { self == .ok || self == .responseCut }
}
