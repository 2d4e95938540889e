// SPDX-License-Identifier: Apache-2.0

/// A block of IP addresses in CIDR notation (RFC 4632 §3.1): all that share their first bits.
///
/// IPv4 addresses are the same whether they came as such or through a dual-stack socket (`::ffff:192.0.2.1`), and no
/// block of IPv6 holds them unless it says so: `::/0` is all of IPv6, and no IPv4.
public struct AddressBlock: Sendable, Hashable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64
    private let maskHigh: UInt64
    private let maskLow: UInt64
    private let isIPv4: Bool
    /// Bits that count, of 128: an IPv4 block has 96 more than it says.
    package let bits: Int

    private static let mappedBits = 96

    /// Reads `10.0.0.0/8` or `2001:db8::/32`; an address alone is a block of one. Nil if `text` is neither.
    ///
    /// Bits beyond the prefix are dropped; ``description`` shows what is left.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        let slash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
        guard let address = AddressParser.address(bytes.span.extracting(0..<slash)) else { return nil }
        let width = address.isIPv6 ? 128 : 32
        var prefix = width
        if slash < bytes.count {
            let digits = bytes.span.dropping(slash + 1)
            guard let number = digits.decimal, number <= UInt64(width) else { return nil }
            guard digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return nil }
            prefix = Int(number)
        }
        self.init(address, bits: 128 - width + prefix)
    }

    private init(_ address: SocketAddress, bits: Int) {
        let words = address.mappedWords
        // A shift by all 64 bits is 0 in Swift, as is wanted here.
        maskHigh = ~UInt64(0) << UInt64(max(64 - bits, 0))
        maskLow = ~UInt64(0) << UInt64(min(128 - bits, 64))
        high = words.high & maskHigh
        low = words.low & maskLow
        isIPv4 = bits >= Self.mappedBits && Self.isMapped(words)
        self.bits = bits
    }

    private static func isMapped(_ words: (high: UInt64, low: UInt64)) -> Bool {
        words.high == 0 && words.low >> 32 == 0xffff
    }

    /// Whether the address is one of the block; its port does not matter.
    public func contains(_ address: SocketAddress) -> Bool {
        let words = address.mappedWords
        return words.high & maskHigh == high && words.low & maskLow == low && Self.isMapped(words) == isIPv4
    }

    /// Whether the address is the first one of the block: it has no bits beyond the prefix.
    package func begins(at address: SocketAddress) -> Bool {
        address.mappedWords == (high, low)
    }

    /// The block with all bits beyond its prefix zero, such as `10.0.0.0/8`.
    public var description: String {
        if isIPv4 {
            let address = SocketAddress(ipv4: UInt32(truncatingIfNeeded: low), port: 0)
            return "\(address.host)/\(bits - Self.mappedBits)"
        }
        return "\(SocketAddress(ipv6: high, low, port: 0).host)/\(bits)"
    }
}

/// Blocks of addresses that mean the same to whoever asks.
public struct AddressBlocks: Sendable, Equatable {
    private let blocks: [AddressBlock]

    /// None, unless some are given.
    public init(_ blocks: [AddressBlock] = []) {
        self.blocks = blocks
    }

    /// There are none.
    public var isEmpty: Bool { blocks.isEmpty }

    /// Whether the address is in one of the blocks.
    public func contains(_ address: SocketAddress) -> Bool {
        longestMatch(address) != nil
    }

    /// Of the blocks that hold the address, the bits of the smallest.
    package func longestMatch(_ address: SocketAddress) -> Int? {
        var longest: Int?
        for block in blocks where block.contains(address) { longest = max(longest ?? 0, block.bits) }
        return longest
    }
}
