// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// The PROXY header, byte by byte.
struct ProxyHeaderParserTests {
    enum Outcome: Equatable, CustomStringConvertible {
        case header(source: String?, length: Int)
        case incomplete
        case refused(ProxyHeaderError)

        var description: String {
            switch self {
            case .header(let source, let length): "\(source ?? "the peer") after \(length)"
            case .incomplete: "incomplete"
            case .refused(let error): "\(error)"
            }
        }
    }

    private static func parse(_ bytes: [UInt8]) -> Outcome {
        // The bytes end at a page that cannot be read.
        guarded(bytes) { span in
            do throws(ProxyHeaderError) {
                guard let header = try ProxyHeaderParser.parse(span) else { return .incomplete }
                return .header(source: header.source?.description, length: header.length)
            } catch {
                return .refused(error)
            }
        }
    }

    private static func parse(_ text: String) -> Outcome { parse(Array(text.utf8)) }

    // MARK: Version 1

    @Test(
        arguments: [
            ("PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n", "192.0.2.1:4711"),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535"),
            ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0"),
            ("PROXY TCP6 2001:db8::1 ::2 4711 80\r\n", "[2001:db8::1]:4711"),
            ("PROXY TCP6 ::ffff:192.0.2.1 ::1 4711 80\r\n", "192.0.2.1:4711"),
            ("PROXY UNKNOWN\r\n", nil),
            ("PROXY UNKNOWN what ever\r\n", nil),
            ("PROXY UNKNOWN \(String(repeating: "f", count: 91))\r\n", nil),
        ] as [(String, String?)])
    func `a line of version 1 names the client`(line: String, source: String?) {
        let count = line.utf8.count
        #expect(Self.parse(line) == .header(source: source, length: count))
        #expect(Self.parse(line + "GET / HTTP/1.1\r\n") == .header(source: source, length: count))
        for length in 0..<count { #expect(Self.parse(Array(line.utf8.prefix(length))) == .incomplete, "\(length)") }
    }

    @Test(
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", .missing), ("PROXZ TCP4", .missing), ("PROXY\tTCP4", .missing),
            ("proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n", .missing), (" PROXY ", .missing), ("\r\nPROXY ", .missing),
            ("PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n", .family), ("PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n", .family),
            ("PROXY tcp4 1.1.1.1 1.1.1.1 1 1\r\n", .family), ("PROXY \r\n", .family),
            ("PROXY TCP4\r\n", .family), ("PROXY UNKNOWNS\r\n", .line), ("PROXY unknown\r\n", .family),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n", .line), ("PROXY TCP4 1.1.1.1 1.1.1.1\r\n", .line),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n", .line), ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n", .line),
            ("PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n", .address), ("PROXY TCP4 1.1.1.1 1.1.1.1 1  1\r\n", .line),
            ("PROXY TCP4 1.1.1.1\t1.1.1.1 1 1\r\n", .line),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n", .line), ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\rX", .line),
            ("PROXY TCP4 1.1.1.1\0 1.1.1.1 1 1\r\n", .line), ("PROXY UNKNOWN\0\r\n", .line),
            ("PROXY TCP4 ::1 ::1 1 1\r\n", .address), ("PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n", .address),
            ("PROXY TCP4 1.1.1.01 1.1.1.1 1 1\r\n", .address), ("PROXY TCP4 1.1.1.1 1.1.1 1 1\r\n", .address),
            ("PROXY TCP6 ::1 ::g 1 1\r\n", .address), ("PROXY TCP6 [::1] ::1 1 1\r\n", .address),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n", .address), ("PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n", .address),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", .address), ("PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n", .address),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 \r\n", .address), ("PROXY TCP4 1.1.1.1 1.1.1.1 1 x\r\n", .address),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 000001 1\r\n", .address),
            ("PROXY UNKNOWN \(String(repeating: "f", count: 92))\r\n", .tooLong),
            ("PROXY UNKNOWN \(String(repeating: "f", count: 93))", .tooLong),
            ("PROXY UNKNOWN \(String(repeating: "f", count: 1000))", .tooLong),
        ] as [(String, ProxyHeaderError)])
    func `what is nearly a line of version 1 is refused`(line: String, error: ProxyHeaderError) {
        #expect(Self.parse(line) == .refused(error))
    }

    // MARK: Version 2

    private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a] + Array("QUIT\n".utf8)

    private static func binary(
        _ versionAndCommand: UInt8, _ family: UInt8, _ payload: [UInt8], length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? payload.count
        return signature + [versionAndCommand, family, UInt8(length >> 8), UInt8(length & 255)] + payload
    }

    private static func binary(_ payload: [UInt8], length: Int? = nil) -> [UInt8] {
        binary(0x21, 0x11, payload, length: length)
    }

    private static let four: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0x12, 0x67, 0, 80]
    private static let six: [UInt8] =
        [0x20, 1, 0x0d, 0xb8] + Array(repeating: 0, count: 11) + [1] + Array(repeating: 0, count: 15) + [2]
        + [0x12, 0x67, 0, 80]

    private static func tlv(_ type: UInt8, _ value: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? value.count
        return [type, UInt8(length >> 8), UInt8(length & 255)] + value
    }

    private static func checksummed() -> [UInt8] {
        var bytes = binary(four + tlv(2, Array("h".utf8)) + tlv(3, [0, 0, 0, 0]))
        let sum = ProxyHeaderParser.checksum(bytes.span, without: 0..<0)
        for i in 0..<4 { bytes[bytes.count - 4 + i] = UInt8(truncatingIfNeeded: sum >> UInt64(24 - 8 * i)) }
        return bytes
    }

    private static let valid: [(bytes: [UInt8], source: String?)] = [
        (binary(four), "192.0.2.1:4711"),
        (binary(0x21, 0x21, six), "[2001:db8::1]:4711"),
        (binary(four + tlv(1, Array("http/1.1".utf8)) + tlv(4, []) + tlv(0xea, [1, 2, 3])), "192.0.2.1:4711"),
        (binary(four + tlv(0x20, [1, 0, 0, 0, 0] + tlv(0x21, Array("TLSv1.3".utf8)))), "192.0.2.1:4711"),
        (binary(four + tlv(5, Array(repeating: 7, count: 128))), "192.0.2.1:4711"),
        (checksummed(), "192.0.2.1:4711"),
        (binary(four + tlv(0xe0, Array(repeating: 0, count: 536 - 16 - 12 - 3))), "192.0.2.1:4711"),
        // From a socket in the file system, from nobody knows where, and from the proxy itself.
        (binary(0x21, 0x31, Array(repeating: 0x2f, count: 216)), nil),
        (binary(0x21, 0x00, []), nil), (binary(0x21, 0x00, [1, 2, 3]), nil),
        (binary(0x20, 0x00, []), nil), (binary(0x20, 0x11, four), nil), (binary(0x20, 0xff, [9, 9]), nil),
    ]

    @Test(arguments: valid.indices) func `a header of version 2 names the client`(_ index: Int) {
        let (bytes, source) = Self.valid[index]
        let expected = Outcome.header(source: source, length: bytes.count)
        #expect(Self.parse(bytes) == expected)
        #expect(Self.parse(bytes + Array("GET / HTTP/1.1\r\n".utf8)) == expected)
        for length in 0..<bytes.count { #expect(Self.parse(Array(bytes.prefix(length))) == .incomplete, "\(length)") }
    }

    private static let invalid: [(bytes: [UInt8], error: ProxyHeaderError)] = [
        (binary(0x11, 0x11, four), .version), (binary(0x31, 0x11, four), .version),
        (binary(0x22, 0x11, four), .command),
        (binary(0x2f, 0x11, four), .command), (binary(0x21, 0x12, four), .family), (binary(0x21, 0x22, six), .family),
        (binary(0x21, 0x10, four), .family), (binary(0x21, 0x01, four), .family), (binary(0x21, 0x41, four), .family),
        (binary(0x21, 0x32, []), .family),
        (binary(Array(four.dropLast())), .addressLength), (binary([]), .addressLength),
        (binary(0x21, 0x21, four), .addressLength), (binary(0x21, 0x31, six), .addressLength),
        (binary(four + [1]), .extensions), (binary(four + [1, 0]), .extensions),
        (binary(four + tlv(1, [1, 2], length: 3)), .extensions),
        (binary(four + tlv(1, [], length: 0xffff)), .extensions),
        (binary(four + tlv(1, [1, 2], length: 1)), .extensions), (binary(four + tlv(3, [1, 2, 3])), .extensions),
        (binary(four + tlv(3, [1, 2, 3, 4, 5])), .extensions), (binary(four + tlv(3, [1, 2, 3, 4])), .checksum),
        (binary(four + tlv(5, Array(repeating: 7, count: 129))), .extensions),
        (binary(four + tlv(0x20, [1, 0, 0, 0])), .extensions),
        (binary(four + tlv(0x20, [1, 0, 0, 0, 0] + tlv(0x21, [], length: 1))), .extensions),
        (binary(four + tlv(0x20, [1, 0, 0, 0, 0, 9])), .extensions),
        (binary(four, length: 521), .tooLong), (binary(0x20, 0, [], length: 0xffff), .tooLong),
        (signature.dropLast() + [0x0d], .missing), ([0x0d, 0x0a, 0x0d, 0x0b], .missing), ([0x16, 3, 1], .missing),
        ([0], .missing), ([0x0d, 0x0a, 0x47], .missing),
    ]

    @Test(arguments: invalid.indices) func `what is nearly a header of version 2 is refused`(_ index: Int) {
        let (bytes, error) = Self.invalid[index]
        #expect(Self.parse(bytes) == .refused(error), "\(bytes)")
    }

    @Test func `CRC-32C is that of everybody else`() {
        #expect(ProxyHeaderParser.checksum(Array("123456789".utf8).span, without: 0..<0) == 0xe306_9283)
    }

    /// Whatever one byte becomes, a header ends where its lengths say, or is refused: no byte of it is left over for a
    /// request, and none of a request is taken.
    @Test func `a single wrong byte spills nothing`() {
        let lines = ["PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n", "PROXY TCP6 2001:db8::1 ::2 4711 80\r\n"]
        let tail = Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        for bytes in lines.map({ Array($0.utf8) }) {
            for position in bytes.indices {
                for value in UInt8.min ... .max {
                    var changed = bytes
                    changed[position] = value
                    switch Self.parse(changed + tail) {
                    case .header(_, let length): #expect(length == bytes.count)
                    case .incomplete: Issue.record("waits for more: \(changed)")
                    case .refused: break
                    }
                }
            }
        }
        for (bytes, _) in Self.valid where bytes.count < 100 {
            for position in bytes.indices {
                for value in UInt8.min ... .max {
                    var changed = bytes
                    changed[position] = value
                    let length = 16 + Int(changed[14]) << 8 + Int(changed[15])
                    switch Self.parse(changed + tail) {
                    case .header(_, let found): #expect(found == length)
                    case .incomplete: #expect(length > changed.count + tail.count)
                    case .refused: break
                    }
                }
            }
        }
    }
}
