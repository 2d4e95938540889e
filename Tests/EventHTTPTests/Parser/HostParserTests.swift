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
        "%", "h%", "h%2", "h%zz", "h%2g", "h%2:80", "%%20", "[1]", "[12]", "[....]", "[1:2:3:4:5:6:7]", "[::1::]",
        "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[::1:2:3:4:5:6:7:8]", "[:::]", "[1:]", "[:1]", "[::12345]",
        "[fe80::1%25eth0]", "[fe80::1%1]", "[v1.a]", "[::1.2.3]", "[::1.2.3.4.5]", "[::256.1.1.1]", "[::01.1.1.1]",
        "[1.2.3.4]", "[::1.2.3.4:1]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::1..2.3]", "[::.1.2.3]", "[::1.2.3.]",
    ])
    func `S19: anything else is not`(_ value: String) {
        #expect(!guarded(raw(value)) { HostParser.isValid($0) })
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `an address in brackets is valid when the C library can read it`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedBytes()
        let parts = [
            "0", "1", "ff", "abcd", "12345", ":", ":", ":", "::", "::", ".", "1.2.3.4", "255", "g", "1:2:3", "",
        ]
        var validCount = 0
        for _ in 0..<20_000 {
            let address = (0..<Int.random(in: 1...9, using: &random)).map { _ in parts.randomElement(using: &random)! }
            let literal = address.joined(separator: Bool.random(using: &random) ? "" : ":")
            let isValid = SocketAddress(literal, port: 0)?.isIPv6 ?? false
            validCount += isValid ? 1 : 0
            if memory.with(raw("[\(literal)]"), { HostParser.isValid($0) }) != isValid {
                Issue.record("seed \(seed): \(literal) is to be \(isValid ? "valid" : "invalid")")
            }
        }
        #expect(validCount > 100, "seed \(seed)")
    }

    @Test func `of single bytes only what a name may hold is valid`() {
        let valid = Set(raw("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+;="))
        let memory = GuardedBytes()
        for byte in UInt8.min...UInt8.max {
            #expect(memory.with([byte]) { HostParser.isValid($0) } == valid.contains(byte), "\(byte)")
        }
    }
}
