// SPDX-License-Identifier: Apache-2.0

/// What an authority names, `host [":" port]` (RFC 3986 §3.2), as whoever connects needs it.
package struct Authority: Hashable, Sendable {
    /// A name, an IPv4 address, or an IPv6 address without its brackets; in lower case (RFC 3986 §3.2.2).
    package let host: String
    package let port: UInt16

    /// The port where none is named (RFC 9110 §4.2.1).
    private static let defaultPort: UInt16 = 80

    /// Nil when `text` is no authority with a host and a port that can be connected to.
    package init?(_ text: String) {
        guard HostParser.isValid(Array(text.utf8).span) else { return nil }
        // The colon before the port is the one after the last bracket.
        let closing = text.lastIndex(of: "]")
        let colon = text[(closing ?? text.startIndex)...].firstIndex(of: ":")
        let digits = colon.map { text[text.index(after: $0)...] } ?? ""
        guard let port = digits.isEmpty ? Self.defaultPort : UInt16(digits), port > 0 else { return nil }
        let name = text[..<(colon ?? text.endIndex)]
        host = (closing == nil ? name : name.dropFirst().dropLast()).lowercased()
        self.port = port
    }
}
