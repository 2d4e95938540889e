// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static func carrying(_ name: String, _ line: String, _ has: [String: [String]]) -> Case {
        Case(name, ["9112 §5", "9110 §5.5"], get("/echo", line + "\r\n"), .served(Arrival("GET /echo", has: has)))
    }

    private static func invalidName(_ name: String, _ line: String) -> Case {
        Case(name, ["9112 §5", "9110 §5.6.2", "S18"], get("/echo", line + "\r\n"), .refused(400))
    }

    private static func invalidValue(_ name: String, _ cites: [String], _ line: String) -> Case {
        Case(name, cites, get("/echo", line + "\r\n"), .refused(400))
    }

    static let field: [Case] = [
        carrying("white space around a value is not part of it", "X-A:\t one \t two  ", ["x-a": ["one \t two"]]),
        carrying("a value without white space before it is understood", "X-A:one", ["x-a": ["one"]]),
        carrying("an empty value is understood", "X-A:", ["x-a": [""]]),
        carrying("a value of white space is empty", "X-A: \t ", ["x-a": [""]]),
        carrying("a colon belongs to a value", "X-A: b:c", ["x-a": ["b:c"]]),
        carrying("a colon may begin a value", "X-A::b", ["x-a": [":b"]]),
        carrying("names are case-insensitive", "x-A: 1", ["x-a": ["1"]]),
        carrying("a name of any token character is understood", "X!#$%&'*+-^`|~9: 1", ["x!#$%&'*+-^`|~9": ["1"]]),
        carrying("a name of one letter is understood", "X: 1", ["x": ["1"]]),
        carrying("a name of digits is understood", "123: 1", ["123": ["1"]]),
        carrying("a quoted value is not touched", "X-A: \"a, \\\"b\\\"\"", ["x-a": ["\"a, \\\"b\\\"\""]]),
        Case(
            "the order of lines with one name is kept", ["9110 §5.3"],
            get("/echo", "X-A: 1\r\nX-B: 2\r\nX-A: 3\r\nX-A: 2\r\n"),
            .served(Arrival("GET /echo", has: ["x-a": ["1", "3", "2"], "x-b": ["2"]]))),
        Case(
            "unknown fields are no error", ["9110 §5.1"], get("/echo", "Frobnicate: yes\r\n"),
            .served(Arrival("GET /echo", has: ["frobnicate": ["yes"]]))),
        // MARK: Names
        Case("a space before the colon is refused", ["9112 §5.1", "S17"], get("/echo", "X-A : 1\r\n"), .refused(400)),
        Case("a tab before the colon is refused", ["9112 §5.1", "S17"], get("/echo", "X-A\t: 1\r\n"), .refused(400)),
        Case(
            "a space before the colon of Content-Length is refused", ["9112 §5.1", "S17"],
            post("Content-Length : 5\r\n", "hello" + bait), .refused(400)),
        Case(
            "a space before the colon of Transfer-Encoding is refused", ["9112 §5.1", "S17"],
            post("Transfer-Encoding : chunked\r\n", hello + bait), .refused(400)),
        invalidName("a line without a colon is refused", "X-A"),
        invalidName("a line without a colon that has a space is refused", "X-A 1"),
        Case("an empty name is refused", ["9112 §5", "S18", "CVE-2023-25725"], get("/echo", ": 1\r\n"), .refused(400)),
        Case(
            "an empty name before framing is refused", ["9112 §5", "S18", "CVE-2023-25725"],
            post(": x\r\nContent-Length: 50\r\n", bait), .refused(400)),
        invalidName("a space in a name is refused", "X A: 1"),
        invalidName("a NUL in a name is refused", "X\0A: 1"),
        invalidName("a control in a name is refused", "X\u{01}: 1"),
        invalidName("DEL in a name is refused", "X\u{7f}: 1"),
        invalidName("an octet beyond ASCII in a name is refused", "X\u{e9}: 1"),
        invalidName("the octet 85 in a name is refused", "X\u{85}: 1"),
        invalidName("a non-breaking space in a name is refused", "X\u{a0}: 1"),
        invalidName("brackets in a name are refused", "X[A]: 1"),
        invalidName("a slash in a name is refused", "X/A: 1"),
        invalidName("an at sign in a name is refused", "X@A: 1"),
        invalidName("a quote in a name is refused", "X\"A: 1"),
        invalidName("a comma in a name is refused", "X,A: 1"),
        invalidName("a semicolon in a name is refused", "X;A: 1"),
        invalidName("an equals sign in a name is refused", "X=A: 1"),
        invalidName("a parenthesis in a name is refused", "X(A): 1"),
        invalidName("a brace in a name is refused", "{X}: 1"),
        invalidName("a question mark in a name is refused", "X?: 1"),
        invalidName("a backslash in a name is refused", "X\\A: 1"),
        // MARK: Values
        invalidValue("a NUL in a value is refused", ["9110 §5.5", "S14"], "X-A: a\0b"),
        invalidValue("a NUL at the end of a value is refused", ["9110 §5.5", "S14"], "X-A: a\0"),
        invalidValue("a bare CR in a value is refused", ["9112 §2.2 CR", "9110 §5.5", "S14"], "X-A: a\rb"),
        invalidValue("a bare CR that hides a field is refused", ["9112 §2.2 CR", "S14"], "X-A: a\rContent-Length: 5"),
        invalidValue("a bare CR at the end of a value is refused", ["9112 §2.2 CR", "S14"], "X-A: a\r"),
        invalidValue("a bare LF in a value is refused", ["9112 §2.2 LF", "S15"], "X-A: a\nX-B: b"),
        invalidValue(
            "a bare LF that hides framing is refused", ["9112 §2.2 LF", "S15"],
            "X-A: a\nTransfer-Encoding: chunked"),
        invalidValue("a bell in a value is refused", ["9110 §5.5"], "X-A: a\u{07}b"),
        invalidValue("a backspace in a value is refused", ["9110 §5.5"], "X-A: a\u{08}b"),
        invalidValue("an escape in a value is refused", ["9110 §5.5"], "X-A: a\u{1b}[31m"),
        invalidValue("DEL in a value is refused", ["9110 §5.5"], "X-A: a\u{7f}b"),
        invalidValue("a vertical tab in a value is refused", ["9110 §5.5"], "X-A: a\u{0b}b"),
        Case(
            "an empty line of LF does not end a head", ["9112 §2.2 LF", "S15"],
            "GET /echo HTTP/1.1\r\nHost: test\r\n\nX-A: 1\r\n\r\n", .refused(400)),
        Case(
            "an empty line of CR does not end a head", ["9112 §2.2 CR", "S14"],
            "GET /echo HTTP/1.1\r\nHost: test\r\n\rX-A: 1\r\n\r\n", .refused(400)),
        // MARK: obs-fold
        Case("a folded line is refused", ["9112 §5.2", "S16"], get("/echo", "X-A: one\r\n two\r\n"), .refused(400)),
        Case(
            "a line folded with a tab is refused", ["9112 §5.2", "S16"], get("/echo", "X-A: one\r\n\ttwo\r\n"),
            .refused(400)),
        Case(
            "an empty folded line is refused", ["9112 §5.2", "S16"], get("/echo", "X-A: one\r\n \r\n"), .refused(400)),
        Case(
            "a folded Transfer-Encoding is refused", ["9112 §5.2", "S16"],
            post("Transfer-Encoding:\r\n chunked\r\n", hello + bait), .refused(400)),
        Case(
            "a folded Content-Length is refused", ["9112 §5.2", "S16"],
            post("Content-Length: 5\r\n 0\r\n", "hello" + bait), .refused(400)),
        Case(
            "a folded Host is refused", ["9112 §5.2", "S16"], "GET /echo HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
            .refused(400)),
        // MARK: Limits
        Case(
            "a cookie of 4 KiB is ordinary", ["9110 §5.4"],
            get("/echo", "Cookie: \(String(repeating: "c", count: 4096))\r\n"),
            .served(Arrival("GET /echo", has: ["cookie": [String(repeating: "c", count: 4096)]]))),
        Case(
            "a field of 16 KiB is understood", ["9110 §5.4"],
            get("/echo", "X-A: \(String(repeating: "c", count: 16_384))\r\n"),
            .served(Arrival("GET /echo", has: ["x-a": [String(repeating: "c", count: 16_384)]]))),
        Case(
            "ninety fields are understood", ["9110 §5.4"],
            get("/echo", (0..<90).map { "X-\($0): 1\r\n" }.joined()), .served("GET /echo")),
        Case(
            "a field that is too large is answered 431", ["9110 §5.4"],
            get("/echo", "X-A: \(String(repeating: "c", count: 40_000))\r\n"), .refused(431)),
        Case(
            "a field without end is answered 431", ["9110 §5.4"],
            "GET /echo HTTP/1.1\r\n\(hostLine)X-A: " + String(repeating: "c", count: 200_000), .refused(431)),
        Case(
            "a name without end is answered 431", ["9110 §5.4", "CVE-2021-40346"],
            "GET /echo HTTP/1.1\r\n\(hostLine)" + String(repeating: "c", count: 200_000), .refused(431)),
        Case(
            "a name of 64 KiB that ends like framing is answered 431", ["9110 §5.4", "CVE-2021-40346"],
            post(
                "Content-Length0" + String(repeating: "a", count: 255) + ":\r\nContent-Length: 60\r\nX: "
                    + String(repeating: "b", count: 40_000) + "\r\n", bait), .refused(431)),
        Case(
            "too many fields are answered 431", ["9110 §5.4"],
            get("/echo", (0..<200).map { "X-\($0): 1\r\n" }.joined()), .refused(431)),
        Case(
            "empty fields without end are answered 431", ["9110 §5.4"],
            "GET /echo HTTP/1.1\r\n\(hostLine)" + String(repeating: "a:\r\n", count: 20_000), .refused(431)),
    ]
}
