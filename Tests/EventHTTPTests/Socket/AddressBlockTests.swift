// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct AddressBlockTests {
    @Test(
        arguments: [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                ["9.255.255.255", "11.0.0.0", "::a00:1"]
            ),
            ("192.0.2.7", ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.3.128"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::", "::1", "2001:db8::1"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db7:ffff::", "2001:db9::", "32.1.13.184"]),
            ("2001:db8::1", ["2001:db8::1"], ["2001:db8::2", "2001:db8:0:0:1::1"]),
            ("2001:db8::8000/113", ["2001:db8::8000", "2001:db8::ffff"], ["2001:db8::7fff"]),
            ("2001:db8::/64", ["2001:db8::ffff:ffff:ffff:ffff"], ["2001:db8:0:1::"]),
            ("2001:db8::/65", ["2001:db8::7fff:0:0:0"], ["2001:db8::8000:0:0:0"]),
            // All of IPv6 is no IPv4, in whatever form that comes.
            ("::/0", ["::", "ffff::"], ["10.0.0.1", "::ffff:10.0.0.1"]),
            ("::/64", ["::1"], ["::ffff:10.0.0.1"]),
            ("::ffff:10.0.0.0/104", ["10.1.2.3", "::ffff:10.1.2.3"], ["11.0.0.0"]),
        ] as [(String, [String], [String])])
    func `a block holds what shares its first bits`(text: String, members: [String], others: [String]) throws {
        let block = try #require(AddressBlock(text))
        for member in members { #expect(block.contains(try #require(SocketAddress(member, port: 1))), "\(member)") }
        for other in others { #expect(!block.contains(try #require(SocketAddress(other, port: 1))), "\(other)") }
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/8 ", "10/8",
        "10.0.0/24", "2001:db8::/129", "2001:db8::/x", "[::1]/128", "::1%lo/128", "example.com", "10.0.0.1-10.0.0.9",
        "10.0.0.0/255.0.0.0", "10.0.0.0/00",
    ])
    func `what is no block is refused`(text: String) {
        #expect(AddressBlock(text) == nil)
    }

    @Test(arguments: [
        ("10.1.2.3/8", "10.0.0.0/8"), ("192.0.2.1", "192.0.2.1/32"), ("2001:DB8::1/32", "2001:db8::/32"),
        ("::1", "::1/128"), ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("::/0", "::/0"), ("0.0.0.0/0", "0.0.0.0/0"),
    ])
    func `a block is described by its first address`(text: String, description: String) throws {
        let block = try #require(AddressBlock(text))
        #expect(block.description == description)
        #expect(AddressBlock(description) == block)
    }

    @Test func `every prefix cuts where it says`() throws {
        for prefix in 1...128 {
            let block = try #require(AddressBlock("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/\(prefix)"))
            // All ones, but for one bit: inside only if that bit is beyond the prefix.
            for bit in 0..<128 {
                let high = bit < 64 ? ~(UInt64(1) << UInt64(63 - bit)) : .max
                let low = bit < 64 ? .max : ~(UInt64(1) << UInt64(127 - bit))
                #expect(block.contains(SocketAddress(ipv6: high, low, port: 0)) == (bit >= prefix))
            }
        }
    }

    @Test func `of several blocks the smallest decides`() throws {
        let blocks = AddressBlocks(["10.0.0.0/8", "10.1.0.0/16", "::/0"].compactMap { AddressBlock($0) })
        let address = { (text: String) in try #require(SocketAddress(text, port: 0)) }
        #expect(blocks.longestMatch(try address("10.1.2.3")) == 96 + 16)
        #expect(blocks.longestMatch(try address("10.2.2.3")) == 96 + 8)
        #expect(blocks.longestMatch(try address("2001:db8::1")) == 0)
        #expect(blocks.longestMatch(try address("192.0.2.1")) == nil)
        #expect(!AddressBlocks().contains(try address("192.0.2.1")))
    }
}
