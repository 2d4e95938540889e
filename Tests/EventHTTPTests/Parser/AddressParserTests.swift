// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct AddressParserTests {
    private func address(_ text: String) -> SocketAddress? {
        AddressParser.address(Array(text.utf8).span)
    }

    private func forwardedFor(_ text: String) -> SocketAddress? {
        SocketAddress(forwardedFor: Array(text.utf8).span)
    }

    @Test(arguments: [
        "0.0.0.0", "255.255.255.255", "192.0.2.1", "1.20.255.0", "::", "::1", "1::", "2001:db8::1", "::ffff:192.0.2.7",
        "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4", "1::8", "1:2:3::6:7:8", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
        "ABCD:ef01::", "::1.2.3.4", "fe80::a:b:c:d", "1:2:3:4:5:6::8",
    ])
    func `an address is read as the C library reads it`(text: String) throws {
        let read = try #require(address(text))
        #expect(read == SocketAddress(text, port: 0))
    }

    @Test(arguments: [
        "", ".", "1", "1.2.3", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "1..2.3", "01.2.3.4", "1.2.3.010", "256.1.1.1",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "0x7f.0.0.1", "1234.1.1.1", "a.b.c.d", ":", ":::", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1::2::3", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "12345::", "::g", "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3", "::1.2.3.4:5", "fe80::1%eth0", "[::1]", "1:2:3:4::5:6:7:8", "1.2.3.4::", "::1:", "1:::2",
    ])
    func `what is nearly an address is none`(text: String) {
        #expect(address(text) == nil)
        #expect(SocketAddress(text, port: 0) == nil)
    }

    @Test func `whatever one byte becomes, both readers agree`() {
        let texts = ["192.0.2.10", "2001:db8:0:1::a0", "::ffff:1.22.3.4", "1:2:3:4:5:6:7:8"]
        for text in texts {
            for position in text.utf8.indices {
                for byte in Array("019af:.gx ".utf8) {
                    var bytes = Array(text.utf8)
                    bytes[text.utf8.distance(from: text.startIndex, to: position)] = byte
                    let changed = String(decoding: bytes, as: UTF8.self)
                    #expect(address(changed) == SocketAddress(changed, port: 0), "\(changed)")
                }
            }
        }
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("192.0.2.1:4711", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:443", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
    ])
    func `an element of X-Forwarded-For may have a port`(text: String, host: String) throws {
        #expect(forwardedFor(text)?.host == host)
    }

    @Test(arguments: [
        "", "unknown", "_hidden", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:x", "192.0.2.1:1:2", "[192.0.2.1]",
        "[::1", "::1]", "[::1]443", "[::1]:", "[::1]:99999", "[::1%1]:1", "\"192.0.2.1\"", "example.com", "[]",
        "for=192.0.2.1", "192.0.2.1 ", "999.0.0.1",
    ])
    func `any other element names nobody`(text: String) {
        #expect(forwardedFor(text) == nil)
    }

    @Test(arguments: ["", "a", "a,b", " a , b,c ", ",a", "a,", ",,", " ", "a b , c\t"])
    func `a list from its end is the list backwards`(text: String) {
        let bytes = Array(text.utf8)
        var forwards = ListElements(bytes.span)
        var there: [String] = []
        while let element = forwards.next() { there.append(Self.text(element)) }
        var backwards = ReversedListElements(bytes.span)
        var back: [String] = []
        while let element = backwards.next() { back.append(Self.text(element)) }
        #expect(back == there.reversed())
    }

    private static func text(_ bytes: Span<UInt8>) -> String {
        String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
}
