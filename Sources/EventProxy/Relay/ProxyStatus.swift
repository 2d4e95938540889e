// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// `Proxy-Status` (RFC 9209): what the proxy has to say of how an answer came about, for whoever debugs it. On answers
/// that it made itself, and on those that are not from the first host that was asked.
struct ProxyStatus {
    /// On answers to what could not be understood as a request, or was beyond a limit.
    static func refusal(by name: String) -> FieldLines {
        FieldLines(["Proxy-Status": "\(name); error=http_request_error"])
    }

    /// What the proxy calls itself, a token (§2).
    let name: [UInt8]

    /// Why there is no better answer; nil for a good one.
    var error: StaticString?
    /// Which limit of the proxy refused the request, as `X-Limit` has it.
    var limit: StaticString?
    /// The label of the host that was asked last; empty when none was, or when answers do not say who gave them.
    var nextHop: [UInt8] = []
    /// How many hosts were asked, and how many could have been.
    var attempts = 0
    var attemptsMax = 0

    /// Writes one member of the list (§2); what proxies nearer to the origin have said stays before it.
    func write(to writer: inout FieldWriter) {
        writer.begin("Proxy-Status")
        writer.text(name.span)
        if let error {
            writer.literal("; error=")
            writer.literal(error)
        }
        if !nextHop.isEmpty {
            writer.literal("; next-hop=")
            writer.structured(nextHop.span)
        }
        if let limit {
            writer.literal("; details=\"")
            writer.literal(limit)
            writer.literal("\"")
        } else if attempts > 0 {
            writer.literal("; details=\"attempt ")
            writer.decimal(UInt64(attempts))
            writer.literal("/")
            writer.decimal(UInt64(attemptsMax))
            writer.literal("\"")
        }
        writer.end()
    }
}

extension ProxyLoop {
    /// What there is to say of attempts, the last of which was made at this host, with or without success.
    func status(of attempt: Attempt, from origin: Origin?, _ cause: Cause? = nil) -> ProxyStatus {
        var status = ProxyStatus(name: name, attempts: attempt.count, attemptsMax: attemptsMax)
        if let cause { status.error = cause.errorType ?? Cause.noHost.errorType }
        // Whoever does not want answers to say where they come from, does not want it said here either.
        if let origin, !originName.isEmpty { status.nextHop = origin.label }
        return status
    }
}
