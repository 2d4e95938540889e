// SPDX-License-Identifier: Apache-2.0

/// What a PROXY header says: whose connection a proxy in front of us passes on (HAProxy's PROXY protocol, versions 1
/// and 2).
struct ProxyHeader: Equatable {
    /// Who has connected to that proxy; nil when it speaks for itself (`LOCAL`, as for its checks) or does not know
    /// (`UNKNOWN`, an address family that is not IP): then the peer of the connection counts.
    var source: SocketAddress?
    /// Of the header, in bytes; what follows is the connection's own.
    var length: Int
}

/// Why a connection is closed for its PROXY header.
enum ProxyHeaderError: Error, Equatable, CaseIterable {
    case missing
    case tooLong
    case line
    case address
    case version
    case command
    case family
    case addressLength
    case extensions
    case checksum
    case incomplete
    case late

    var reason: StaticString {
        switch self {
        case .missing: "it does not begin with a PROXY header"
        case .tooLong: "its PROXY header is too long"
        case .line: "its PROXY header is no line of version 1"
        case .address: "its PROXY header has a malformed address or port"
        case .version: "its PROXY header has an unknown version"
        case .command: "its PROXY header has an unknown command"
        case .family: "its PROXY header is for another protocol than TCP"
        case .addressLength: "its PROXY header is shorter than its addresses"
        case .extensions: "its PROXY header has extensions of a wrong length"
        case .checksum: "its PROXY header has a wrong checksum"
        case .incomplete: "it ended within its PROXY header"
        case .late: "its PROXY header was not complete in time"
        }
    }
}

/// Parses the header in front of a connection's first request. Stateless like the other parsers: it starts at the first
/// byte each time some have come. Whatever is not exactly a header is refused, since the bytes that it leaves are taken
/// for a request of the client that it names (CVE-2026-47692: a length that spilled).
enum ProxyHeaderParser {
    /// A line of version 1 with its CRLF.
    static let lineBytesMax = 107
    /// A header of version 2: what the smallest segment that every host takes can hold, as its sender must assume.
    static let bytesMax = 536
    /// Signature, version and command, family, length.
    static let fixedBytes = 16

    private static let signatureBytes = 12
    private static let checksumType: UInt8 = 0x03
    private static let uniqueIDType: UInt8 = 0x05
    private static let uniqueIDBytesMax = 128
    private static let tlsType: UInt8 = 0x20
    /// What stands before the extensions within an extension about TLS: a byte and a word.
    private static let tlsFixedBytes = 5

