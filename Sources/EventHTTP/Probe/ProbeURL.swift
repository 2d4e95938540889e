// SPDX-License-Identifier: Apache-2.0

/// The URL of a probe: `http://host[:port][/path][?query]` (RFC 9110 §4.2.1).
struct ProbeURL {
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    let host: String
    let port: UInt16
    /// Host and port as the URL has them, for the field Host.
    let authority: String
    /// What is asked for: path and query (RFC 9112 §3.2.1).
    let target: String

    /// The port of a URL that names none.
    private static let defaultPort: UInt16 = 80

    init(_ text: String) throws(Probe.Failure) {
        let scheme = "http://"
        guard text.lowercased().hasPrefix(scheme) else {
            throw Probe.Failure(url: text, reason: "a probe speaks plain HTTP: write http://HOST:PORT/PATH")
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        // A fragment is for whoever reads the answer (RFC 9110 §7.1).
        let target = rest.dropFirst(authority.count).prefix { $0 != "#" }
        guard HostParser.isValid(Array(authority.utf8).span) else {
            throw Probe.Failure(
                url: text,
                reason:
                    "'\(authority)' is no host: write a name, an IPv4 address or an IPv6 address in brackets, and :PORT"
            )
        }
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Probe.Failure(url: text, reason: "the path has characters that a URL needs as %XX")
        }
        // The colon before the port is the one after the last bracket.
        let closing = authority.lastIndex(of: "]")
        let colon = authority[(closing ?? authority.startIndex)...].firstIndex(of: ":")
        let digits = colon.map { authority[authority.index(after: $0)...] } ?? ""
        guard let port = digits.isEmpty ? Self.defaultPort : UInt16(digits), port > 0 else {
            throw Probe.Failure(url: text, reason: "the port must be a number from 1 to 65535")
        }
        let name = authority[..<(colon ?? authority.endIndex)]
        host = String(closing == nil ? name : name.dropFirst().dropLast())
        self.port = port
        self.authority = String(authority)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }
}
