// SPDX-License-Identifier: Apache-2.0
import EventProxy
import Testing

private let quoteRemedy = "a text with a colon at its end or before a space needs quotes"
private let tabMessage =
    "invalid YAML: found character that cannot start any token while scanning for the next token; "
    + "indent with spaces, not with tabs"

@Suite struct SyntaxTests {
    @Test(arguments: [
        BadFile(
            "proxy: [",
            "2:1: invalid YAML: did not find expected node content while parsing a flow node"),
        BadFile(
            "proxy: {a: 1",
            "2:1: invalid YAML: did not find expected ',' or '}' while parsing a flow mapping that starts on line 1"),
        BadFile(
            "proxy:\n  listen: a: b\n",
            "2:12: invalid YAML: mapping values are not allowed in this context; \(quoteRemedy)"),
        BadFile(
            "proxy:\n  listen:\n   port: 1\n  log\n",
            "5:1: invalid YAML: could not find expected ':' while scanning a simple key that starts on line 4"),
        BadFile(
            "proxy:\n  listen:\n    port: 1\n   address: a\n",
            "4:4: invalid YAML: did not find expected key while parsing a block mapping that starts on line 2"),
        BadFile(
            "proxy: \"a\n",
            "2:1: invalid YAML: found unexpected end of stream while scanning a quoted scalar that starts on line 1"),
        BadFile(
            "proxy: @a\n",
            "1:8: invalid YAML: found character that cannot start any token while scanning for the next token"),
        BadFile(
            "proxy: 1\n- a\n",
            "2:1: invalid YAML: did not find expected key while parsing a block mapping that starts on line 1"),
        BadFile(
            "%YAML 3.0\n---\na: 1\n",
            "1:1: invalid YAML: found incompatible YAML document"),
        BadFile(
            "proxy:\n  listen:\n    address: ::\n",
            "3:15: invalid YAML: mapping values are not allowed in this context; \(quoteRemedy)"),
        BadFile(
            "proxy:\n\tlisten: {}\n",
            "2:1: \(tabMessage)"),
        BadFile(
            "proxy:\n  listen: {}\n\tlog: {}\n",
            "3:1: \(tabMessage)"),
        BadFile(
            "proxy:\n  listen:\n  \t port: 1\n",
            "3:3: \(tabMessage)"),
        BadFile(
            "proxy:\n  a: \u{1}\n",
            "2:6: invalid YAML: control characters are not allowed; the file must be UTF-8 text"),
        BadFile(
            "é: \u{0}\n",
            "1:4: invalid YAML: control characters are not allowed; the file must be UTF-8 text"),
        BadFile(
            "\u{FEFF}proxy: [1\n",
            "2:1: invalid YAML: did not find expected ',' or ']' while parsing a flow sequence that starts on line 1"),
        BadFile(
            "\u{FEFF}proxi: 1\n",
            "1:1: unknown key 'proxi' at the top level (did you mean 'proxy'?)"),
    ])
    func `what is not YAML is reported in the words of libyaml and where it is`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }

    @Test(arguments: [
        ([0x61, 0x3A, 0x20, 0xFF] as [UInt8], "1:4", "invalid leading UTF-8 octet"),
        (Array("proxy:\n  é".utf8) + [0xC3, 0x28], "2:5", "invalid trailing UTF-8 octet"),
        ([0xFF, 0xFE, 0x61, 0x00], "1:1", "invalid leading UTF-8 octet"),
        (Array("proxy:\r\n  a".utf8) + [0xE2, 0x82], "2:4", "incomplete UTF-8 octet sequence"),
        ([0xC0, 0xAF], "1:1", "invalid length of a UTF-8 sequence"),
    ])
    func `bytes that are not UTF-8 are reported where they are`(_ text: [UInt8], _ place: String, _ problem: String) {
        let error = #expect(throws: ConfigurationErrors.self) { try ProxyConfiguration.parse(text, file: "c") }
        #expect(error?.description == "c:\(place): error: invalid YAML: \(problem); the file must be UTF-8 text")
    }

    @Test(arguments: [
        BadFile(keys: "  listen: &l {port: 1}", "2:11: the anchor 'l' is not allowed; remove it"),
        BadFile(
            keys: "  listen: &l {port: 1}\n  log: *l", "2:11: the anchor 'l' is not allowed; remove it",
            "3:8: the alias 'l' is not allowed; repeat the value"),
        BadFile(
            keys: "  listen:\n    <<: *x\n    *y : 1\n    port: 0",
            "3:5: unknown key '<<' in proxy.listen; the keys are address, port, proxy_protocol",
            "3:9: the alias 'x' is not allowed; repeat the value",
            "4:5: the alias 'y' is not allowed; repeat the value",
            "5:11: proxy.listen.port must be a whole number from 1 to 65535, found the number 0"),
        BadFile(
            keys: "  workers: !!str 4", "2:12: the tag 'tag:yaml.org,2002:str' is not allowed; remove it"),
        BadFile(
            keys: "  workers: !mine 4\n  log: !!map {}", "2:12: the tag '!mine' is not allowed; remove it",
            "3:8: the tag 'tag:yaml.org,2002:map' is not allowed; remove it"),
        BadFile(keys: "  retry: ! {}", "2:10: the tag '!' is not allowed; remove it"),
        BadFile(
            file("") + "---\na: 1\n", "8:1: a second document starts here; the file must hold one"),
        BadFile(
            "---\n---\n", "1:1: the file is empty; it must be a mapping (keys: proxy)",
            "2:1: a second document starts here; the file must hold one"),
        BadFile("proxy: *a", "1:8: the alias 'a' is not allowed; repeat the value"),
    ])
    func `anchors, aliases, tags and further documents are refused`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }

    @Test func `nesting has a limit`() {
        let deep = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
        #expect(errors(in: deep) == ["1:1: the file must be a mapping (keys: proxy), found a list"])
        #expect(errors(in: "[" + deep + "]") == ["1:17: values are nested more than 16 levels deep"])
    }

    @Test func `the number of values has a limit`() {
        let list = String(repeating: "- a\n", count: 65_535)
        #expect(errors(in: list) == ["1:1: the file must be a mapping (keys: proxy), found a list"])
        #expect(errors(in: list + "- a\n") == ["65536:3: the file holds more than 65536 keys and values"])
    }
}