    /// The header at the front of `bytes`; nil when it is not complete yet.
    static func parse(_ bytes: Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader? {
        if bytes.isEmpty { return nil }
        if bytes[0] == UInt8(ascii: "P") { return try parseLine(bytes) }
        for i in 0..<min(bytes.count, signatureBytes) where bytes[i] != signature(i) { throw .missing }
        guard bytes.count >= fixedBytes else { return nil }
        return try parseBinary(bytes)
    }

    // MARK: Version 1

    private static func parseLine(_ bytes: Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader? {
        let name: StaticString = "PROXY "
        guard ByteScanner.equalPrefix(bytes.extracting(0..<min(bytes.count, 6)), name) else { throw .missing }
        let window = bytes.extracting(0..<min(bytes.count, lineBytesMax))
        let end = ByteScanner.valueEnd(window, from: 0)
        if end == lineBytesMax { throw .tooLong }
        if end == bytes.count { return nil }
        guard bytes[end] == UInt8(ascii: "\r") else { throw .line }
        guard end + 1 < lineBytesMax else { throw .tooLong }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == UInt8(ascii: "\n") else { throw .line }
        var rest = window.extracting(6..<end)
        var header = ProxyHeader(source: nil, length: end + 2)
        if rest.hasPrefix("UNKNOWN") {
            // Whatever follows is to be ignored.
            guard rest.count == 7 || rest[7] == UInt8(ascii: " ") else { throw .line }
            return header
        }
        let isIPv6 = rest.hasPrefix("TCP6 ")
        guard isIPv6 || rest.hasPrefix("TCP4 ") else { throw .family }
        rest = rest.dropping(5)
        let source = try word(&rest)
        let destination = try word(&rest)
        let sourcePort = try port(try word(&rest))
        // The last one has no space after it.
        guard rest.firstIndex(of: UInt8(ascii: " ")) == nil else { throw .line }
        _ = try port(rest)
        header.source = try address(source, isIPv6: isIPv6, port: sourcePort)
        _ = try address(destination, isIPv6: isIPv6, port: 0)
        return header
    }

    /// Takes what is before the next space, and that space.
    @_lifetime(copy rest)
    private static func word(_ rest: inout Span<UInt8>) throws(ProxyHeaderError) -> Span<UInt8> {
        guard let space = rest.firstIndex(of: UInt8(ascii: " ")) else { throw .line }
        let word = rest.extracting(0..<space)
        rest = rest.dropping(space + 1)
        return word
    }

    private static func port(_ digits: Span<UInt8>) throws(ProxyHeaderError) -> UInt16 {
        guard digits.count <= 5, let number = digits.decimal, number <= UInt64(UInt16.max) else { throw .address }
        guard digits.count == 1 || digits[0] != UInt8(ascii: "0") else { throw .address }
        return UInt16(number)
    }

    private static func address(
        _ text: Span<UInt8>, isIPv6: Bool, port: UInt16
    ) throws(ProxyHeaderError) -> SocketAddress {
        guard let address = AddressParser.address(text, port: port), address.isIPv6 == isIPv6 else { throw .address }
        return address
    }

    // MARK: Version 2

    /// `\r\n\r\n\0\r\nQUIT\n`, which no protocol that is in use takes for a beginning.
    private static func signature(_ index: Int) -> UInt8 {
        switch index {
        case 0, 2, 5: 0x0d
        case 1, 3, 6, 11: 0x0a
        case 4: 0x00
        case 7: UInt8(ascii: "Q")
        case 8: UInt8(ascii: "U")
        case 9: UInt8(ascii: "I")
        default: UInt8(ascii: "T")
        }
    }

    private static func parseBinary(_ bytes: Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader? {
        guard bytes[12] >> 4 == 2 else { throw .version }
        let command = bytes[12] & 15
        guard command <= 1 else { throw .command }
        let length = fixedBytes + Int(bytes[14]) << 8 + Int(bytes[15])
        guard length <= bytesMax else { throw .tooLong }
        let family = bytes[13]
        var addressBytes = 0
        // LOCAL: the proxy speaks for itself, and the rest of the header is to be ignored.
        if command == 1 {
            switch family {
            case 0x00: break
            case 0x11: addressBytes = 12
            case 0x21: addressBytes = 36
            case 0x31: addressBytes = 216
            default: throw .family
            }
        }
        guard length >= fixedBytes + addressBytes else { throw .addressLength }
        guard bytes.count >= length else { return nil }
        let header = bytes.extracting(0..<length)
        // Of an unspecified family nothing is known of what follows either.
        if addressBytes > 0 { try check(extensions: header.dropping(fixedBytes + addressBytes), of: header) }
        let isIP = addressBytes == 12 || addressBytes == 36
        return ProxyHeader(source: isIP ? source(header, isIPv6: addressBytes == 36) : nil, length: length)
    }

    private static func source(_ header: Span<UInt8>, isIPv6: Bool) -> SocketAddress {
        if isIPv6 {
            let port = UInt16(truncatingIfNeeded: number(header, at: 48, bytes: 2))
            return SocketAddress(
                ipv6: number(header, at: 16, bytes: 8), number(header, at: 24, bytes: 8), port: port)
        }
        let port = UInt16(truncatingIfNeeded: number(header, at: 24, bytes: 2))
        return SocketAddress(ipv4: UInt32(truncatingIfNeeded: number(header, at: 16, bytes: 4)), port: port)
    }

    /// In network byte order.
    private static func number(_ bytes: Span<UInt8>, at start: Int, bytes count: Int) -> UInt64 {
        var number: UInt64 = 0
        for i in start..<start + count { number = number << 8 | UInt64(bytes[i]) }
        return number
    }

    /// Type, length and value, one after the other, up to the very end.
    private static func check(extensions: Span<UInt8>, of header: Span<UInt8>) throws(ProxyHeaderError) {
        var rest = extensions
        while !rest.isEmpty {
            guard rest.count >= 3 else { throw .extensions }
            let length = Int(number(rest, at: 1, bytes: 2))
            guard rest.count >= 3 + length else { throw .extensions }
            let value = rest.extracting(3..<3 + length)
            switch rest[0] {
            case checksumType:
                guard length == 4 else { throw .extensions }
                let position = header.count - rest.count + 3
                guard checksum(header, without: position..<position + 4) == number(value, at: 0, bytes: 4) else {
                    throw .checksum
                }
            case uniqueIDType: guard length <= uniqueIDBytesMax else { throw .extensions }
            case tlsType:
                guard length >= tlsFixedBytes else { throw .extensions }
                try check(nested: value.dropping(tlsFixedBytes))
            default: break
            }
            rest = rest.dropping(3 + length)
        }
    }

    private static func check(nested extensions: Span<UInt8>) throws(ProxyHeaderError) {
        var rest = extensions
        while !rest.isEmpty {
            guard rest.count >= 3 else { throw .extensions }
            let length = Int(number(rest, at: 1, bytes: 2))
            guard rest.count >= 3 + length else { throw .extensions }
            rest = rest.dropping(3 + length)
        }
    }

    /// CRC-32C (RFC 9260 appendix A) of the header, in which the checksum itself counts as zero.
    static func checksum(_ bytes: Span<UInt8>, without range: Range<Int>) -> UInt64 {
        var state: UInt32 = 0xffff_ffff
        for i in bytes.indices {
            state ^= range.contains(i) ? 0 : UInt32(bytes[i])
            for _ in 0..<8 { state = state >> 1 ^ (state & 1 == 0 ? 0 : 0x82f6_3b78) }
        }
        return UInt64(~state)
    }
}
