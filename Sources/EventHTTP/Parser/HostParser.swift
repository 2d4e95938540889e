// SPDX-License-Identifier: Apache-2.0

/// The authority of a request: `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2). Zones (RFC 9844 keeps them out
/// of URIs) and addresses of the future, which nobody could reach, are refused.
enum HostParser {
    /// Whether `value` is such an authority, with a host that is not empty and without user information.
    static func isValid(_ value: Span<UInt8>, needsPort: Bool = false) -> Bool {
        var position = 0
        if value.isEmpty { return false }
        if value[0] == UInt8(ascii: "[") {
            guard let close = value.firstIndex(of: UInt8(ascii: "]")) else { return false }
            guard AddressParser.ipv6(value.extracting(1..<close)) != nil else { return false }
            position = close + 1
        } else {
            while position < value.count, value[position] != UInt8(ascii: ":") {
                if value[position] == UInt8(ascii: "%") {
                    guard position + 2 < value.count, AddressParser.isHexadecimal(value[position + 1]),
                        AddressParser.isHexadecimal(value[position + 2])
                    else { return false }
                    position += 2
                } else if !isNameCharacter(value[position]) {
                    return false
                }
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

    /// reg-name without its percent signs: unreserved, and sub-delims without the comma, which would make it a list.
    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"),
            UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}

extension Span<UInt8> {
    /// Whether the bytes could be the value of `Host`.
    package var isAuthority: Bool { HostParser.isValid(self) }
}
