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

    init(_ text: String) throws(Probe.Failure) {
        let scheme = "http://"
        guard text.lowercased().hasPrefix(scheme) else {
            throw Probe.Failure(url: text, reason: "a probe speaks plain HTTP: write http://HOST:PORT/PATH")
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        // A fragment is for whoever reads the answer (RFC 9110 §7.1).
        let target = rest.dropFirst(authority.count).prefix { $0 != "#" }
        guard let place = Authority(String(authority)) else {
            throw Probe.Failure(
                url: text,
                reason: """
                    '\(authority)' is no host: write a name, an IPv4 address or an IPv6 address in brackets, \
                    and perhaps a port from 1 to 65535
                    """)
        }
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Probe.Failure(url: text, reason: "the path has characters that a URL needs as %XX")
        }
        host = place.host
        port = place.port
        self.authority = String(authority)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }
}
