// SPDX-License-Identifier: Apache-2.0
@testable import EventHTTP

/// Requests that are valid.
extension RequestCase {
    static let lines: [RequestCase] =
        methods + [
            good("the shortest request", "GET / HTTP/1.0\r\n\r\n") {
                $0.minorVersion = 0
                $0.authority = nil
                $0.fields = []
            },
            good("a plain request", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            good("S32: a broken request behind a valid one", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", rest: "\u{0}\r\nX\n"),
            good("S33: one empty line before the request", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            good("a minor version beyond 1.1", "GET / HTTP/1.9\r\nHost: h\r\n\r\n"),
            good("a path and a query", "GET /a/b?c=d&e HTTP/1.1\r\nHost: h\r\n\r\n") { $0.target = "/a/b?c=d&e" },
            good("S26: a path is not decoded or tidied", "GET //a/../%2f%5c%00;x?? HTTP/1.1\r\nHost: h\r\n\r\n") {
                $0.target = "//a/../%2f%5c%00;x??"
            },
            good("all printable characters but the number sign", "GET /\(printable) HTTP/1.1\r\nHost: h\r\n\r\n") {
                $0.target = "/\(printable)"
            },
            good("asterisk-form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n") {
                $0.method = .options
                $0.token = "OPTIONS"
                $0.target = "*"
            },
            good("S20: absolute-form wins over Host", "GET http://u:81/p?q HTTP/1.1\r\nHost: h\r\n\r\n") {
                $0.target = "/p?q"
                $0.authority = "u:81"
            },
            good("absolute-form in capitals", "GET HTTP://U/ HTTP/1.1\r\nHost: h\r\n\r\n") { $0.authority = "U" },
            good("absolute-form without a path", "GET http://u HTTP/1.1\r\nHost: h\r\n\r\n") {
                $0.target = ""
                $0.authority = "u"
                $0.needsSlash = true
            },
            good("absolute-form with a query and no path", "GET http://u?q/r HTTP/1.1\r\nHost: h\r\n\r\n") {
                $0.target = "?q/r"
                $0.authority = "u"
                $0.needsSlash = true
            },
            good("absolute-form with an IPv6 address", "GET http://[::1]:80/ HTTP/1.1\r\nHost: h\r\n\r\n") {
                $0.authority = "[::1]:80"
            },
            good("absolute-form without Host in HTTP/1.0", "GET http://u/ HTTP/1.0\r\n\r\n") {
                $0.authority = "u"
                $0.minorVersion = 0
                $0.fields = []
            },
            good("authority-form", "CONNECT u:443 HTTP/1.1\r\nHost: h\r\n\r\n") {
                $0.method = .connect
                $0.token = "CONNECT"
                $0.target = "u:443"
                $0.authority = "u:443"
            },
        ]

    private static let printable = String(
        String.UnicodeScalarView((0x21...0x7e).filter { $0 != 0x23 }.map { Unicode.Scalar(UInt8($0)) }))

    private static let methods: [RequestCase] = [
        ("GET", .get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete), ("TRACE", .trace),
        ("OPTIONS", .options), ("PATCH", .patch), ("get", .other), ("GE", .other), ("GETT", .other),
        ("PROPFIND", .other), ("!#$%&'*+-.^_`|~09azAZ", .other),
    ].map { (token: String, method: Method) in
        good("the method \(token)", "\(token) / HTTP/1.1\r\nHost: h\r\n\r\n") {
            $0.method = method
            $0.token = token
        }
    }

    static let heads: [RequestCase] = [
        good("no Host in HTTP/1.0", "GET / HTTP/1.0\r\nA: b\r\n\r\n") {
            $0.minorVersion = 0
            $0.authority = nil
            $0.fields = ["A: b"]
        },
        good("white space around a value is not part of it", "GET / HTTP/1.1\r\nHost: \t h \t\r\n\r\n"),
        good("no white space before a value", "GET / HTTP/1.1\r\nHost:h\r\n\r\n"),
        goodField("an empty value", "A:", field: "A: "),
        goodField("a value of white space", "A: \t ", field: "A: "),
        goodField("white space and bytes beyond ASCII in a value", "A: b \t c\u{80}\u{ff}"),
        goodField("a value with every printable character", "A: \(printable)#: x"),
        goodField("every character of a token in a name", "!#$%&'*+-.^_`|~09azAZ: v"),
        goodField("S9: a name that only looks like Content-Length", "Content_Length: 5"),
        goodField("S9: a name that only looks like Transfer-Encoding", "Transfer_Encoding: chunked"),
        goodField("Connection: close", "Connection: close") { $0.connection = .close },
        goodField("Connection in capitals and with empty elements", "CONNECTION: , CLOSE ,, Keep-Alive,") {
            $0.connection = [.close, .keepAlive]
        },
        goodField("two Connection lines", "Connection: upgrade\r\nConnection: x, close", field: "Connection: upgrade") {
            $0.connection = [.close, .upgrade, .names]
            $0.fields.append("Connection: x, close")
        },
        goodField("Upgrade", "Upgrade: websocket") { $0.hasUpgrade = true },
        goodField("Content-Length", "Content-Length: 5") { $0.framing = .length(5) },
        goodField("S22: content of a GET", "content-length:\t1 ", field: "content-length: 1") {
            $0.framing = .length(1)
        },
        goodField("no content", "Content-Length: 0"),
        goodField("the longest content that a file can have", "Content-Length: 9223372036854775807") {
            $0.framing = .length(9_223_372_036_854_775_807)
        },
        goodField("chunks", "Transfer-Encoding: chunked") { $0.framing = .chunked },
        goodField("chunks in capitals", "TRANSFER-ENCODING: \tCHUNKED\t", field: "TRANSFER-ENCODING: CHUNKED") {
            $0.framing = .chunked
        },
        goodField(
            "S25: an expectation and content", "Expect: 100-Continue\r\nContent-Length: 5",
            field: "Expect: 100-Continue"
        ) {
            $0.fields.append("Content-Length: 5")
            $0.framing = .length(5)
            $0.expectsContinue = true
        },
        goodField("S25: an expectation without content", "Expect: 100-continue"),
        goodField("S25: HTTP/1.0 has no expectations", "Expect: x", request: "GET / HTTP/1.0") { $0.minorVersion = 0 },
        goodField("TE, Trailer and the rest mean nothing here", "TE: trailers\r\nTrailer: x", field: "TE: trailers") {
            $0.fields.append("Trailer: x")
        },
    ]
}
