// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// How a request is found again: its own name, and the trace that it is part of.
struct RequestIdentity {
    /// Empty when `request_id` is off.
    var id = RequestID()
    var trace: TraceContext?
    /// What the client says in these fields is not passed on.
    var replaced = Replaced()

    struct Replaced: OptionSet {
        let rawValue: UInt8

        static let requestID = Replaced(rawValue: 1)
        /// `traceparent` is written anew.
        static let traceparent = Replaced(rawValue: 2)
        /// `tracestate` means nothing without a valid `traceparent` (W3C Trace Context §3.3).
        static let tracestate = Replaced(rawValue: 4)

        /// `X-Request-Timeout-Ms` says what an origin is given.
        static let timeout = Replaced(rawValue: 8)

        @inline(__always)
        func names(_ name: FieldName) -> Bool {
            switch name {
            case .xRequestID: contains(.requestID)
            case .xRequestTimeoutMs: contains(.timeout)
            case .traceparent: contains(.traceparent)
            case .tracestate: contains(.tracestate)
            default: false
            }
        }
    }

    /// Tells an origin, and says where in the head the span of an attempt goes, if there is a trace.
    func write(to writer: inout FieldWriter) -> Int? {
        answer(to: &writer)
        return trace?.write(to: &writer)
    }

    /// Tells the client.
    func answer(to writer: inout FieldWriter) {
        if id.isEmpty { return }
        writer.begin("X-Request-ID")
        id.write(to: &writer)
        writer.end()
    }
}

extension ProxyLoop {
    /// Names a request. What it says of itself counts as far as its sender may say it.
    func identify(_ request: borrowing RequestHead, from peer: Peer) -> RequestIdentity {
        var identity = RequestIdentity()
        if namesRequests {
            identity.replaced.insert(.requestID)
            if peer.isTrusted, let name = request.fields.only(.xRequestID) {
                identity.id = RequestID(accepting: name) ?? RequestID(using: &identifiers)
            } else {
                identity.id = RequestID(using: &identifiers)
            }
        }
        if tracing != .off {
            identity.replaced.insert(.traceparent)
            if let parent = request.fields.only(.traceparent) { identity.trace = TraceContext(parent) }
            if identity.trace == nil {
                identity.replaced.insert(.tracestate)
                if tracing == .generate {
                    identity.trace = TraceContext(using: &identifiers)
                }
            }
        }
        if requestTimeout != .ignore { identity.replaced.insert(.timeout) }
        return identity
    }
}
