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

    @Test func `lists of addresses and changes of fields are read, and written again`() throws {
        let configuration = try parse(
            file(
                """
                  allow: [10.0.0.0/8]
                  deny: [10.0.0.1, "::/0"]
                  request_fields:
                    set: {X-Env: prod, X-Number: 1, X-Empty: "", X-Yes: true}
                    add:
                      Cookie: 'a=b; c="d: e"'
                    remove: [X-Debug, Accept-Encoding]
                  response_fields: {remove: [Server]}
                """))
        #expect(configuration.access.allow.map(\.description) == ["10.0.0.0/8"])
        #expect(configuration.access.deny.map(\.description) == ["10.0.0.1/32", "::/0"])
        let set = configuration.requestFields.set.map { "\($0.name)=\($0.value)" }
        #expect(set == ["X-Env=prod", "X-Number=1", "X-Empty=", "X-Yes=true"])
        #expect(configuration.requestFields.add == [.init("Cookie", "a=b; c=\"d: e\"")])
        #expect(configuration.requestFields.remove == ["X-Debug", "Accept-Encoding"])
        #expect(configuration.responseFields.remove == ["Server"])
        #expect(try parse(configuration.yaml) == configuration)
        #expect(try parse(file("  request_fields: {}\n  response_fields: {set: {}, remove: []}\n  deny: []")) == plain)
    }

    @Test(arguments: [
        "Connection", "content-length", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Keep-Alive", "Host", "Via",
        "Date", "Expect", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "X_Forwarded_For",
        "Content.Length", "transfer_encoding", "X-Request-ID", "traceparent", "tracestate", "HTTP2-Settings",
        "Proxy-Authorization",
    ])
    func `fields that frame, route or are the proxy's own are not to be changed`(name: String) {
        let why = "that field controls the connection or is the proxy's own"
        let place = "proxy.request_fields.remove[0]"
        #expect(
            errors(in: file("  request_fields:\n    remove: [\(name)]"))
                == ["3:14: \(place) must be the name of a field, found '\(name)'; \(why)"])
        let set = "'\(name)' in proxy.response_fields.set"
        #expect(
            errors(in: file("  response_fields:\n    set: {\(name): a}"))
                == ["3:11: \(set) is not a field that can be changed; \(why)"])
    }

    @Test func `routes and limits are read, and written again`() throws {
        let configuration = try parse(
            file(
                """
                  rate_limit: {requests: 1000, by: route}
                  routes:
                    - host: "*.Example.com."
                      path_prefix: /api
                      method: POST
                      services: [a]
                      allow: [10.0.0.0/8]
                      rate_limit: {requests: 5, per: 1m, burst: 7, by: field X-Key}
                      response_fields: {remove: [Server]}
                    - {}
                """))
        #expect(configuration.rateLimit.requests == 1000 && configuration.rateLimit.by == .route)
        let route = try #require(configuration.routes.first)
        #expect(route.host == "*.example.com" && route.pathPrefix == "/api" && route.method == "POST")
        #expect(route.services == ["a"] && route.access.allow.count == 1)
        let limit = route.rateLimit
        #expect(limit.perMs == 60_000 && limit.burst == 7 && limit.by == .field("X-Key"))
        #expect(configuration.routes[1] == ProxyConfiguration.Route())
        #expect(try parse(configuration.yaml) == configuration)
        #expect(try parse(file("  routes: []\n  rate_limit: {}")) == plain)
    }

    @Test func `the example of the article is a configuration`() throws {
        let article =
            #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
            + "/Sources/EventProxy/EventProxy.docc/Routing.md"
        let text = String(decoding: try readFile(article, bytesMax: 100_000), as: UTF8.self)
        let examples = text.split(separator: "```yaml\n").dropFirst().compactMap { $0.split(separator: "```").first }
        let routes = try examples.map { example in
            let configuration = try parse(String(example))
            #expect(Edge(configuration) != nil)
            return configuration.routes.count
        }
        #expect(routes == [4, 1, 2])
    }

    @Test(arguments: [
        ("host: a b", "host", "a host name, *.NAME or an address (\"\" for any), found 'a b'"),
        (
            "host: h:80", "host",
            "a host name, *.NAME or an address (\"\" for any), found 'h:80'; a port does not matter; remove it"
        ),
        (
            "host: '*'", "host",
            "a host name, *.NAME or an address (\"\" for any), found the quoted text '*'; "
                + "leave the key out for any host"
        ),
        ("host: a.*.b", "host", "a host name, *.NAME or an address (\"\" for any), found 'a.*.b'"),
        ("path_prefix: api", "path_prefix", "the beginning of a path, such as /api, found 'api'"),
        (
            "path_prefix: /a*", "path_prefix",
            "the beginning of a path, such as /api, found '/a*'; a prefix is whole segments, without * ? # or ;"
        ),
        (
            "path_prefix: /a/../b", "path_prefix",
            "the beginning of a path, such as /api, found '/a/../b'; requests with such a path are refused"
        ),
        (
            "path_prefix: /a%2fb", "path_prefix",
            "the beginning of a path, such as /api, found '/a%2fb'; requests with such a path are refused"
        ),
        ("method: G(T", "method", "a method such as GET (\"\" for any), found 'G(T'"),
        ("method: get", "method", "a method such as GET (\"\" for any), found 'get'; methods are in upper case: GET"),
        (
            "rate_limit: {requests: 1, by: field}", "rate_limit.by",
            "address, route or field NAME, found 'field'; name the field, such as field X-API-Key"
        ),
        ("rate_limit: {requests: 1, by: ip}", "rate_limit.by", "address, route or field NAME, found 'ip'"),
    ])
    func `a route that cannot be is said with its place`(_ key: String, _ path: String, _ wanted: String) throws {
        let found = errors(in: file("  routes:\n    - \(key)"))
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("proxy.routes[0].\(path) must be \(wanted)") == true, "\(found)")
        #expect(found.first?.hasPrefix("3:") == true)
    }

    @Test func `a field has so many bytes, and there are so many routes`() {
        let most = String(repeating: "v", count: 4096)
        #expect(errors(in: file("  request_fields: {add: {A: \(most)}}")).isEmpty)
        let found = errors(in: file("  request_fields: {add: {A: \(most)v}}"))
        #expect(found.count == 1 && found[0].hasPrefix("2:29: proxy.request_fields.add.A \(Self.value)"))
        let method = String(repeating: "M", count: 64)
        #expect(errors(in: file("  routes:\n    - method: \(method)")).isEmpty)
        #expect(errors(in: file("  routes:\n    - method: \(method)M")).count == 1)
        let routes = (0..<256).map { "    - path_prefix: /r\($0)\n" }.joined()
        #expect(errors(in: file("  routes:\n\(routes)")).isEmpty)
        let one = "    - path_prefix: /more\n"
        #expect(
            errors(in: file("  routes:\n\(routes)\(one)")) == [
                "3:5: proxy.routes has 257 items; at most 256 are allowed"
            ])
    }

    @Test func `routes choose among so many services`() {
        func services(_ count: Int) -> String {
            let each = (1...count).map { "    - {name: s\($0), host: [{address: 10.0.0.1, port: 80}]}\n" }.joined()
            return "proxy:\n  routes:\n    - services: [s1]\n  services:\n\(each)"
        }
        #expect(errors(in: services(64)).isEmpty)
        #expect(errors(in: services(65)) == ["3:18: routes can choose among at most 64 services, and there are 65"])
    }

    private static let value = "must be the value of a field, at most 4096 bytes without controls"

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
            keys: "  request_fields: {set: {X A: b, '': c, [a]: d}}",
            "2:26: 'X A' in proxy.request_fields.set is not a field that can be changed; use letters, digits and -",
            "2:34: '' in proxy.request_fields.set is not a field that can be changed; use letters, digits and -",
            "2:41: proxy.request_fields.set must be a mapping whose keys are names of fields, found a list"),
        BadFile(
            keys: "  request_fields: {add: {A: \"x\\r\\nB: y\", C: ' d', E: [f], G: , a: h}}",
            "2:29: proxy.request_fields.add.A \(value), found the quoted text 'x\\u{d}\\u{a}B: y'",
            "2:45: proxy.request_fields.add.C \(value), found the quoted text ' d'; remove the space around it",
            "2:54: proxy.request_fields.add.E \(value), found a list",
            "2:62: proxy.request_fields.add.G \(value), found nothing; write \"\" for an empty one",
            "2:64: the field 'a' is already on line 2"),
        BadFile(
            keys: "  response_fields: {set: [a], remove: [b, B]}",
            "2:26: proxy.response_fields.set must be a mapping of field names to values, found a list",
            "2:43: the field 'B' is already on line 2"),
        BadFile(
            keys: "  routes:\n    - services: [b, a, aa]\n    - host: H\n    - {host: h, path_prefix: /}",
            "5:7: a route for the same requests is already on line 4"),
        BadFile(
            keys: "  routes:\n    - services: [b, a]\n    - {services: [xyz], path_prefix: /x, rate_limit: {burst: 1}}",
            "3:18: no service is called 'b' in proxy.routes[0].services",
            "4:19: no service is called 'xyz' in proxy.routes[1].services",
            "4:54: proxy.routes[1].rate_limit needs the key 'requests', which must be more than 0"),
        BadFile(
            keys: "  rate_limit: {per: 1s, burst: 2}",
            "2:15: proxy.rate_limit needs the key 'requests', which must be more than 0"),
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
