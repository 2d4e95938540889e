// SPDX-License-Identifier: Apache-2.0
@testable import EventHTTP

extension ResponseCase {
    static let lines: [ResponseCase] = [
        good("the shortest response", line: "HTTP/1.1 200") { $0.reason = "" },
        good("an empty reason", line: "HTTP/1.1 200 ") { $0.reason = "" },
        good("a reason"),
        good("a reason with spaces, tabs and bytes beyond ASCII", line: "HTTP/1.1 404  Not \t F\u{f6}und ") {
            $0.status = 404
            $0.reason = " Not \t F\u{f6}und "
        },
        good("a code without an entry in the registry", line: "HTTP/1.1 599 X") {
            $0.status = 599
            $0.reason = "X"
        },
        good("HTTP/1.0", line: "HTTP/1.0 200 OK") { $0.minorVersion = 0 },
        good("a minor version beyond 1.1", line: "HTTP/1.7 200 OK"),
        good("white space around values", ["Server: a b", "X: \u{e4}"]),
        good("S17: white space before the colon", ["Server : a", "X \t : b"], read: ["Server: a", "X: b"]),
        good("S17: a space before the colon of framing", ["Content-Length : 5"], read: ["Content-Length: 5"]) {
            length(5, &$0)
        },
    ]

    private static func length(_ value: UInt64, _ head: inout ResponseSummary) {
        head.framing = .length(value)
        head.isPersistent = true
    }

    private static func bodiless(
        _ line: String, _ lines: [String] = [], to method: Method = .get, announced: UInt64? = nil, rest: String = ""
    ) -> ResponseCase {
        let status = line.split(separator: " ")
        return good("S30: no content after \(line) to \(method)", line: line, lines, to: method, rest: rest) {
            $0.status = Int(status[1])!
            $0.reason = status[2...].joined(separator: " ")
            $0.framing = .none
            $0.announcedLength = announced
            $0.isPersistent = true
        }
    }

