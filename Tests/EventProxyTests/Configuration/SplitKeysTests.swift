// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

struct SplitKeysTests {
    @Test func `shares and overrides are read, and written again`() throws {
        let configuration = try parse(
            file(
                """
                  routes:
                    - split: [{service: a, weight: 0}, {service: b, weight: 256}]
                      sticky: field X-User
                      override:
                        - {cookie: canary, value: 1, service: a}
                        - {field: X-Canary, service: b}
                """
            ) + "    - {name: b, host: [{address: 10.0.0.2, port: 80}]}\n")
        let route = try #require(configuration.routes.first)
        #expect(route.split.map(\.service) == ["a", "b"] && route.split.map(\.weight) == [0, 256])
        #expect(route.sticky == .field("X-User"))
        #expect(route.overrides.map(\.service) == ["a", "b"])
        #expect(route.overrides[0].cookie == "canary" && route.overrides[0].value == "1")
        #expect(route.overrides[1].field == "X-Canary" && route.overrides[1].value == "")
        #expect(try parse(configuration.yaml) == configuration)
        for sticky in ["none", "address", "cookie sid"] {
            let text = file("  routes: [{split: [{service: a, weight: 1}], sticky: \(sticky)}]")
            let configuration = try parse(text)
            #expect(try parse(configuration.yaml) == configuration)
        }
    }

    private static let sticky = "must be none, address, field NAME or cookie NAME"

    @Test(arguments: [
        BadFile(
            keys: "  routes:\n    - {services: [a], split: [{service: a, weight: 1}]}",
            "3:30: proxy.routes[0].split cannot stand beside services; remove one of them"),
        BadFile(
            keys: "  routes:\n    - split: [{service: a, weight: 257}, {service: a, weight: 1}, {weight: 1}]",
            "3:36: proxy.routes[0].split[0].weight must be a whole number from 0 to 256, found the number 257",
            "3:52: service 'a' is already on line 3",
            "3:67: missing key 'service' in proxy.routes[0].split[2]; it must be a name of 1 to 63 of the characters "
                + "A-Z a-z 0-9 . _ -"),
        BadFile(
            keys: "  routes:\n    - split: [{service: a, weight: 0}]\n    - {path_prefix: /x, sticky: address}",
            "3:14: proxy.routes[0].split needs a weight that is more than 0",
            "4:33: proxy.routes[1].sticky needs the key 'split', which says what is shared"),
        BadFile(
            keys: "  routes:\n    - {split: [{service: b, weight: 1}], "
                + "override: [{field: A, service: aa}, {service: a}]}",
            "3:26: no service is called 'b' in proxy.routes[0].split[0].service",
            "3:73: no service is called 'aa' in proxy.routes[0].override[0].service",
            "3:78: proxy.routes[0].override[1] needs the key 'field' or the key 'cookie'"),
        BadFile(
            keys: "  routes:\n    - {override: [{field: A, cookie: b, service: a}, {field: a, value: ~, service: a}]}",
            "3:38: proxy.routes[0].override[0].cookie cannot stand beside field; remove one of them",
            "3:72: proxy.routes[0].override[1].value must be a value of at most 256 bytes without controls "
                + "(\"\" for any), found nothing"),
        BadFile(
            keys: "  routes:\n    - {sticky: field}\n    - {path_prefix: /a, sticky: cookie a b}\n"
                + "    - {path_prefix: /b, sticky: 'cookie ä'}\n    - {path_prefix: /c, sticky: ip}",
            "3:16: proxy.routes[0].sticky \(sticky), found 'field'; name it, such as field uid",
            "4:33: proxy.routes[1].sticky \(sticky), found 'cookie a b'",
            "5:33: proxy.routes[2].sticky \(sticky), found the quoted text 'cookie ä'; "
                + "use letters, digits and - in the name",
            "6:33: proxy.routes[3].sticky \(sticky), found 'ip'"),
    ])
    func `what is none is said with its place`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }
}
