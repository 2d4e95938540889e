// SPDX-License-Identifier: Apache-2.0

/// The authority of a request: `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2).
enum HostParser {
    /// Whether `value` is such an authority, with a host that is not empty and without user information.
    static func isValid(_ value: Span<UInt8>, needsPort: Bool = false) -> Bool {
        var position = 0
        if value.isEmpty { return false }
        if value[0] == UInt8(ascii: "[") {
            guard let close = value.firstIndex(of: UInt8(ascii: "]")), close > 2 else { return false }
            for i in 1..<close where !isIPLiteralCharacter(value[i]) { return false }
            position = close + 1
        } else {
            while position < value.count, value[position] != UInt8(ascii: ":") {
                if !isNameCharacter(value[position]) { return false }
                position += 1
            }
            if position == 0 { return false }
        }
        // RFC 3986 allows the digits to be missing, and the colon too.
        if value.count - position <= 1 && needsPort { return false }
        return position == value.count || isPort(value.dropping(position))
    }

    /// `:` and up to five digits that are at most 65535.
    private static func isPort(_ value: Span<UInt8>) -> Bool {
        guard value[0] == UInt8(ascii: ":"), value.count <= 6 else { return false }
        if value.count == 1 { return true }
        guard let port = value.dropping(1).decimal else { return false }
        return port <= 65535
    }

    /// reg-name: unreserved, percent signs, and sub-delims without the comma, which would make it a list.
    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"),
            UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    private static func isIPLiteralCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "%"),
            UInt8(ascii: "v"):
            true
        default: false
        }
    }
}
