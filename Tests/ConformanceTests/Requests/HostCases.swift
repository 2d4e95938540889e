// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static func asking(_ value: String) -> String { "GET /echo HTTP/1.1\r\nHost: \(value)\r\n\r\n" }

    private static func understood(_ name: String, _ value: String) -> Case {
        Case(name, ["9110 §7.2"], asking(value), .served(Arrival("GET /echo", has: ["host": [value]])))
    }

    private static func invalid(_ name: String, _ value: String) -> Case {
        Case(name, ["9112 §3.2", "S19"], asking(value), .refused(400))
    }

    static let host: [Case] = [
        understood("a name is understood", "test.example"),
        understood("a name with a port is understood", "test.example:8080"),
        understood("a name with an empty port is understood", "test.example:"),
        understood("an IPv4 address is understood", "127.0.0.1"),
        understood("an IPv6 address is understood", "[2001:db8::1]"),
        understood("an IPv6 address with a port is understood", "[::1]:80"),
        understood("an IPv6 address that ends in an IPv4 one is understood", "[::ffff:127.0.0.1]"),
        understood("capitals are understood", "TEST.Example"),
        understood("a final dot is understood", "test.example."),
        understood("an underscore is understood", "my_test"),
        understood("a percent-encoded octet is understood", "t%C3%A9st"),
        Case("HTTP/1.1 without Host is refused", ["9112 §3.2", "S19"], "GET /echo HTTP/1.1\r\n\r\n", .refused(400)),
        Case("HTTP/1.2 without Host is refused", ["9112 §3.2"], "GET /echo HTTP/1.2\r\n\r\n", .refused(400)),
        Case(
            "HTTP/1.0 may come without Host", ["9112 §3.2"], "GET /echo HTTP/1.0\r\n\r\n",
            .served("GET /echo", ending: .closes)),
        Case(
            "two different Host lines are refused", ["9112 §3.2", "S19"],
            "GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .refused(400)),
        Case(
            "two equal Host lines are refused", ["9112 §3.2", "S19"],
            "GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .refused(400)),
        Case(
            "a second Host in other letters is refused", ["9112 §3.2", "S19"],
            "GET /echo HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nhOST: a\r\n\r\n", .refused(400)),
        Case(
            "two Host lines in HTTP/1.0 are refused", ["9112 §3.2", "S19"],
            "GET /echo HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", .refused(400)),
        Case(
            "an invalid Host in HTTP/1.0 is refused", ["9112 §3.2", "S19"],
            "GET /echo HTTP/1.0\r\nHost: a b\r\n\r\n", .refused(400)),
        Case(
            "an invalid Host beside the absolute form is refused", ["9112 §3.2", "S19"],
            "GET http://test/echo HTTP/1.1\r\nHost: a b\r\n\r\n", .refused(400)),
        Case(
            "a Host with a space before its colon is refused", ["9112 §5.1", "S17"],
            "GET /echo HTTP/1.1\r\nHost : test\r\n\r\n", .refused(400)),
        invalid("an empty Host is refused", ""),
        invalid("a space in Host is refused", "a b"),
        invalid("a tab in Host is refused", "a\tb"),
        invalid("a list in Host is refused", "a, b"),
        invalid("a list without spaces in Host is refused", "a,b"),
        invalid("user information in Host is refused", "user@test"),
        invalid("a path in Host is refused", "test/path"),
        invalid("a query in Host is refused", "test?a"),
        invalid("a fragment in Host is refused", "test#a"),
        invalid("a backslash in Host is refused", "test\\a"),
        invalid("a scheme in Host is refused", "http://test"),
        invalid("a port that is no number is refused", "test:http"),
        invalid("a negative port is refused", "test:-80"),
        invalid("a port beyond 65535 is refused", "test:65536"),
        invalid("a port of many digits is refused", "test:00000000080"),
        invalid("two ports are refused", "test:80:80"),
        invalid("a port without a host is refused", ":80"),
        invalid("an IPv6 address without brackets is refused", "::1"),
        invalid("an IPv6 address that does not end is refused", "[::1"),
        invalid("an IPv6 address that does not begin is refused", "::1]"),
        invalid("something after an IPv6 address is refused", "[::1]a"),
        invalid("an IPv6 address that is none is refused", "[::1::2]"),
        invalid("a name in brackets is refused", "[test]"),
        invalid("a zone is refused", "[fe80::1%25eth0]"),
        invalid("an octet beyond ASCII in Host is refused", "t\u{e9}st"),
        invalid("a quoted Host is refused", "\"test\""),
        invalid("angle brackets in Host are refused", "<script>"),
        invalid("braces in Host are refused", "${jndi}"),
        invalid("a percent sign without its digits is refused", "test%2"),
        invalid("a percent sign with letters that are no digits is refused", "test%zz"),
        invalid("a NUL in Host is refused", "test\0other"),
        invalid("a vertical tab around Host is refused", "\u{0b}test"),
        invalid("a non-breaking space around Host is refused", "\u{a0}test"),
        invalid("a CR in Host is refused", "test\rother"),
    ]
}
