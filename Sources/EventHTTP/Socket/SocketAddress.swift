// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// An IPv4 or IPv6 address with a port.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// The address in network byte order; an IPv4 address fills the first four bytes.
    private let bytes: InlineArray<16, UInt8>
    /// Whether it is of IPv6; else of IPv4.
    public let isIPv6: Bool
    /// The TCP port.
    public let port: UInt16

    /// Longest text: `[`, 39 characters of IPv6, `]`, `:`, five digits.
    package static let textBytesMax = 64

    /// No address at all: 0.0.0.0 with port 0.
    package static let unspecified = SocketAddress()

    private init() {
        bytes = InlineArray(repeating: 0)
        isIPv6 = false
        port = 0
    }

    /// The IPv4 address whose octets are those of `ipv4`, the first one on top.
    package init(ipv4: UInt32, port: UInt16) {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        for i in 0..<4 { bytes[i] = UInt8(truncatingIfNeeded: ipv4 >> UInt32(24 - 8 * i)) }
        self.bytes = bytes
        isIPv6 = false
        self.port = port
    }

    /// The IPv6 address whose 128 bits are `high` and `low`.
    package init(ipv6 high: UInt64, _ low: UInt64, port: UInt16) {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        for i in 0..<8 {
            bytes[i] = UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * i))
            bytes[i + 8] = UInt8(truncatingIfNeeded: low >> UInt64(56 - 8 * i))
        }
        self.bytes = bytes
        isIPv6 = true
        self.port = port
    }

    /// Reads a literal such as `127.0.0.1` or `::1`; nil when it is neither.
    public init?(_ literal: String, port: UInt16) {
        var v4 = in_addr()
        var v6 = in6_addr()
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        // The C library would read no farther than a NUL and take what is before it.
        if literal.utf8.contains(0) { return nil }
        if unsafe inet_pton(AF_INET, literal, &v4) == 1 {
            unsafe withUnsafeBytes(of: &v4) { for i in 0..<4 { unsafe bytes[i] = $0[i] } }
            isIPv6 = false
        } else if unsafe inet_pton(AF_INET6, literal, &v6) == 1 {
            unsafe withUnsafeBytes(of: &v6) { for i in 0..<16 { unsafe bytes[i] = $0[i] } }
            isIPv6 = true
        } else {
            return nil
        }
        self.bytes = bytes
        self.port = port
    }

    /// Reads what the kernel filled in; nil for a family that is not IP.
    init?(_ storage: inout sockaddr_storage) {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        switch Int32(storage.ss_family) {
        case AF_INET:
            let v4 = unsafe withUnsafeBytes(of: &storage) { unsafe $0.load(as: sockaddr_in.self) }
            var address = v4.sin_addr
            unsafe withUnsafeBytes(of: &address) { for i in 0..<4 { unsafe bytes[i] = $0[i] } }
            isIPv6 = false
            port = UInt16(bigEndian: v4.sin_port)
        case AF_INET6:
            let v6 = unsafe withUnsafeBytes(of: &storage) { unsafe $0.load(as: sockaddr_in6.self) }
            var address = v6.sin6_addr
            unsafe withUnsafeBytes(of: &address) { for i in 0..<16 { unsafe bytes[i] = $0[i] } }
            isIPv6 = true
            port = UInt16(bigEndian: v6.sin6_port)
        default:
            return nil
        }
        self.bytes = bytes
    }

    public static func == (a: SocketAddress, b: SocketAddress) -> Bool {
        guard a.isIPv6 == b.isIPv6, a.port == b.port else { return false }
        for i in 0..<16 where a.bytes[i] != b.bytes[i] { return false }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        for i in 0..<16 { hasher.combine(bytes[i]) }
        hasher.combine(port)
    }

    /// The address without the port, as two numbers.
    package var hostWords: (UInt64, UInt64) {
        var words: (UInt64, UInt64) = (0, 0)
        for i in 0..<8 {
            words.0 = words.0 << 8 | UInt64(bytes[i])
            words.1 = words.1 << 8 | UInt64(bytes[i + 8])
        }
        return words
    }

    /// The 128 bits of the address, in which IPv4 is what a dual-stack listener would show: `::ffff:192.0.2.1`
    /// (RFC 4291 §2.5.5.2). So an address is the same however it came.
    package var mappedWords: (high: UInt64, low: UInt64) {
        let (high, low) = hostWords
        return isIPv6 ? (high, low) : (0, 0xffff << 32 | high >> 32)
    }

    /// Calls `body` with the form that the socket calls take.
    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { for i in 0..<16 { unsafe $0[i] = bytes[i] } }
            return unsafe withUnsafePointer(to: &address) {
                unsafe body(
                    UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self),
                    socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        unsafe withUnsafeMutableBytes(of: &address.sin_addr) { for i in 0..<4 { unsafe $0[i] = bytes[i] } }
        return unsafe withUnsafePointer(to: &address) {
            unsafe body(
                UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self),
                socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }

    /// All addresses of the machine: 0.0.0.0 or ::.
    var isWildcard: Bool { hostWords == (0, 0) }

    /// An IPv4 client of a dual-stack listener (`::ffff:192.0.2.1`) is shown as what it is.
    private var isMappedIPv4: Bool {
        for i in 0..<10 where bytes[i] != 0 { return false }
        return bytes[10] == 0xff && bytes[11] == 0xff
    }

    /// Appends the address without the port; IPv6 without brackets. At most 46 bytes.
    package func appendHost(to buffer: inout Buffer) {
        if !isIPv6 || isMappedIPv4 {
            let first = isIPv6 ? 12 : 0
            for i in 0..<4 {
                if i > 0 { buffer.append(UInt8(ascii: ".")) }
                buffer.append(octet: bytes[first + i])
            }
            return
        }
        for byte in ipv6Text.utf8 { buffer.append(byte) }
    }

    /// The canonical form of RFC 5952, which the C library writes.
    private var ipv6Text: String {
        var address = in6_addr()
        unsafe withUnsafeMutableBytes(of: &address) { for i in 0..<16 { unsafe $0[i] = bytes[i] } }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.textBytesMax) { text in
            _ = unsafe inet_ntop(AF_INET6, &address, text.baseAddress, socklen_t(Self.textBytesMax))
            return unsafe String(cString: text.baseAddress.unsafelyUnwrapped)
        }
    }

    /// The address without the port, as in a log line.
    public var host: String {
        if isIPv6 && !isMappedIPv4 { return ipv6Text }
        let first = isIPv6 ? 12 : 0
        return "\(bytes[first]).\(bytes[first + 1]).\(bytes[first + 2]).\(bytes[first + 3])"
    }

    /// Whether the text form has colons and therefore needs brackets beside a port.
    package var needsBrackets: Bool { isIPv6 && !isMappedIPv4 }

    public var description: String { needsBrackets ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
