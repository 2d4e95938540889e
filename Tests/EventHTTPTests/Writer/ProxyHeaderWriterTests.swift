// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// The PROXY header that goes out, byte by byte, and read by our own parser.
struct ProxyHeaderWriterTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10] + Array("QUIT\n".utf8)

    private func written(_ introduction: Introduction) throws -> [UInt8] {
        var buffer = Buffer(capacity: ProxyHeaderWriter.bytesMax)
        ProxyHeaderWriter.append(introduction, to: &buffer)
        let bytes = buffer.bytes.indices.map { buffer.bytes[$0] }
        let header = try #require(try ProxyHeaderParser.parse(bytes.span))
        #expect(header.length == bytes.count)
        if case .client(let client, _) = introduction {
            #expect(header.source?.description == client.description)
        } else {
            #expect(header.source == nil)
        }
        #expect(Array(bytes.prefix(12)) == Self.signature)
        return Array(bytes.dropFirst(12))
    }

    private func client(_ client: String, _ local: String) throws -> Introduction {
        .client(
            try #require(SocketAddress(client, port: 0x1234)), local: try #require(SocketAddress(local, port: 0x5678)))
    }

    private static let ports: [UInt8] = [0x12, 0x34, 0x56, 0x78]
    private static let zeros = [UInt8](repeating: 0, count: 10)

    @Test(arguments: [
        ("192.0.2.1", "10.0.0.2"), ("::ffff:192.0.2.1", "10.0.0.2"), ("192.0.2.1", "::ffff:10.0.0.2"),
    ])
    func `addresses of IPv4 are written as such, also those of a dual-stack listener`(from: String, to: String) throws {
        #expect(try written(client(from, to)) == [0x21, 0x11, 0, 12, 192, 0, 2, 1, 10, 0, 0, 2] + Self.ports)
    }

    @Test func `addresses of IPv6 are, and one of IPv4 beside one of them becomes one`() throws {
        let six: [UInt8] = [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]
        let local: [UInt8] = [UInt8](repeating: 0, count: 15) + [2]
        let mapped: [UInt8] = Self.zeros + [0xff, 0xff, 192, 0, 2, 1]
        #expect(try written(client("2001:db8::1", "::2")) == [0x21, 0x21, 0, 36] + six + local + Self.ports)
        #expect(try written(client("192.0.2.1", "::2")) == [0x21, 0x21, 0, 36] + mapped + local + Self.ports)
        #expect(try written(client("2001:db8::1", "192.0.2.1")) == [0x21, 0x21, 0, 36] + six + mapped + Self.ports)
    }

    @Test func `a connection of our own says so, and nothing else`() throws {
        #expect(try written(.ourselves) == [0x20, 0, 0, 0])
    }
}
