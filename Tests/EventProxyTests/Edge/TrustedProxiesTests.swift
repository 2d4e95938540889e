// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP
@testable import EventProxy

/// What is believed of what a trusted proxy says of its clients.
struct TrustedProxiesTests {
    private static let trusted = AddressBlocks(
        ["10.0.0.0/8", "192.0.2.10", "2001:db8::/32"].compactMap { AddressBlock($0) })

    private func client(_ lines: [String], from peer: String) throws -> String {
        let peer = try #require(SocketAddress(peer, port: 4711))
        return try withRequest(host: "h:80", lines) { head in Self.trusted.client(of: head.fields, peer: peer).host }
    }

    @Test(
        arguments: [
            ("203.0.113.5", ["X-Forwarded-For: 1.1.1.1"], "203.0.113.5"),
            ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["X-Forwarded-For: "], "10.0.0.1"),
            ("10.0.0.1", ["X-Forwarded-For: 203.0.113.5"], "203.0.113.5"),
            ("::ffff:10.0.0.1", ["X-Forwarded-For: 203.0.113.5"], "203.0.113.5"),
            // What the client claims left of its own address is nothing.
            ("10.0.0.1", ["X-Forwarded-For: 1.1.1.1, 203.0.113.5"], "203.0.113.5"),
            ("10.0.0.1", ["X-Forwarded-For: 10.9.9.9, 203.0.113.5"], "203.0.113.5"),
            ("10.0.0.1", ["X-Forwarded-For: 1.1.1.1, 203.0.113.5, 10.0.0.2"], "203.0.113.5"),
            ("10.0.0.1", ["X-Forwarded-For: 203.0.113.5,192.0.2.10 ,10.0.0.2"], "203.0.113.5"),
            // One list, however many lines.
            ("10.0.0.1", ["X-Forwarded-For: 1.1.1.1", "x-forwarded-for: 203.0.113.5", "A: b"], "203.0.113.5"),
            ("10.0.0.1", ["X-Forwarded-For: 203.0.113.5", "X-Forwarded-For: 10.0.0.2"], "203.0.113.5"),
            // All are proxies: the first of them has asked for itself.
            ("10.0.0.1", ["X-Forwarded-For: 10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // IPv6, and what some proxies write around an address.
            ("2001:db8::1", ["X-Forwarded-For: 2001:db9::7, 2001:db8::2"], "2001:db9::7"),
            ("10.0.0.1", ["X-Forwarded-For: [2001:db9::7]:5000, 10.0.0.2:80"], "2001:db9::7"),
            ("10.0.0.1", ["X-Forwarded-For: ::ffff:203.0.113.5, ::ffff:10.0.0.2"], "203.0.113.5"),
            // What is no address ends the walk: nobody vouches for what is beyond.
            ("10.0.0.1", ["X-Forwarded-For: unknown"], "10.0.0.1"),
            ("10.0.0.1", ["X-Forwarded-For: 203.0.113.5, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", ["X-Forwarded-For: 203.0.113.5 10.0.0.2"], "10.0.0.1"),
            ("10.0.0.1", ["X-Forwarded-For: 203.0.113.5, 10.0.0.02"], "10.0.0.1"),
            ("10.0.0.1", ["X-Forwarded-For: 203.0.113.5, , 10.0.0.2,"], "203.0.113.5"),
            // An alias is not the field, and neither is the other one.
            ("10.0.0.1", ["X_Forwarded_For: 1.1.1.1", "Forwarded: for=1.1.1.1", "X-Real-IP: 1.1.1.1"], "10.0.0.1"),
        ] as [(String, [String], String)])
    func `the client is the last address that is no trusted proxy`(
        peer: String, lines: [String], client expected: String
    ) throws {
        #expect(try client(lines, from: peer) == expected)
    }

    private func forwarded(_ lines: [String], isTrusted: Bool = true, from peer: String = "10.0.0.1") throws -> [String]
    {
        let peer = Peer(address: try #require(SocketAddress(peer, port: 4711)), isTrusted: isTrusted)
        return try withRequest(host: "h:80", lines) { head in
            guard let authority = head.authority else { return [] }
            return writtenLines { buffer, pool in
                RequestWriter.append(head, host: authority, to: &buffer, pool: pool) { writer in
                    let via = FieldLines(["Via": "1.1 us"])
                    ForwardedFields.request(head, from: peer, host: authority, via: via, to: &writer)
                }
            }.dropFirst(2).map { $0 }
        }
    }

    private static let anew = [
        "X-Forwarded-For: 10.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: h:80",
        #"Forwarded: for=10.0.0.1;host="h:80";proto=http"#, "Via: 1.1 us",
    ]

    @Test func `the lists of a trusted proxy grow, each in one line`() throws {
        let lines = try forwarded([
            "X-Forwarded-For: 1.1.1.1, 203.0.113.5", "A: b", "Forwarded: for=203.0.113.5;proto=https",
            "X-Forwarded-For: 10.0.0.2", "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example",
            "X-Forwarded-Port: 443", "Forwarded: for=10.0.0.2", "Via: 1.1 first",
        ])
        #expect(
            lines == [
                "A: b", "Via: 1.1 first", "X-Forwarded-For: 1.1.1.1, 203.0.113.5, 10.0.0.2, 10.0.0.1",
                "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example", "X-Forwarded-Port: 443",
                #"Forwarded: for=203.0.113.5;proto=https, for=10.0.0.2, for=10.0.0.1;host="h:80";proto=http"#,
                "Via: 1.1 us",
            ])
    }

    @Test func `a trusted proxy that says nothing leaves it to us`() throws {
        #expect(try forwarded([]) == Self.anew)
    }

    @Test(arguments: [
        "X-Forwarded-Proto: ftp", "X-Forwarded-Proto: https, http", "X-Forwarded-Proto: ", "X-Forwarded-Host: a, b",
        "X-Forwarded-Host: a b", "X-Forwarded-Host: u@h", "X-Forwarded-Port: x", "X-Forwarded-Port: 70000",
        "X-Forwarded-For: ", "Forwarded: ", "X-Real-IP: 6.6.6.6", "X-Forwarded-Server: x", "X_Forwarded_For: 6.6.6.6",
        "X-Forwarded.Proto: https",
    ])
    func `what is malformed, an alias or vouched for by nobody is written anew or dropped`(line: String) throws {
        #expect(try forwarded([line]) == Self.anew)
        #expect(try forwarded(["X-Forwarded-Proto: https", "X-Forwarded-Proto: https"]) == Self.anew)
    }

    @Test func `whom nobody trusts is believed nothing`() throws {
        let lines = [
            "X-Forwarded-For: 1.1.1.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil", "X-Forwarded-Port: 443",
            "Forwarded: for=1.1.1.1",
        ]
        #expect(try forwarded(lines, isTrusted: false) == Self.anew)
    }

    @Test func `an IPv6 proxy is in brackets where it must be`() throws {
        let lines = try forwarded(["X-Forwarded-For: 203.0.113.5"], from: "2001:db8::1")
        #expect(lines[0] == "X-Forwarded-For: 203.0.113.5, 2001:db8::1")
        #expect(lines[3] == #"Forwarded: for="[2001:db8::1]";host="h:80";proto=http"#)
    }
}
