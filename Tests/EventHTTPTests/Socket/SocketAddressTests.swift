// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventHTTP

struct SocketAddressTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let literal: String
        let host: String
        let isIPv6: Bool
        let needsBrackets: Bool
        var testDescription: String { literal }

        init(_ literal: String, _ host: String? = nil, v6: Bool = true, brackets: Bool = true) {
            self.literal = literal
            self.host = host ?? literal
            isIPv6 = v6
            needsBrackets = brackets
        }
    }

    static let addresses: [Case] = [
        Case("127.0.0.1", v6: false, brackets: false), Case("0.0.0.0", v6: false, brackets: false),
        Case("255.255.255.255", v6: false, brackets: false), Case("192.0.2.1", v6: false, brackets: false),
        Case("::"), Case("::1"), Case("2001:db8::1"), Case("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        Case("2001:0db8:0000:0001:0000:0000:0000:0001", "2001:db8:0:1::1"), Case("fe80::1"),
        Case("1:2:3:4:5:6:7:8"), Case("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        Case("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), Case("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
        Case("::ffff:192.0.2.1", "192.0.2.1", brackets: false), Case("::ffff:c000:201", "192.0.2.1", brackets: false),
        Case("::FFFF:0:0", "0.0.0.0", brackets: false), Case("::fffe:192.0.2.1", "::fffe:c000:201"),
    ]

    @Test(arguments: addresses)
    func `an address is read and written in its canonical form`(_ each: Case) throws {
        let address = try #require(SocketAddress(each.literal, port: 8080))
        #expect(address.host == each.host)
        #expect(address.isIPv6 == each.isIPv6)
        #expect(address.needsBrackets == each.needsBrackets)
        #expect(address.port == 8080)
        #expect(address.description == (each.needsBrackets ? "[\(each.host)]:8080" : "\(each.host):8080"))
        var buffer = Buffer(capacity: SocketAddress.textBytesMax)
        address.appendHost(to: &buffer)
        #expect(text(buffer.bytes) == each.host)
        #expect(address.description.utf8.count <= SocketAddress.textBytesMax)
    }

    @Test(arguments: addresses)
    func `an address survives the form of the system calls`(_ each: Case) throws {
        let address = try #require(SocketAddress(each.literal, port: 65_535))
        var storage = sockaddr_storage()
        address.withSockaddr { pointer, length in
            withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: .init(start: pointer, count: Int(length))) }
        }
        let back = try #require(SocketAddress(&storage))
        #expect(back == address && back.hashValue == address.hashValue)
        #expect(back.description == address.description)
    }

    @Test(arguments: [
        "", " ", "localhost", "127.0.0", "127.0.0.1.1", "256.0.0.1", "127.0.0.01", "127.1", "0x7f.0.0.1", "127.0.0.1 ",
        " 127.0.0.1", "127.0.0.1:80", "[::1]", "::1]", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::12345", "::g",
        "::1%lo", "1::2::3", "::1.2.3", "é", "127,0,0,1",
    ])
    func `what is no address is not read`(_ literal: String) {
        #expect(SocketAddress(literal, port: 80) == nil)
    }

    @Test func `what follows a NUL is not ignored`() {
        for literal in ["127.0.0.1\u{0}", "127.0.0.1\u{0}.example.com", "::1\u{0}", "\u{0}"] {
            #expect(SocketAddress(literal, port: 80) == nil)
        }
    }

    @Test func `addresses are the same when family, bytes and port are`() throws {
        let address = try #require(SocketAddress("127.0.0.1", port: 80))
        #expect(address == SocketAddress("127.0.0.1", port: 80))
        #expect(address != SocketAddress("127.0.0.1", port: 81))
        #expect(address != SocketAddress("127.0.0.2", port: 80))
        #expect(SocketAddress("::1", port: 80) == SocketAddress("0:0::1", port: 80))
        // The same first four bytes, but another family.
        #expect(address != SocketAddress("7f00:1::", port: 80))
        #expect(SocketAddress("0.0.0.0", port: 0) == .unspecified && SocketAddress("::", port: 0) != .unspecified)
    }

    @Test func `another family is no address`() {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(AF_UNIX)
        #expect(SocketAddress(&storage) == nil)
    }
}
