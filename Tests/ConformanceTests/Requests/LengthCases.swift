// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static func invalid(_ name: String, _ value: String) -> Case {
        Case(
            name, ["9112 §6.3 Content-Length", "9110 §8.6", "S4"],
            post("Content-Length: \(value)\r\n", "hello" + bait), .refused(400))
    }

    private static func double(_ name: String, _ row: String, _ fields: String) -> Case {
        Case(name, ["9112 §6.3 Content-Length", "9110 §8.6", row], post(fields, "hello!" + bait), .refused(400))
    }

    static let length: [Case] = [
        Case(
            "content ends where its length says", ["9112 §6.2", "9110 §8.6"],
            post("Content-Length: 5\r\n", "hello") + next,
            .served(Arrival("POST /echo", content: "hello"), "GET /echo?next")),
        Case(
            "a length of nought is no content", ["9112 §6.2"], post("Content-Length: 0\r\n") + next,
            .served(Arrival("POST /echo", content: ""), "GET /echo?next")),
        Case(
            "a POST without framing has no content", ["9112 §6.3 neither"], post("") + next,
            .served(Arrival("POST /echo", content: ""), "GET /echo?next")),
        Case(
            "white space around a length is ignored", ["9112 §5"], post("Content-Length: \t 5 \t\r\n", "hello") + next,
            .served(Arrival("POST /echo", content: "hello"), "GET /echo?next")),
        Case(
            "the name of Content-Length is case-insensitive", ["9110 §5.1"],
            post("cONTENT-lENGTH: 5\r\n", "hello") + next,
            .served(Arrival("POST /echo", content: "hello"), "GET /echo?next")),
        Case(
            "a GET may have content", ["9110 §9.3.1", "S22"], get("/echo", "Content-Length: 5\r\n") + "hello" + next,
            .served(Arrival("GET /echo", content: "hello"), "GET /echo?next")),
        Case(
            "a HEAD may have content", ["9110 §9.3.2", "S22"],
            "HEAD /echo HTTP/1.1\r\n\(hostLine)Content-Length: 5\r\n\r\nhello" + next, methods: ["HEAD", "GET"],
            .served("HEAD /echo", "GET /echo?next")),
        Case(
            "a DELETE may have content", ["9110 §9.3.5", "S22"],
            "DELETE /echo HTTP/1.1\r\n\(hostLine)Content-Length: 5\r\n\r\nhello" + next,
            .served(Arrival("DELETE /echo", content: "hello"), "GET /echo?next")),
        Case(
            "OPTIONS may have content", ["9110 §9.3.7", "S22"],
            "OPTIONS /echo HTTP/1.1\r\n\(hostLine)Content-Length: 5\r\n\r\nhello" + next,
            .served(Arrival("OPTIONS /echo", content: "hello"), "GET /echo?next")),
        Case(
            "content that looks like a request is content", ["9112 §6.3", "9112 §11.2"],
            post("Content-Length: \(bait.utf8.count)\r\n", bait) + next,
            .served(Arrival("POST /echo", content: bait), "GET /echo?next")),
        Case(
            "content of 100,000 octets arrives whole", ["9112 §6.2"],
            post("Content-Length: 100000\r\n", String(repeating: "x", count: 100_000)) + next,
            .served(Arrival("POST /echo", content: String(repeating: "x", count: 100_000)), "GET /echo?next")),
        Case(
            "content in pieces arrives whole", ["9112 §6.2"],
            [.send(post("Content-Length: 5\r\n", "he")), .arrival(1), "l", "lo"],
            .served(Arrival("POST /echo", content: "hello"))),
        Case(
            "content in HTTP/1.0 ends where its length says", ["9112 §6.2"],
            post("Content-Length: 5\r\n", "hello", version: "1.0"),
            .served(Arrival("POST /echo", content: "hello"), ending: .closes)),
        Case(
            "content that is cut is no request", ["9112 §8"], [.send(post("Content-Length: 10\r\n", "hello")), .end],
            .refused(400)),
        Case(
            "content that is cut by a reset is no request", ["9112 §8"],
            [.send(post("Content-Length: 10\r\n", "hello")), .arrival(1), .reset],
            Outcome(statuses: [], ending: .either, arrivals: [])),
        invalid("an empty length is refused", ""),
        invalid("a length with a plus is refused", "+5"),
        invalid("a negative length is refused", "-5"),
        invalid("minus nought is refused", "-0"),
        invalid("a hexadecimal length is refused", "0x5"),
        invalid("an octal length is refused", "0o5"),
        invalid("hexadecimal digits are refused", "5a"),
        invalid("an underscore in a length is refused", "0_5"),
        invalid("a space in a length is refused", "5 0"),
        invalid("a tab in a length is refused", "5\t0"),
        invalid("a letter after a length is refused", "5Z"),
        invalid("a letter is no length", "five"),
        invalid("a fraction is refused", "5.0"),
        invalid("an exponent is refused", "5e0"),
        invalid("a separator of thousands is refused", "5'000"),
        invalid("a quoted length is refused", "\"5\""),
        invalid("a parameter is refused", "5;a=b"),
        invalid("leading noughts are refused", "05"),
        invalid("two noughts are refused", "00"),
        invalid("a length of 2^63 is refused", "9223372036854775808"),
        invalid("a length of 2^64 and 5 is refused", "18446744073709551621"),
        invalid("a length of 2^32 and 5 with a letter is refused", "4294967301x"),
        invalid("a length of a hundred digits is refused", String(repeating: "9", count: 100)),
        invalid("a NUL after a length is refused", "5\0"),
        invalid("a vertical tab before a length is refused", "\u{0b}5"),
        invalid("a form feed before a length is refused", "\u{0c}5"),
        invalid("a non-breaking space before a length is refused", "\u{a0}5"),
        invalid("a fullwidth digit is refused", "\u{ef}\u{bc}\u{95}"),
        invalid("a superscript digit is refused", "\u{b2}"),
        double("two different lengths are refused", "S2", "Content-Length: 5\r\nContent-Length: 6\r\n"),
        double(
            "two different lengths are refused, the larger first", "S2",
            "Content-Length: 6\r\nContent-Length: 5\r\n"),
        double("a list of different lengths is refused", "S2", "Content-Length: 5, 6\r\n"),
        double("two equal lengths are refused", "S3", "Content-Length: 5\r\nContent-Length: 5\r\n"),
        double("a list of equal lengths is refused", "S3", "Content-Length: 5, 5\r\n"),
        double("an empty element beside a length is refused", "S3", "Content-Length: 5,\r\n"),
        double(
            "an empty length before another is refused", "CVE-2023-40225",
            "Content-Length:\r\nContent-Length: 5\r\n"),
        double(
            "an empty length after another is refused", "CVE-2023-40225",
            "Content-Length: 5\r\nContent-Length:\r\n"),
        double("nought and a length are refused", "S2", "Content-Length: 0\r\nContent-Length: 6\r\n"),
        double("lengths in different letters are refused", "S2", "Content-Length: 5\r\ncontent-length: 6\r\n"),
        Case(
            "an alias of Content-Length frames nothing", ["S9"], post("Content_Length: 50\r\n") + next,
            .served(Arrival("POST /echo", content: ""), "GET /echo?next")),
        Case(
            "a name that begins like Content-Length frames nothing", ["9112 §6.3"],
            post("Content-Length-X: 50\r\n") + next, .served(Arrival("POST /echo", content: ""), "GET /echo?next")),
    ]
}
