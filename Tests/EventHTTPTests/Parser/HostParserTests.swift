// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct HostParserTests {
    @Test(arguments: [
        "h", "example.com", "EXAMPLE.com.", "a-b_c~d.e", "127.0.0.1", "h:80", "h:", "h:0", "h:65535", "h:00080", "1",
        "[::1]", "[::1]:80", "[::]", "[::]:", "[2001:db8::192.0.2.1]:65535", "[2001:DB8:0:0:0:0:0:A]", "a!$&'()*+;=b",
        "x%2dy", "xn--bcher-kva.example:8080", "[::ffff:192.0.2.1]", "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:1.2.3.4]",
        "[1::8]", "[::2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7::]", "[::1]:",
    ])
    func `a host with or without a port is valid`(_ value: String) {
        #expect(guarded(raw(value)) { HostParser.isValid($0) })
    }

    @Test(arguments: [
        "", ":", ":80", "h:80:80", "h:65536", "h:99999", "h:100000", "h:000080", "h:8a", "h:+8", "h:-8", "h: 8", "h:8 ",
        "h i", "h,i", "u@h", "u:p@h", "h/", "h/a", "h?", "h#", "h\\a", "\"h\"", "<h>", "h|", "h^", "h`", "{h}", "h\t",
        "[", "]", "[]", "[:]", "[]:80", "[::1", "::1", "1::", "[::1]a", "[[::1]]", "[::1]]", "a[::1]",
        "[::1]:80:80", "[::1]:x", "[::g]", "[h]", "[::1 ]", "[u@::1]", "[::1]@h", "h\u{7f}", "h\u{80}", "h\u{ff}",
    ])
    func `S19: anything else is not`(_ value: String) {
        #expect(!guarded(raw(value)) { HostParser.isValid($0) })
    }

    @Test func `of single bytes only what a name may hold is valid`() {
        let valid = Set(raw("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+;="))
        let memory = GuardedBytes()
        for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: "%") {
            #expect(memory.with([byte]) { HostParser.isValid($0) } == valid.contains(byte), "\(byte)")
        }
    }
}
