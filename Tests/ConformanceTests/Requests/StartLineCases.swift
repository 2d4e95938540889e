// SPDX-License-Identifier: Apache-2.0

extension Case {
    static let startLine: [Case] = [
        Case("the plainest request is answered, and the connection persists", ["9112 §3"], get(), .served("GET /echo")),
        Case(
            "an empty line before a request is ignored", ["9112 §2.2 empty line", "S33"], "\r\n" + get(),
            .served("GET /echo")),
        Case(
            "an empty line between two requests is ignored", ["9112 §2.2 empty line"], get() + "\r\n" + next,
            .served("GET /echo", "GET /echo?next")),
        Case(
            "an empty line after content is ignored", ["9112 §2.2 empty line"],
            post("Content-Length: 5\r\n", "hello\r\n") + next, .served("POST /echo", "GET /echo?next")),
        Case("two empty lines are no request", ["9112 §2.2 empty line", "S33"], "\r\n\r\n" + get(), .refused(400)),
        Case("a bare LF before a request is no empty line", ["9112 §2.2 LF", "S15"], "\n" + get(), .refused(400)),
        Case("a bare CR before a request is refused", ["9112 §2.2 CR", "S14"], "\r" + get(), .refused(400)),
        Case("a line of white space is no request line", ["9112 §3"], "   \r\n" + get(), .refused(400)),
        Case("bare LF ends no line", ["9112 §2.2 LF", "S15"], "GET /echo HTTP/1.1\nHost: test\n\n", .refused(400)),
        Case(
            "bare LF ends no request line", ["9112 §2.2 LF", "S15"], "GET /echo HTTP/1.1\nHost: test\r\n\r\n",
            .refused(400)),
        Case(
            "bare CR ends no request line", ["9112 §2.2 CR", "S14"], "GET /echo HTTP/1.1\rHost: test\r\n\r\n",
            .refused(400)),
        Case(
            "CR CR LF ends no request line", ["9112 §2.2 CR", "S14"], "GET /echo HTTP/1.1\r\r\nHost: test\r\n\r\n",
            .refused(400)),
        Case(
            "white space before the first field is refused", ["9112 §2.2 white space", "S17"],
            "GET /echo HTTP/1.1\r\n X-A: 1\r\nHost: test\r\n\r\n", .refused(400)),
        Case(
            "a tab before the first field is refused", ["9112 §2.2 white space", "S17"],
            "GET /echo HTTP/1.1\r\n\tHost: test\r\n\r\n", .refused(400)),
        Case(
            "two spaces before the target are refused", ["9112 §3", "S21"],
            "GET  /echo HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "two spaces before the version are refused", ["9112 §3", "S21"],
            "GET /echo  HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case("a space before the method is refused", ["9112 §3", "S21"], " " + get(), .refused(400)),
        Case(
            "a space after the version is refused", ["9112 §3", "S21"],
            "GET /echo HTTP/1.1 \r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "a tab is no space of a request line", ["9112 §3", "S21"], "GET\t/echo\tHTTP/1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "a vertical tab is no space of a request line", ["9112 §3", "S21"],
            "GET\u{0b}/echo HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "a non-breaking space is no space", ["9112 §3", "S21"], "GET\u{a0}/echo HTTP/1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case("a missing target is refused", ["9112 §3", "S21"], "GET HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case("an empty target is refused", ["9112 §3", "S21"], "GET  HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case("a missing version is refused", ["9112 §3", "S21"], "GET /echo\r\n\(hostLine)\r\n", .refused(400)),
        Case("HTTP/0.9 is refused", ["9112 §2.3", "S21"], [.send("GET /echo\r\n"), .end], .refused(400)),
        Case(
            "a fourth word is refused", ["9112 §3", "S21"], "GET /echo /other HTTP/1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "a line end within the request line is refused", ["9112 §3", "S21"],
            "GET /echo\r\nHTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        // MARK: Version
        Case(
            "the name of the version is case-sensitive", ["9112 §2.3", "S21"],
            "GET /echo http/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "mixed case in the name of the version is refused", ["9112 §2.3", "S21"],
            "GET /echo Http/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "another protocol's name is refused", ["9112 §2.3", "S21"], "GET /echo HTTQ/1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "a higher minor version is taken for 1.1", ["9110 §2.5"], "GET /echo HTTP/1.2\r\n\(hostLine)\r\n",
            .served("GET /echo")),
        Case(
            "the highest minor version is taken for 1.1", ["9110 §2.5"], "GET /echo HTTP/1.9\r\n\(hostLine)\r\n",
            .served("GET /echo")),
        Case(
            "two digits of a minor version are refused", ["9112 §2.3", "S21"], "GET /echo HTTP/1.10\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "two digits of a major version are refused", ["9112 §2.3", "S21"], "GET /echo HTTP/01.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "a version without a minor one is refused", ["9112 §2.3", "S21"], "GET /echo HTTP/1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "a version without a dot is refused", ["9112 §2.3", "S21"], "GET /echo HTTP/11\r\n\(hostLine)\r\n",
            .refused(400)),
        Case("a comma is no dot", ["9112 §2.3", "S21"], "GET /echo HTTP/1,1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "white space within the version is refused", ["9112 §2.3", "S21"],
            "GET /echo HTTP/ 1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "a letter in the version is refused", ["9112 §2.3", "S21"], "GET /echo HTTP/1.x\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "a sign in the version is refused", ["9112 §2.3", "S21"], "GET /echo HTTP/+1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case("an empty version is refused", ["9112 §2.3", "S21"], "GET /echo HTTP/\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "a CR within the version is refused", ["9112 §2.2 CR", "S14"], "GET /echo HTTP/\r1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "major version 2 is answered 505", ["9112 §2.3", "9110 §2.5"], "GET /echo HTTP/2.0\r\n\(hostLine)\r\n",
            .refused(505)),
        Case("major version 3 is answered 505", ["9112 §2.3"], "GET /echo HTTP/3.0\r\n\(hostLine)\r\n", .refused(505)),
        Case(
            "major version 0 is answered 505", ["9112 §2.3", "S21"], "GET /echo HTTP/0.9\r\n\(hostLine)\r\n",
            .refused(505)),
        Case(
            "the preface of HTTP/2 is refused", ["9112 §2.3", "S34"], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            .refused(505)),
        Case(
            "a TLS hello is refused", ["9112 §2.2 garbage"], "\u{16}\u{03}\u{01}\u{00}\u{a5}\u{01}\0\0\u{a1}\u{03}\r\n",
            .refused(400)),
        Case(
            "binary garbage is refused", ["9112 §2.2 garbage"], "\u{ff}\u{fe}\u{00}\u{01}\u{80}\r\n\r\n",
            .refused(400)),
        Case(
            "a PROXY header from nobody who may send one is refused", ["9112 §2.2 garbage"],
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + get(), .refused(400)),
        Case(
            "a response is no request", ["9112 §2.2 garbage"], "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            .refused(400)),
        // MARK: Method
        Case(
            "an unknown method with token characters is understood", ["9110 §9.1"],
            "M-Search_1.0~!#$%&'*+^`| /echo HTTP/1.1\r\n\(hostLine)\r\n",
            .served("M-Search_1.0~!#$%&'*+^`| /echo")),
        Case(
            "methods are case-sensitive", ["9110 §9.1"], "get /echo HTTP/1.1\r\n\(hostLine)\r\n", .served("get /echo")),
        Case(
            "a method that begins like another is another", ["9110 §9.1"], "GETX /echo HTTP/1.1\r\n\(hostLine)\r\n",
            .served("GETX /echo")),
        Case(
            "PUT is understood with its content", ["9110 §9.1"],
            "PUT /echo HTTP/1.1\r\n\(hostLine)Content-Length: 5\r\n\r\nhello",
            .served(Arrival("PUT /echo", content: "hello"))),
        Case(
            "PATCH is understood with its content", ["9110 §9.1"],
            "PATCH /echo HTTP/1.1\r\n\(hostLine)Content-Length: 5\r\n\r\nhello",
            .served(Arrival("PATCH /echo", content: "hello"))),
        Case(
            "DELETE is understood", ["9110 §9.1"], "DELETE /echo HTTP/1.1\r\n\(hostLine)\r\n", .served("DELETE /echo")),
        Case(
            "QUERY is understood with its content", ["9110 §9.1"],
            "QUERY /echo HTTP/1.1\r\n\(hostLine)Content-Length: 5\r\n\r\nhello",
            .served(Arrival("QUERY /echo", content: "hello"))),
        Case(
            "a colon in a method is refused", ["9112 §3.1", "9110 §5.6.2"], "GE:T /echo HTTP/1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case(
            "separators in a method are refused", ["9112 §3.1", "9110 §5.6.2"],
            "G=\":<>(e),[T];?\" /echo HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "an octet beyond ASCII in a method is refused", ["9112 §3.1", "9110 §5.6.2"],
            "G\u{c9}T /echo HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "a NUL in a method is refused", ["9112 §3.1", "9110 §5.6.2"], "G\0ET /echo HTTP/1.1\r\n\(hostLine)\r\n",
            .refused(400)),
        Case("an empty method is refused", ["9112 §3.1"], " /echo HTTP/1.1\r\n\(hostLine)\r\n", .refused(400)),
        Case(
            "a method longer than any is answered 501", ["9112 §3 length"],
            String(repeating: "A", count: 65) + " /echo HTTP/1.1\r\n\(hostLine)\r\n", .refused(501)),
        Case(
            "a method without end is answered 501", ["9112 §3 length"], String(repeating: "A", count: 70_000),
            .refused(501)),
        // MARK: What refusals look like
        refusedHead("a HEAD that is refused gets no content", "HEAD / HTTP/1.1\r\n\r\n", 400),
        refusedHead("a HEAD behind an empty line that is refused gets no content", "\r\nHEAD / HTTP/1.1\r\n\r\n", 400),
        refusedHead("a HEAD with a bad target gets no content", "HEAD * HTTP/1.1\r\n\(hostLine)\r\n", 400),
        refusedHead(
            "a HEAD with an unknown coding gets no content",
            "HEAD / HTTP/1.1\r\n\(hostLine)Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        refusedHead(
            "a HEAD with chunks that are wrong gets no content",
            "HEAD /echo HTTP/1.1\r\n\(hostLine)Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        refusedHead(
            "a HEAD that is too large gets no content",
            "HEAD / HTTP/1.1\r\nX-A: \(String(repeating: "a", count: 40_000))\r\n\r\n", 431),
    ]

    private static func refusedHead(_ name: String, _ request: String, _ status: Int) -> Case {
        Case(
            name, ["9110 §9.3.2"], request, methods: ["HEAD"],
            .response(status, ending: .closes, content: "", arrivals: []))
    }
}
