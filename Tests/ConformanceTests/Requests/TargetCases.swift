// SPDX-License-Identifier: Apache-2.0

extension Case {
    static let target: [Case] = [
        Case(
            "percent-encoded octets go on as they are", ["9110 §7.7", "S26"], get("/echo?%2Fb%20%25%00%0d%0a&y=a%2Bb"),
            .served("GET /echo?%2Fb%20%25%00%0d%0a&y=a%2Bb")),
        Case(
            "a query of any allowed character goes on", ["9112 §3.2.1"],
            get("/echo?a=b&c;d,e:@f/g?h!i$j'k(l)m*n+o-p._~"), .served("GET /echo?a=b&c;d,e:@f/g?h!i$j'k(l)m*n+o-p._~")),
        Case("an empty query goes on", ["9112 §3.2.1"], get("/echo?"), .served("GET /echo?")),
        Case(
            "characters that browsers do not encode go on as they are", ["9112 §3.2"],
            get("/echo?{}|\\^`\"<>[]"), .served("GET /echo?{}|\\^`\"<>[]")),
        Case(
            "a target of 8,000 octets is understood", ["9112 §3 length"],
            get("/echo?" + String(repeating: "a", count: 7_994)),
            .served(Arrival("GET /echo?" + String(repeating: "a", count: 7_994)))),
        Case(
            "a target that is too long is answered 414", ["9112 §3 length", "9110 §15.5.15"],
            get("/echo?" + String(repeating: "a", count: 9_000)), .refused(414)),
        Case(
            "a target without end is answered 414", ["9112 §3 length", "9110 §15.5.15"],
            "GET /" + String(repeating: "a", count: 200_000), .refused(414)),
        Case("a space in the target is refused", ["9112 §3.2", "S21"], get("/echo a"), .refused(400)),
        Case("a tab in the target is refused", ["9112 §3.2", "S21"], get("/echo\ta"), .refused(400)),
        Case("a NUL in the target is refused", ["9112 §3.2", "S21"], get("/echo\0a"), .refused(400)),
        Case("a CR in the target is refused", ["9112 §2.2 CR", "S14"], get("/echo\ra"), .refused(400)),
        Case("a bare LF in the target is refused", ["9112 §2.2 LF", "S15"], get("/echo\na"), .refused(400)),
        Case("DEL in the target is refused", ["9112 §3.2", "S21"], get("/echo\u{7f}"), .refused(400)),
        Case(
            "an octet beyond ASCII in the target is refused", ["9112 §3.2", "S21"], get("/echo\u{c3}\u{a9}"),
            .refused(400)),
        Case("overlong UTF-8 in the target is refused", ["9112 §3.2", "S26"], get("/echo\u{c0}\u{af}"), .refused(400)),
        Case("a fragment is refused", ["9112 §3.2", "S21"], get("/echo#top"), .refused(400)),
        Case("a target without its slash is refused", ["9112 §3.2.1"], get("echo"), .refused(400)),
        Case("a backslash is no slash", ["9112 §3.2.1"], get("\\echo"), .refused(400)),
        Case("a query without a path is refused", ["9112 §3.2.1"], get("?a=b"), .refused(400)),
        // MARK: absolute-form
        Case(
            "the absolute form is understood", ["9112 §3.2.2", "S20"], get("http://test/echo"),
            .served(Arrival("GET /echo"))),
        Case(
            "the absolute form with a port is understood", ["9112 §3.2.2"], get("http://test:80/echo"),
            .served(Arrival("GET /echo"))),
        Case(
            "the scheme of the absolute form is case-insensitive", ["9112 §3.2.2", "9110 §4.2.3"],
            get("HTTP://test/echo"), .served(Arrival("GET /echo"))),
        Case(
            "the absolute form with an IPv6 address is understood", ["9112 §3.2.2"], get("http://[::1]:80/echo"),
            .served(Arrival("GET /echo"))),
        Case(
            "the absolute form in HTTP/1.0 is understood without Host", ["9112 §3.2.2"],
            "GET http://test/echo HTTP/1.0\r\n\r\n", .served(Arrival("GET /echo"), ending: .closes)),
        Case(
            "the absolute form does not replace a missing Host", ["9112 §3.2"],
            "GET http://test/echo HTTP/1.1\r\n\r\n", .refused(400)),
        Case(
            "the absolute form with a second Host is refused", ["9112 §3.2"],
            "GET http://test/echo HTTP/1.1\r\nHost: test\r\nHost: other\r\n\r\n", .refused(400)),
        Case("the absolute form without an authority is refused", ["9110 §4.2.1"], get("http:///echo"), .refused(400)),
        Case("an authority that is only a port is refused", ["9110 §4.2.1"], get("http://:80/echo"), .refused(400)),
        Case("user information in the target is refused", ["9110 §4.2.4"], get("http://user@test/echo"), .refused(400)),
        Case("a password in the target is refused", ["9110 §4.2.4"], get("http://user:word@test/echo"), .refused(400)),
        Case("another scheme is refused", ["9112 §3.2.2"], get("ftp://test/echo"), .refused(400)),
        Case("https without TLS is refused", ["9110 §7.4"], get("https://test/echo"), .refused(400)),
        Case("one slash after the scheme is refused", ["9112 §3.2.2"], get("http:/test/echo"), .refused(400)),
        Case(
            "a fragment in the absolute form is refused", ["9112 §3.2", "S21"], get("http://test/echo#a"),
            .refused(400)),
        Case(
            "a backslash in the authority is refused", ["9112 §3.2.2"], get("http://test\\@other/echo"), .refused(400)),
        Case(
            "a port beyond 65535 in the target is refused", ["9112 §3.2.2"], get("http://test:65536/echo"),
            .refused(400)),
        // MARK: authority-form and asterisk-form
        Case("the authority form is for CONNECT alone", ["9112 §3.2.3"], get("test:80"), .refused(400)),
        Case("the asterisk form is for OPTIONS alone", ["9112 §3.2.4", "S21"], get("*"), .refused(400)),
        Case(
            "nothing may follow the asterisk", ["9112 §3.2.4"], "OPTIONS */echo HTTP/1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "OPTIONS of a resource is understood", ["9110 §9.3.7"], "OPTIONS /echo HTTP/1.1\r\n\(hostLine)\r\n",
            .served("OPTIONS /echo")),
        Case(
            "CONNECT without a port is refused", ["9112 §3.2.3", "9110 §9.3.6"],
            "CONNECT test HTTP/1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "CONNECT with an empty port is refused", ["9112 §3.2.3", "9110 §9.3.6"],
            "CONNECT test: HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "CONNECT to a path is refused", ["9112 §3.2.3"], "CONNECT /a HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "CONNECT of a URI is refused", ["9112 §3.2.3"], "CONNECT http://test:80 HTTP/1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "CONNECT with user information is refused", ["9112 §3.2.3"],
            "CONNECT user@test:80 HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "CONNECT makes no tunnel, and what follows it is no request", ["9110 §9.3.6", "S29"],
            "CONNECT test:80 HTTP/1.1\r\n\(hostLine)\r\n" + bait, .refused(405)),
        Case(
            "CONNECT in HTTP/1.0 makes no tunnel", ["9110 §9.3.6"],
            "CONNECT test:80 HTTP/1.0\r\n\(hostLine)Connection: keep-alive\r\n\r\n" + bait, .refused(405)),
    ]
}
