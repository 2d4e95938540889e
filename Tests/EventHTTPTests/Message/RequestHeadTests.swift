// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// Parses `head` at a guard page and gives `body` the view that a handler gets.
func withRequestHead<Result>(_ head: String, _ body: (borrowing RequestHead) -> Result) throws -> Result {
    var fields = FieldIndex(capacity: 100)
    let result: Result? = guarded(raw(head)) { bytes in
        guard let parsed = try? RequestParser.parse(bytes, limits: ParserLimits(), into: &fields) else { return nil }
        return body(RequestHead(parsed, bytes: bytes, lines: fields.lines.span))
    }
    return try #require(result)
}

struct RequestHeadTests {
    struct Target: Sendable, CustomTestStringConvertible {
        let line: String
        let path: String
        let query: String?
        let authority: String
        var testDescription: String { line }

        init(_ line: String, _ path: String, _ query: String?, _ authority: String = "h") {
            self.line = line
            self.path = path
            self.query = query
            self.authority = authority
        }
    }

    @Test(arguments: [
        Target("GET /", "/", nil), Target("GET /?", "/", ""), Target("GET /a?b=c", "/a", "b=c"),
        Target("GET /a?b?c", "/a", "b?c"), Target("GET /?/a", "/", "/a"), Target("GET //a%2fb", "//a%2fb", nil),
        Target("OPTIONS *", "*", nil), Target("GET http://u", "/", nil, "u"), Target("GET http://u/", "/", nil, "u"),
        Target("GET http://u?a/b", "/", "a/b", "u"), Target("GET http://u/a?b", "/a", "b", "u"),
        Target("GET http://u:1/a", "/a", nil, "u:1"), Target("CONNECT u:443", "u:443", nil, "u:443"),
    ])
    func `path and query come apart at the first question mark`(_ target: Target) throws {
        try withRequestHead("\(target.line) HTTP/1.1\r\nHost: h\r\n\r\n") { head in
            #expect(text(head.path) == target.path)
            let query = optionalText(head.query)
            #expect(query == target.query)
            let authority = optionalText(head.authority)
            #expect(authority == target.authority)
            #expect(text(head.line) == "\(target.line) HTTP/1.1")
        }
    }

    @Test func `the request line does not have the empty line before it`() throws {
        let line = try withRequestHead("\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n") { text($0.line) }
        #expect(line == "GET /a HTTP/1.1")
    }

    @Test func `fields are found by name, the first of each`() throws {
        try withRequestHead("GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\nCookie: c\r\nx_a: 3\r\n\r\n") { head in
            let fields = head.fields
            #expect(fields.count == 5)
            let values = [
                optionalText(fields.first("x-a")), optionalText(fields.first("x_a")), optionalText(fields.first("x-b")),
            ]
            #expect(values == ["1", "3", nil])
            let known = [
                optionalText(fields.first(.cookie)), optionalText(fields.first(.host)), optionalText(fields.first(.te)),
            ]
            #expect(known == ["c", "h", nil])
            let aliases = (0..<5).map { fields[$0].isAlias }
            #expect(aliases == [false, false, false, false, true])
        }
    }

    @Test func `S28: a field that Connection names is known, in any letter case and any line`() throws {
        let lines = "Connection: close, X-A\r\nX-B: 1\r\nx-a: 2\r\nConnection: ,x-c\r\nX-C: 3\r\nX-CC: 4\r\nX: 5"
        let named = try withRequestHead("GET / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n") { head in
            let fields = head.fields
            return (0..<fields.count).map { fields.isNamedByConnection(fields[$0]) }
        }
        #expect(named == [false, false, false, true, false, true, false, false])
    }
}
