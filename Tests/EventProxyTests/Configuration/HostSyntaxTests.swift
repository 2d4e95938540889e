// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct HostSyntaxTests {
    @Test(arguments: ["0.0.0.0", "127.0.0.1", "255.255.255.255", "10.98.58.70"])
    func `an IPv4 address has four octets`(_ text: String) {
        #expect(HostSyntax.ipv4(text) != nil)
        #expect(HostSyntax.canonical(text) == text)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "1.2.3.+4", "1..3.4", "1.2.3.4.", " 1.2.3.4",
        "0x7f.0.0.1", "1.2.3.999999999999999999999",
    ])
    func `these are not IPv4 addresses`(_ text: String) {
        #expect(HostSyntax.ipv4(text) == nil)
    }

    @Test(arguments: [
        ("::", "0:0:0:0:0:0:0:0"), ("::1", "0:0:0:0:0:0:0:1"), ("1::", "1:0:0:0:0:0:0:0"),
        ("2001:DB8::8:800:200c:417a", "2001:db8:0:0:8:800:200c:417a"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("::ffff:10.0.0.1", "0:0:0:0:0:ffff:a00:1"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ("0000:0:00::0001", "0:0:0:0:0:0:0:1"),
    ])
    func `an IPv6 address has one canonical spelling`(_ text: String, _ canonical: String) {
        #expect(HostSyntax.canonical(text) == canonical)
        #expect(HostSyntax.isAddress(text))
    }

    @Test(arguments: [
        "", ":", ":::", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:",
        "::12345", "::g", "1:2:3:4:5:6:7::8", "::1%eth0", "[::1]", "1.2.3.4::", "::1.2.3", "::1.2.3.4:5", "::+1",
        "1:2:3:4:5:6:7:1.2.3.4", "::::::::::",
    ])
    func `these are not IPv6 addresses`(_ text: String) {
        #expect(HostSyntax.ipv6(text) == nil)
        #expect(HostSyntax.canonical(text) == nil)
    }

    @Test(arguments: [
        "a", "localhost", "app-1", "my_app", "App.Example", "a.b.c.", "1password.com", "xn--mnchen-3ya.de",
        String(repeating: "a", count: 63) + ".b",
    ])
    func `a host name is made of labels`(_ text: String) {
        #expect(HostSyntax.canonical(text) == text.lowercased())
    }

    @Test(arguments: [
        ".", "", ".a", "a..b", "-a", "a-", "a.-b", "a b", "a/b", "a:80", "münchen.de", "10.0.0", "300.1.1.1", "1",
        "a.1", "a\u{0}", String(repeating: "a", count: 64), String(repeating: "a.", count: 127) + "a",
    ])
    func `these are no host names`(_ text: String) {
        #expect(HostSyntax.canonical(text) == nil)
    }
}

@Suite struct MessageTextTests {
    @Test(arguments: [
        ("port", "port", 0), ("prot", "port", 1), ("adress", "address", 1), ("clientHeader", "client_header", 2),
        ("", "ab", 2), ("ab", "", 2), ("host", "name", nil), ("services", "service", 1), ("abc", "cab", 2),
        ("ab", "cdab", 2), ("abcd", "wxyz", nil),
    ])
    func `edits are counted up to two`(_ from: String, _ to: String, _ distance: Int?) {
        #expect(editDistance(from: from, to: to, max: 2) == distance)
    }

    @Test(arguments: [
        ("adress", "address"), ("PORT", nil), ("prt", "port"), ("host", nil), ("x", nil), ("tsl", "tls"), ("at", nil),
    ])
    func `only a near word is suggested`(_ word: String, _ nearest: String?) {
        #expect(word.nearest(of: ["address", "port", "tls"]) == nearest)
    }

    @Test(arguments: [
        ("a", "'a'"), ("", "''"), ("a\nb", #"'a\u{a}b'"#), ("\u{1B}[31m", #"'\u{1b}[31m'"#),
        ("\u{202E}x", #"'\u{202e}x'"#), ("ü→", "'ü→'"),
        (String(repeating: "x", count: 61), "'" + String(repeating: "x", count: 60) + "…'"),
    ])
    func `what the file says is quoted safely`(_ text: String, _ quoted: String) {
        #expect(text.quotedForMessage == quoted)
    }
}
