// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

/// The keys that say who may ask for what.
struct EdgeKeysTests {
    @Test func `trusted proxies are addresses and blocks`() throws {
        let configuration = try parse(file("  trusted_proxies: [10.0.0.0/8, '2001:db8::/32', 192.0.2.1]"))
        #expect(configuration.trustedProxies.map(\.description) == ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32"])
        #expect(try parse(configuration.yaml) == configuration)
        #expect(try parse(file("  trusted_proxies: []")) == plain)
    }

    @Test func `PROXY headers come from trusted proxies`() throws {
        let configuration = try parse(file("  listen: {proxy_protocol: true}\n  trusted_proxies: [10.0.0.1]"))
        #expect(configuration.listen.proxyProtocol)
        #expect(try parse(configuration.yaml) == configuration)
    }

    private static let block = "must be an address or a block of addresses such as 10.0.0.0/8"

    @Test(arguments: [
        BadFile(
            keys: "  trusted_proxies: 10.0.0.0/8",
            "2:20: proxy.trusted_proxies must be a list, found '10.0.0.0/8'"),
        BadFile(
            keys: "  trusted_proxies: [10.1.2.3/8]",
            "2:21: proxy.trusted_proxies[0] \(block), found '10.1.2.3/8'; bits beyond the prefix are set; "
                + "write 10.0.0.0/8 or the address alone"),
        BadFile(
            keys: "  trusted_proxies:\n    - 10.0.0.0/8\n    - lb.example\n    - '[::1]'\n    - 10.0.0.1-10.0.0.9",
            "4:7: proxy.trusted_proxies[1] \(block), found 'lb.example'; names are not looked up; write the addresses",
            "5:7: proxy.trusted_proxies[2] \(block), found the quoted text '[::1]'; remove the brackets",
            "6:7: proxy.trusted_proxies[3] \(block), found '10.0.0.1-10.0.0.9'; "
                + "write the range as one or more blocks"),
        BadFile(
            keys: "  listen:\n    proxy_protocol: true",
            "3:21: proxy.listen.proxy_protocol needs proxy.trusted_proxies, which is empty; "
                + "list the addresses of those that send the header there"),
        BadFile(
            keys: "  listen: {proxy_protocol: 1}",
            "2:28: proxy.listen.proxy_protocol must be true or false, found the number 1"),
        BadFile(
            keys: "  trusted_proxies: [10.0.0.0/33]",
            "2:21: proxy.trusted_proxies[0] \(block), found '10.0.0.0/33'"),
        BadFile(
            keys: "  trusted_proxies:\n    - 10.0.0.1\n    - 10.0.0.1/32",
            "4:7: the block 10.0.0.1/32 is already on line 3"),
    ])
    func `what is none is said with its place`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }
}
