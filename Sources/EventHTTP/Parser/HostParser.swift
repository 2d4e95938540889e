// SPDX-License-Identifier: Apache-2.0

/// The authority of a request: `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2).
enum HostParser {
    /// Whether `value` is such an authority, with a host that is not empty and without user information.
    static func isValid(_ value: Span<UInt8>, needsPort: Bool = false) -> Bool {
        var position = 0
        if value.isEmpty { return false }
        if value[0] == UInt8(ascii: "[") {
            guard let close = value.firstIndex(of: UInt8(ascii: "]")) else { return false }
            guard isIPv6(value.extracting(1..<close)) else { return false }
            position = close + 1
        } else {
            while position < value.count, value[position] != UInt8(ascii: ":") {
                if value[position] == UInt8(ascii: "%") {
                    guard position + 2 < value.count, isHexadecimal(value[position + 1]),
                        isHexadecimal(value[position + 2])
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

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 <= 5
    }

    /// IPv6address: eight groups, or fewer and one `::` for the rest; an IPv4 address may stand for the last two.
    /// Zones (RFC 9844 keeps them out of URIs) and addresses of the future, which nobody could reach, are refused.
    private static func isIPv6(_ value: Span<UInt8>) -> Bool {
        var groups = 0
        var isShortened = false
        var position = 0
        if value.hasPrefix("::") {
            isShortened = true
            position = 2
        }
        while position < value.count {
            let start = position
            while position < value.count, isHexadecimal(value[position]) { position += 1 }
            if position < value.count, value[position] == UInt8(ascii: ".") {
                groups += 2
                return isIPv4(value.dropping(start)) && (isShortened ? groups <= 7 : groups == 8)
            }
            guard (1...4).contains(position - start) else { return false }
            groups += 1
            if position == value.count { break }
            guard value[position] == UInt8(ascii: ":"), position + 1 < value.count else { return false }
            position += 1
            if value[position] == UInt8(ascii: ":") {
                if isShortened { return false }
                isShortened = true
                position += 1
            }
        }
        return isShortened ? groups <= 7 : groups == 8
    }

    /// Four numbers up to 255 without zeros in front.
    private static func isIPv4(_ value: Span<UInt8>) -> Bool {
        var position = 0
        for part in 0..<4 {
            if part > 0 {
                guard position < value.count, value[position] == UInt8(ascii: ".") else { return false }
                position += 1
            }
            let start = position
            while position < value.count, value[position] &- 0x30 <= 9 { position += 1 }
            guard let number = value.extracting(start..<position).decimal, number <= 255 else { return false }
            guard position - start == 1 || value[start] != UInt8(ascii: "0") else { return false }
        }
        return position == value.count
    }
}
