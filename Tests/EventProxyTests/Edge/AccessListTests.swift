// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

struct AccessListTests {
    private func admits(_ address: String, allow: [String], deny: [String]) throws -> Bool {
        var access = ProxyConfiguration.Access()
        access.allow = try allow.map { try #require(AddressBlock($0)) }
        access.deny = try deny.map { try #require(AddressBlock($0)) }
        return AccessList(access).admits(try #require(SocketAddress(address, port: 1)))
    }

    @Test(
        arguments: [
            ([], [], ["10.0.0.1": true, "::1": true]),
            (["10.0.0.0/8"], [], ["10.0.0.1": true, "::ffff:10.0.0.1": true, "11.0.0.1": false, "::1": false]),
            ([], ["10.0.0.0/8"], ["10.0.0.1": false, "::ffff:10.0.0.1": false, "11.0.0.1": true, "::1": true]),
            // The smaller block decides, whichever list it is in.
            (["10.0.0.0/8"], ["10.1.0.0/16"], ["10.0.0.1": true, "10.1.0.1": false, "11.0.0.1": false]),
            (["10.1.0.0/16"], ["10.0.0.0/8"], ["10.0.0.1": false, "10.1.0.1": true, "11.0.0.1": false]),
            (["10.0.0.0/8", "10.1.2.3"], ["10.1.0.0/16"], ["10.1.2.3": true, "10.1.2.4": false]),
            (["0.0.0.0/0", "::/0"], ["192.0.2.1"], ["192.0.2.1": false, "192.0.2.2": true, "2001:db8::1": true]),
            // Both lists have it: denied.
            (["10.0.0.0/8"], ["10.0.0.0/8"], ["10.0.0.1": false]),
            (["2001:db8::/32"], ["2001:db8:1::/48"], ["2001:db8::1": true, "2001:db8:1::1": false, "10.0.0.1": false]),
        ] as [([String], [String], [String: Bool])])
    func `the smallest block decides`(allow: [String], deny: [String], expected: [String: Bool]) throws {
        for (address, mayAsk) in expected {
            #expect(try admits(address, allow: allow, deny: deny) == mayAsk, "\(address)")
        }
    }
}
