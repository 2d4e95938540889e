// SPDX-License-Identifier: Apache-2.0

/// Reads IP addresses out of bytes, without a String: strictly, since what one reader takes for `10.0.0.8` and another
/// for `10.0.0.10` (`010`) is a hole in whatever is decided by it.
enum AddressParser {
    /// `192.0.2.1` or `2001:db8::1`, without brackets, port or zone.
    static func address(_ text: Span<UInt8>, port: UInt16 = 0) -> SocketAddress? {
        if let number = ipv4(text) { return SocketAddress(ipv4: number, port: port) }
        guard let words = ipv6(text) else { return nil }
        return SocketAddress(ipv6: words.high, words.low, port: port)
    }

    /// Four numbers up to 255 without zeros in front.
    static func ipv4(_ text: Span<UInt8>) -> UInt32? {
        var address: UInt32 = 0
        var position = 0
        for part in 0..<4 {
            if part > 0 {
                guard position < text.count, text[position] == UInt8(ascii: ".") else { return nil }
                position += 1
            }
            let start = position
            while position < text.count, text[position] &- 0x30 <= 9 { position += 1 }
            guard let number = text.extracting(start..<position).decimal, number <= 255 else { return nil }
            guard position - start == 1 || text[start] != UInt8(ascii: "0") else { return nil }
            address = address << 8 | UInt32(number)
        }
        return position == text.count ? address : nil
    }

    /// Eight groups, or fewer and one `::` for the rest; an IPv4 address may stand for the last two (RFC 4291 §2.2).
    static func ipv6(_ text: Span<UInt8>) -> (high: UInt64, low: UInt64)? {
        var groups = InlineArray<8, UInt16>(repeating: 0)
        var count = 0
        // How many groups stand before `::`.
        var gap: Int?
        var position = 0
        if text.hasPrefix("::") {
            gap = 0
            position = 2
        }
        while position < text.count {
            let start = position
            while position < text.count, isHexadecimal(text[position]) { position += 1 }
            if position < text.count, text[position] == UInt8(ascii: ".") {
                guard count <= 6, let number = ipv4(text.dropping(start)) else { return nil }
                groups[count] = UInt16(number >> 16)
                groups[count + 1] = UInt16(truncatingIfNeeded: number)
                count += 2
                break
            }
            guard (1...4).contains(position - start), count < 8 else { return nil }
            groups[count] = hexadecimal(text.extracting(start..<position))
            count += 1
            if position == text.count { break }
            guard text[position] == UInt8(ascii: ":"), position + 1 < text.count else { return nil }
            position += 1
            if text[position] == UInt8(ascii: ":") {
                if gap != nil { return nil }
                gap = count
                position += 1
            }
        }
        guard gap == nil ? count == 8 : count <= 7 else { return nil }
        return words(groups, count: count, gap: gap ?? count)
    }

    /// The groups after the gap move to the end; what is between is zero.
    private static func words(_ groups: InlineArray<8, UInt16>, count: Int, gap: Int) -> (high: UInt64, low: UInt64) {
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for place in 0..<8 {
            let index = place < gap ? place : place - (8 - count)
            let group = index < gap && place >= gap ? 0 : UInt64(groups[index])
            if place < 4 { words.high = words.high << 16 | group } else { words.low = words.low << 16 | group }
        }
        return words
    }

    static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 <= 5
    }

    /// Up to four hexadecimal digits.
    private static func hexadecimal(_ digits: Span<UInt8>) -> UInt16 {
        var number: UInt16 = 0
        for i in digits.indices {
            let digit = digits[i] &- 0x30 <= 9 ? digits[i] &- 0x30 : (digits[i] | 0x20) &- 0x61 &+ 10
            number = number << 4 | UInt16(digit)
        }
        return number
    }
}

extension SocketAddress {
    /// The address in an element of `X-Forwarded-For`, which some proxies write with a port: `192.0.2.1`,
    /// `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`. Nil for anything else, `unknown` too.
    package init?(forwardedFor text: Span<UInt8>) {
        let found: SocketAddress?
        if !text.isEmpty, text[0] == UInt8(ascii: "[") {
            guard let close = text.firstIndex(of: UInt8(ascii: "]")), Self.isPortOrNothing(text.dropping(close + 1)),
                let words = AddressParser.ipv6(text.extracting(1..<close))
            else { return nil }
            found = SocketAddress(ipv6: words.high, words.low, port: 0)
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")), Self.isPortOrNothing(text.dropping(colon)) {
            guard let number = AddressParser.ipv4(text.extracting(0..<colon)) else { return nil }
            found = SocketAddress(ipv4: number, port: 0)
        } else {
            found = AddressParser.address(text)
        }
        guard let found else { return nil }
        self = found
    }

    private static func isPortOrNothing(_ text: Span<UInt8>) -> Bool {
        if text.isEmpty { return true }
        guard text[0] == UInt8(ascii: ":"), text.count <= 6, let port = text.dropping(1).decimal else { return false }
        return port <= 65_535
    }
}