    static let framings: [ResponseCase] = [
        good("content until the connection ends"),
        good("content until the connection ends, whatever Connection says", ["Connection: keep-alive"]) {
            $0.connection = .keepAlive
        },
        good("a length", ["Content-Length: 5"], rest: "hello") { length(5, &$0) },
        good("S30: more than the length", ["Content-Length: 5"], rest: "hello\r\n\r\nHTTP/1.1 200") { length(5, &$0) },
        good("a length of nothing", ["Content-Length: 0"]) {
            $0.framing = .none
            $0.announcedLength = 0
            $0.isPersistent = true
        },
        good("the longest length", ["Content-Length: 9223372036854775807"]) { length(.max >> 1, &$0) },
        good("chunks", ["Transfer-Encoding: CHUNKED"]) {
            $0.framing = .chunked
            $0.isPersistent = true
        },
        good("a connection that is closed", ["Content-Length: 5", "Connection: Close"]) {
            $0.framing = .length(5)
            $0.connection = .close
        },
        good("close wins over keep-alive", ["Content-Length: 5", "Connection: keep-alive, close"]) {
            $0.framing = .length(5)
            $0.connection = [.close, .keepAlive]
        },
        good("HTTP/1.0 with a length", line: "HTTP/1.0 200 OK", ["Content-Length: 5"]) {
            $0.minorVersion = 0
            $0.framing = .length(5)
        },
        good("HTTP/1.0 that goes on", line: "HTTP/1.0 200 OK", ["Content-Length: 5", "Connection: keep-alive"]) {
            $0.minorVersion = 0
            length(5, &$0)
            $0.connection = .keepAlive
        },
        bodiless("HTTP/1.1 100 Continue", rest: "HTTP/1.1 200 OK\r\n\r\n"),
        bodiless("HTTP/1.1 103 Early Hints", ["Link: </a>"]),
        bodiless("HTTP/1.1 204 No Content", rest: "hello"),
        bodiless("HTTP/1.1 204 No Content", ["Transfer-Encoding: chunked"]),
        bodiless("HTTP/1.1 204 No Content", ["Content-Length: 5"]),
        bodiless("HTTP/1.1 204 No Content", ["Content-Length: 5"], to: .head),
        bodiless("HTTP/1.1 103 Early Hints", ["Content-Length: 5"]),
        bodiless("HTTP/1.1 304 Not Modified", ["Content-Length: 5"], announced: 5, rest: "hello"),
        bodiless("HTTP/1.1 200 OK", to: .head),
        bodiless("HTTP/1.1 200 OK", ["Content-Length: 5"], to: .head, announced: 5, rest: "hello"),
        bodiless("HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"], to: .head),
        bodiless("HTTP/1.1 404 Not Found", ["Content-Length: 0"], to: .head, announced: 0),
        good("a tunnel", line: "HTTP/1.1 101 Switching Protocols", ["Connection: upgrade", "Upgrade: websocket"]) {
            $0.status = 101
            $0.reason = "Switching Protocols"
            $0.framing = .tunnel
            $0.connection = .upgrade
            $0.hasUpgrade = true
        },
        good("Keep-Alive: timeout", ["Content-Length: 5", "Keep-Alive: timeout=5, max=100"]) {
            length(5, &$0)
            $0.keepAliveSeconds = 5
        },
        good("Keep-Alive: timeout in capitals and not first", ["Content-Length: 5", "Keep-Alive: max=1,, TIMEOUT=75"]) {
            length(5, &$0)
            $0.keepAliveSeconds = 75
        },
        good(
            "Keep-Alive: timeout of more than a day",
            ["Content-Length: 5", "Keep-Alive: timeout=18446744073709551615"]
        ) {
            length(5, &$0)
            $0.keepAliveSeconds = 86_400
        },
        good(
            "Keep-Alive: timeout beyond 64 bits",
            ["Content-Length: 5", "Keep-Alive: timeout=18446744073709551616"]
        ) { length(5, &$0) },
        good(
            "Keep-Alive in two lines",
            ["Content-Length: 5", "Keep-Alive: timeout=5", "Keep-Alive: max=9"]
        ) {
            length(5, &$0)
            $0.keepAliveSeconds = 5
        },
        good("Keep-Alive without a number", ["Content-Length: 5", "Keep-Alive: timeout=x"]) { length(5, &$0) },
        good("Keep-Alive: timeout of nothing", ["Content-Length: 5", "Keep-Alive: timeout="]) { length(5, &$0) },
        good("Keep-Alive without a timeout", ["Content-Length: 5", "Keep-Alive: max=5"]) { length(5, &$0) },
    ]

    private static func line(_ name: String, _ line: String, _ error: ParseError = .statusLine) -> ResponseCase {
        bad(name, "\(line)\r\nContent-Length: 5\r\n\r\n", error)
    }

    static let refused: [ResponseCase] = [
        line("HTTP/2", "HTTP/2.0 200 OK"), line("HTTP/2 without a minor version", "HTTP/2 200 OK"),
        line("lower case", "http/1.1 200 OK"), line("a minor version of two digits", "HTTP/1.10 200 OK"),
        line("a minor version that is a letter", "HTTP/1.x 200 OK"), line("no version", "200 OK"),
        line("another protocol", "ICY 200 OK"), line("an empty line before", ""),
        line("a space before", " HTTP/1.1 200"),
        line("two spaces before the code", "HTTP/1.1  200 OK"), line("a tab before the code", "HTTP/1.1\t200 OK"),
        line("a code of two digits", "HTTP/1.1 20 OK"), line("a code of four digits", "HTTP/1.1 2000 OK"),
        line("a code with a sign", "HTTP/1.1 +20 OK"), line("a code with a letter", "HTTP/1.1 2x0 OK"),
        line("a reason with no space before", "HTTP/1.1 200OK"), line("a tab after the code", "HTTP/1.1 200\tOK"),
        line("no code", "HTTP/1.1 OK of course"), line("the code 099", "HTTP/1.1 099 X", .statusCode),
        line("the code 600", "HTTP/1.1 600 X", .statusCode), line("the code 000", "HTTP/1.1 000 X", .statusCode),
        line("NUL in the reason", "HTTP/1.1 200 O\u{0}K", .lineEnd), line("CR in it", "HTTP/1.1 200 O\rK", .lineEnd),
        line("a control in the reason", "HTTP/1.1 200 O\u{b}K", .lineEnd),
        line("S15: LF in the reason", "HTTP/1.1 200 O\nK", .lineEnd),
        line("S15: LF ends it", "HTTP/1.1 200 OK\nA: b", .lineEnd),
        line("S15: two LF end it", "HTTP/1.1 200 OK\n\nA: b", .lineEnd),
        line("CR and a letter after the code", "HTTP/1.1 200\rX", .lineEnd),
        badField("S17: a space within a name", "Content Length: 5", .fieldName),
        badField("S17: white space and no colon", "Content-Length \t", .fieldName),
        badField("S17: a name of white space", " : 5", .obsFold),
        bad("S17: a space before the first line", "HTTP/1.1 200 OK\r\n A: b\r\n\r\n", .obsFold),
        badField("S16: a folded line", "A: b\r\n c", .obsFold),
        badField("S18: no colon", "A", .fieldName),
        badField("S14: NUL in a value", "A: b\u{0}", .fieldValue),
        badField("S14: CR in a value", "A: b\rc", .lineEnd),
        badField("S15: LF in a value", "A: b\nC: d", .lineEnd),
        badField("S1: length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked", .conflictingFraming),
        badField("S2: two lengths", "Content-Length: 5\r\nContent-Length: 6", .contentLength),
        badField("S3: one length twice", "Content-Length: 5\r\nContent-Length: 5", .contentLength),
        badField("S3: a list of one length twice", "Content-Length: 5, 5", .contentLength),
        badField("S4: an empty length", "Content-Length:", .contentLength),
        badField("S4: a length with a sign", "Content-Length: +5", .contentLength),
        badField("S4: a length with a zero in front", "Content-Length: 05", .contentLength),
        badField("S4: a length of 2^63", "Content-Length: 9223372036854775808", .contentLength),
        badField("S4: a length beyond 64 bits", "Content-Length: 18446744073709551616", .contentLength),
        badField("S5: not ending in chunked", "Transfer-Encoding: chunked, gzip", .transferEncoding),
        badField("S6: another coding", "Transfer-Encoding: gzip, chunked", .transferEncoding),
        badField("S6: identity", "Transfer-Encoding: identity", .transferEncoding),
        badField("S7: chunked twice", "Transfer-Encoding: chunked, chunked", .transferEncoding),
        badField("S7: two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .transferEncoding),
        bad("S8: chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingFraming),
        bad(
            "S1: length and chunks after 204",
            "HTTP/1.1 204 X\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingFraming),
    ]
}
