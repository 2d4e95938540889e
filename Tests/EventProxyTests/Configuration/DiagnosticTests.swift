// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

/// All of them in their order, which other tests look at.
private let proxyKeys = ProxyConfiguration.keys.map(\.name).joined(separator: ", ")

@Suite struct DiagnosticTests {
    @Test func `a finding is printed as compilers print theirs`() {
        let text = file("  listen:\n    adress: 0.0.0.0\n    port: 0")
        let error = #expect(throws: ConfigurationErrors.self) { try parse(text) }
        #expect(
            error?.description == """
                config.yaml:3:5: error: unknown key 'adress' in proxy.listen (did you mean 'address'?)
                config.yaml:4:11: error: proxy.listen.port must be a whole number from 1 to 65535, found the number 0
                """)
    }

    @Test(arguments: [
        BadFile("", "1:1: the file is empty; it must be a mapping (keys: proxy)"),
        BadFile("\n\n# nothing\n", "1:1: the file is empty; it must be a mapping (keys: proxy)"),
        BadFile("---\n...\n", "1:1: the file is empty; it must be a mapping (keys: proxy)"),
        BadFile("~", "1:1: the file is empty; it must be a mapping (keys: proxy)"),
        BadFile("proxy", "1:1: the file must be a mapping (keys: proxy), found 'proxy'"),
        BadFile("8888", "1:1: the file must be a mapping (keys: proxy), found the number 8888"),
        BadFile("\n- proxy: 1", "2:1: the file must be a mapping (keys: proxy), found a list"),
        BadFile("proxy:", "1:7: proxy must be a mapping (keys: \(proxyKeys)), found nothing"),
        BadFile("proxy: []", "1:8: proxy must be a mapping (keys: \(proxyKeys)), found a list"),
        BadFile("{}", "1:1: missing key 'proxy' at the top level; it must be a mapping (keys: \(proxyKeys))"),
    ])
    func `the file is a mapping with the key proxy`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }

    @Test(arguments: [
        BadFile(keys: "  listne: {}", "2:3: unknown key 'listne' in proxy (did you mean 'listen'?)"),
        BadFile(keys: "  tls: {}", "2:3: unknown key 'tls' in proxy; the keys are \(proxyKeys)"),
        BadFile(keys: "  Listen: {}", "2:3: unknown key 'Listen' in proxy (did you mean 'listen'?)"),
        BadFile(keys: "  'listen ': {}", "2:3: unknown key 'listen ' in proxy (did you mean 'listen'?)"),
        BadFile(
            keys: "  listen:\n    host: 0.0.0.0",
            "3:5: unknown key 'host' in proxy.listen; the keys are address, port, proxy_protocol"),
        BadFile(
            keys: "  listen:\n    bind: 0.0.0.0",
            "3:5: unknown key 'bind' in proxy.listen; the keys are address, port, proxy_protocol"),
        BadFile(
            keys: "  retry: {attempt: 3, max: 1}",
            "2:11: unknown key 'attempt' in proxy.retry (did you mean 'attempts'?)",
            "2:23: unknown key 'max' in proxy.retry; the keys are attempts, idempotency_key, hedge"),
        BadFile(
            keys: "  timeouts: {conect: 1s, clientHeader: 1s}",
            "2:14: unknown key 'conect' in proxy.timeouts (did you mean 'connect'?)",
            "2:26: unknown key 'clientHeader' in proxy.timeouts (did you mean 'client_header'?)"),
        BadFile(keys: "  \"a\\nb\": 1", "2:3: unknown key 'a\\u{a}b' in proxy; the keys are \(proxyKeys)"),
        BadFile(keys: "  <<: {}", "2:3: unknown key '<<' in proxy; the keys are \(proxyKeys)"),
        BadFile(keys: "  [a]: 1", "2:3: a key in proxy must be a name, found a list"),
        BadFile(
            "proxi:\n  services: []", "1:1: unknown key 'proxi' at the top level (did you mean 'proxy'?)"),
        BadFile(
            "proxy:\nlisten: {}", "1:7: proxy must be a mapping (keys: \(proxyKeys)), found nothing",
            "2:1: unknown key 'listen' at the top level; the keys are proxy"),
    ])
    func `an unknown key names the nearest known one or all`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }

    @Test(arguments: [
        BadFile(
            keys: "  listen:\n    port: 1\n    address: \"::\"\n    port: 2",
            "5:5: duplicate key 'port' in proxy.listen; it is already on line 3"),
        BadFile(
            keys: "  listen:\n    port: 1\n    port: 2\n    port: x",
            "4:5: duplicate key 'port' in proxy.listen; it is already on line 3",
            "5:5: duplicate key 'port' in proxy.listen; it is already on line 3",
            "5:11: proxy.listen.port must be a whole number from 1 to 65535, found 'x'"),
        BadFile(keys: "  log: {}\n  log: {}", "3:3: duplicate key 'log' in proxy; it is already on line 2"),
        BadFile(
            file("") + "proxy:\n  services: [{name: a, host: [{address: b, port: 1}]}]\n",
            "8:1: duplicate key 'proxy' at the top level; it is already on line 1"),
    ])
    func `a duplicate key names the first line`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }

    @Test(arguments: [
        BadFile(
            "proxy:\n  workers: 1\n", "2:3: missing key 'services' in proxy; it must be a list of at least one item"),
        BadFile(
            "proxy:\n  services:\n    - host: [{address: a}]\n",
            "3:7: missing key 'name' in proxy.services[0]; "
                + "it must be a name of 1 to 63 of the characters A-Z a-z 0-9 . _ -",
            "3:14: missing key 'port' in proxy.services[0].host[0]; it must be srv or "
                + "a whole number from 1 to 65535"),
        BadFile(
            "proxy:\n  services:\n    - name: a\n    - {}\n",
            "3:7: missing key 'host' in proxy.services[0]; it must be a list of at least one item",
            "4:7: missing key 'host' in proxy.services[1]; it must be a list of at least one item",
            "4:7: missing key 'name' in proxy.services[1]; "
                + "it must be a name of 1 to 63 of the characters A-Z a-z 0-9 . _ -"),
        BadFile(
            "proxy:\n  services:\n    - name: a\n      host:\n        - port: 1\n",
            "5:11: missing key 'address' in proxy.services[0].host[0]; "
                + "it must be an IPv4 address, an IPv6 address or a host name"),
        BadFile(
            "proxy:\n  services:\n    - name: a\n      hosts: []\n",
            "4:7: unknown key 'hosts' in proxy.services[0] (did you mean 'host'?)"),
    ])
    func `a missing key is reported once, where its mapping begins`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }

    @Test(arguments: [
        BadFile(
            "proxy:\n  services: []\n", "2:13: proxy.services must be a list of at least one item, found none"),
        BadFile(
            "proxy:\n  services:\n", "2:12: proxy.services must be a list of at least one item, found nothing"),
        BadFile(
            "proxy:\n  services:\n    - name: a\n      host: []\n",
            "4:13: proxy.services[0].host must be a list of at least one item, found none"),
        BadFile(
            "proxy:\n  services:\n    - name: a\n      host:\n        address: b\n        port: 1\n",
            "5:9: proxy.services[0].host must be a list of at least one item, found a mapping; "
                + "begin each item with '- '"),
        BadFile(
            "proxy:\n  services:\n    name: a\n",
            "3:5: proxy.services must be a list of at least one item, found a mapping; begin each item with '- '"),
        BadFile(
            "proxy:\n  services:\n    - a\n    - []\n",
            "3:7: proxy.services[0] must be a mapping (keys: name, host, weight, tier, send_proxy), found 'a'",
            "4:7: proxy.services[1] must be a mapping (keys: name, host, weight, tier, send_proxy), found a list"),
        BadFile(
            "proxy:\n  services:\n    - name: a\n      send_proxy: v1\n      host: [{address: a, port: 1}]\n",
            "4:19: proxy.services[0].send_proxy must be one of none, v2, found 'v1'"),
        BadFile(
            "proxy:\n  services:\n    - name: a\n      host: 10.0.0.1\n",
            "4:13: proxy.services[0].host must be a list of at least one item, found '10.0.0.1'"),
        BadFile(
            "proxy:\n  services:\n    - name: a\n      host: [10.0.0.1]\n",
            "4:14: proxy.services[0].host[0] must be a mapping (keys: address, port, weight), found '10.0.0.1'"),
    ])
    func `services and host are lists that are not empty`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }

    @Test(arguments: [
        BadFile(
            """
            proxy:
              services:
                - name: a
                  host:
                    - {address: b, port: 1}
                    - {address: B, port: 1}
                    - {address: b, port: 2}
                - host: [{address: "::1", port: 1}, {address: "0::01", port: 1}]
                  name: a
                - {name: b, host: [{address: c, port: 1}, {address: c, port: 1}]}
            """,
            "6:11: host 'B' port 1 is already on line 5", "8:41: host '0::01' port 1 is already on line 8",
            "9:13: service 'a' is already on line 3", "10:47: host 'c' port 1 is already on line 10"),
        BadFile(
            "proxy:\n  services:\n  - {name: a}\n  - {name: a}\n  - {name: \"\"}\n  - {name: \"\"}",
            "3:5: missing key 'host' in proxy.services[0]; it must be a list of at least one item",
            "4:5: missing key 'host' in proxy.services[1]; it must be a list of at least one item",
            "4:12: service 'a' is already on line 3",
            "5:5: missing key 'host' in proxy.services[2]; it must be a list of at least one item",
            "5:12: proxy.services[2].name must be a name of 1 to 63 of the characters A-Z a-z 0-9 . _ -, "
                + "found the quoted text ''",
            "6:5: missing key 'host' in proxy.services[3]; it must be a list of at least one item",
            "6:12: proxy.services[3].name must be a name of 1 to 63 of the characters A-Z a-z 0-9 . _ -, "
                + "found the quoted text ''"),
    ])
    func `services have names of their own and hosts occur once`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }

    @Test func `many findings are cut and counted`() throws {
        let keys = (0..<300).map { "  unknown_key_\($0): 1" }.joined(separator: "\n")
        let error = try #require(throws: ConfigurationErrors.self) { try parse(file(keys)) }
        #expect(error.diagnostics.count == ConfigurationErrors.diagnosticsMax)
        #expect(error.omitted == 100)
        #expect(error.description.hasSuffix("\nconfig.yaml: error: 100 more errors are not shown"))
    }

    @Test func `findings of all sections come at once in the order of the file`() {
        let text = """
            proxy:
              log: {level: loud}
              services:
                - name: a b
                  host: [{address: "http://a", port: 70000}]
              limits:
                fields: "100"
              listen: 8888
            proxies: 1
            """
        #expect(
            errors(in: text) == [
                "2:16: proxy.log.level must be one of trace, debug, info, notice, warning, error, critical, "
                    + "found 'loud'",
                "4:13: proxy.services[0].name must be a name of 1 to 63 of the characters A-Z a-z 0-9 . _ -, "
                    + "found 'a b'",
                "5:24: proxy.services[0].host[0].address must be an IPv4 address, an IPv6 address or a host name, "
                    + "found the quoted text 'http://a'; remove the scheme",
                "5:42: proxy.services[0].host[0].port must be srv or a whole number from 1 to 65535, "
                    + "found the number 70000",
                "7:13: proxy.limits.fields must be a whole number from 10 to 1000, "
                    + "found the quoted text '100'; remove the quotes",
                "8:11: proxy.listen must be a mapping (keys: address, port, proxy_protocol), found the number 8888",
                "9:1: unknown key 'proxies' at the top level; the keys are proxy",
            ])
    }
}
