// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static func chunks(_ content: String, fields: String = "") -> String {
        post("Transfer-Encoding: chunked\r\n" + fields, content)
    }

    private static func valid(_ name: String, _ chunked: String, _ content: String) -> Case {
        valid(name, ["9112 §7.1"], chunked, content)
    }

    private static func valid(_ name: String, _ cites: [String], _ chunked: String, _ content: String) -> Case {
        Case(name, cites, chunks(chunked) + next, .served(Arrival("POST /echo", content: content), "GET /echo?next"))
    }

    private static func invalid(_ name: String, _ chunked: String) -> Case {
        invalid(name, ["9112 §7.1", "S10"], chunked)
    }

    private static func invalid(_ name: String, _ cites: [String], _ chunked: String) -> Case {
        Case(name, cites, chunks(chunked + bait), .refused(400))
    }

    private static let extensionRows = ["9112 §7.1.1", "S13"]
    private static let lineRows = ["9112 §7.1", "9112 §2.2 LF", "S11"]

    static let chunked: [Case] = [
        valid("several chunks are one content", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"),
        valid("no chunk but the last is empty content", "0\r\n\r\n", ""),
        valid("sizes may have capitals", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        valid("sizes may have small letters", "a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        valid("sizes may have noughts before them", "0005\r\nhello\r\n000\r\n\r\n", "hello"),
        valid("sixteen digits are a size", "0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"),
        valid("chunks that look like framing are content", "7\r\n0\r\n\r\n12\r\n0\r\n\r\n", "0\r\n\r\n12"),
        valid(
            "a chunk that looks like a request is content",
            String(bait.utf8.count, radix: 16) + "\r\n" + bait + "\r\n0\r\n\r\n", bait),
        valid(
            "a thousand chunks of one octet are one content",
            String(repeating: "1\r\nx\r\n", count: 1000) + "0\r\n\r\n",
            String(repeating: "x", count: 1000)),
        valid(
            "a chunk of 100,000 octets is content",
            "186a0\r\n" + String(repeating: "x", count: 100_000) + "\r\n0\r\n\r\n",
            String(repeating: "x", count: 100_000)),
        Case(
            "chunks in pieces arrive whole", ["9112 §7.1"],
            [.send(chunks("5\r")), .arrival(1), "\nhe", "llo\r", "\n0", "\r\n", "\r", "\n"],
            .served(Arrival("POST /echo", content: "hello"))),
        Case(
            "a GET may be chunked", ["9110 §9.3.1", "S22"],
            get("/echo", "Transfer-Encoding: chunked\r\n") + hello + next,
            .served(Arrival("GET /echo", content: "hello"), "GET /echo?next")),
        // MARK: Extensions
        valid("extensions are ignored", extensionRows, "5;a;b=c;d=\"e f\"\r\nhello\r\n0;last\r\n\r\n", "hello"),
        valid(
            "space around an extension is ignored", extensionRows, "5 ; a = b\t;c\r\nhello\r\n0\r\n\r\n", "hello"),
        valid(
            "a quoted pair in an extension is ignored", extensionRows, "5;a=\"\\\"\\\\\"\r\nhello\r\n0\r\n\r\n", "hello"
        ),
        valid("a quoted semicolon is no extension", extensionRows, "5;a=\";\"\r\nhello\r\n0\r\n\r\n", "hello"),
        valid("an empty quoted value is ignored", extensionRows, "5;a=\"\"\r\nhello\r\n0\r\n\r\n", "hello"),
        invalid("an extension without a name is refused", extensionRows, "5;\r\nhello\r\n0\r\n\r\n"),
        invalid("two semicolons are refused", extensionRows, "5;;a\r\nhello\r\n0\r\n\r\n"),
        invalid(
            "an extension without a value after its equals sign is refused", extensionRows,
            "5;a=\r\nhello\r\n0\r\n\r\n"),
        invalid("an extension whose name is no token is refused", extensionRows, "5;a@b\r\nhello\r\n0\r\n\r\n"),
        invalid("a quoted value that does not end is refused", extensionRows, "5;a=\"b\r\nhello\r\n0\r\n\r\n"),
        invalid("something after a quoted value is refused", extensionRows, "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
        invalid("a NUL in an extension is refused", extensionRows, "5;a\0b\r\nhello\r\n0\r\n\r\n"),
        invalid("a bare CR in an extension is refused", extensionRows, "5;a\rb\r\nhello\r\n0\r\n\r\n"),
        invalid(
            "a bare LF ending an extension is refused", ["9112 §7.1.1", "S11", "CVE-2025-55315"],
            "5;a\nhello\r\n0\r\n\r\n"),
        invalid(
            "a bare CR ending an extension is refused", ["9112 §7.1.1", "S11", "CVE-2025-55315"],
            "5;a\rhello\r\n0\r\n\r\n"),
        invalid(
            "a bare LF within a quoted value is refused", ["9112 §7.1.1", "S11", "CVE-2025-55315"],
            "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"),
        invalid(
            "a line end within a quoted value is refused", ["9112 §7.1.1", "S11", "CVE-2025-55315"],
            "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"),
        invalid("a CR before an extension is refused", ["9112 §7.1.1", "S11"], "5\r;a\r\nhello\r\n0\r\n\r\n"),
        invalid(
            "an extension of 64 KiB is refused", ["9112 §7.1.1", "S13", "CVE-2023-39326"],
            "5;a=" + String(repeating: "x", count: 65_536) + "\r\nhello\r\n0\r\n\r\n"),
        invalid(
            "many small extensions are refused", ["9112 §7.1.1", "S13", "CVE-2023-39326"],
            String(repeating: "1;a=" + String(repeating: "x", count: 60) + "\r\nx\r\n", count: 200) + "0\r\n\r\n"),
        // MARK: Sizes
        invalid("a size with 0x is refused", "0x5\r\nhello\r\n0\r\n\r\n"),
        invalid("a size with a plus is refused", "+5\r\nhello\r\n0\r\n\r\n"),
        invalid("a negative size is refused", "-5\r\nhello\r\n0\r\n\r\n"),
        invalid("minus nought is refused", "-0\r\n\r\n"),
        invalid("an underscore in a size is refused", "0_5\r\nhello\r\n0\r\n\r\n"),
        invalid("a space before a size is refused", " 5\r\nhello\r\n0\r\n\r\n"),
        invalid("a tab before a size is refused", "\t5\r\nhello\r\n0\r\n\r\n"),
        invalid("a space after a size is refused", "5 \r\nhello\r\n0\r\n\r\n"),
        invalid("a tab after a size is refused", "5\t\r\nhello\r\n0\r\n\r\n"),
        invalid("a space within a size is refused", "5 0\r\nhello\r\n0\r\n\r\n"),
        invalid("an empty size is refused", "\r\nhello\r\n0\r\n\r\n"),
        invalid("an empty size before an extension is refused", ";a\r\nhello\r\n0\r\n\r\n"),
        invalid("a letter that is no digit is refused", "5g\r\nhello\r\n0\r\n\r\n"),
        invalid("letters are no size", "xyz\r\nhello\r\n0\r\n\r\n"),
        invalid("an h after a size is refused", "5h\r\nhello\r\n0\r\n\r\n"),
        invalid("a comma in a size is refused", "5,000\r\nhello\r\n0\r\n\r\n"),
        invalid("a dot in a size is refused", "5.0\r\nhello\r\n0\r\n\r\n"),
        invalid("a NUL after a size is refused", "5\0\r\nhello\r\n0\r\n\r\n"),
        invalid("a vertical tab after a size is refused", "5\u{0b}\r\nhello\r\n0\r\n\r\n"),
        invalid("a size of seventeen digits is refused", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
        invalid("a size of seventeen digits with noughts is refused", "00000000000000005\r\nhello\r\n0\r\n\r\n"),
        invalid("a size of 2^63 is refused", "8000000000000000\r\nhello\r\n0\r\n\r\n"),
        invalid("a size of 2^64 less 1 is refused", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        invalid("a size without end is refused", String(repeating: "0", count: 70_000)),
        // MARK: Line ends
        invalid("bare LF after a size is refused", ["9112 §2.2 LF", "S11", "CVE-2025-22871"], "5\nhello\r\n0\r\n\r\n"),
        invalid("bare CR after a size is refused", lineRows, "5\rhello\r\n0\r\n\r\n"),
        invalid("CR CR LF after a size is refused", lineRows, "5\r\r\nhello\r\n0\r\n\r\n"),
        invalid("bare LF after data is refused", lineRows, "5\r\nhello\n0\r\n\r\n"),
        invalid("bare CR after data is refused", lineRows, "5\r\nhello\r0\r\n\r\n"),
        invalid("CR and another octet after data is refused", ["9112 §7.1", "S12"], "5\r\nhello\rX0\r\n\r\n"),
        invalid("two octets other than CRLF after data are refused", ["9112 §7.1", "S12"], "5\r\nhelloXX0\r\n\r\n"),
        invalid("data without CRLF after it is refused", ["9112 §7.1", "S12"], "5\r\nhello0\r\n\r\n"),
        invalid("data beyond its size is refused", ["9112 §7.1", "S12"], "5\r\nhello!!\r\n0\r\n\r\n"),
        invalid("data short of its size is refused", ["9112 §7.1", "S12"], "6\r\nhello\r\n0\r\n\r\n"),
        invalid("an empty line between chunks is refused", ["9112 §7.1", "S10"], "5\r\nhello\r\n\r\n0\r\n\r\n"),
        invalid("bare LF after the last size is refused", lineRows, "5\r\nhello\r\n0\n\r\n"),
        invalid("bare LF ending the trailers is refused", lineRows, "5\r\nhello\r\n0\r\n\n"),
        invalid("bare CR ending the trailers is refused", lineRows, "5\r\nhello\r\n0\r\n\r"),
        // MARK: The end
        Case(
            "chunks without the last one are no request", ["9112 §8"], [.send(chunks("5\r\nhello\r\n")), .end],
            .refused(400)),
        Case("a chunk that is cut is no request", ["9112 §8"], [.send(chunks("5\r\nhel")), .end], .refused(400)),
        Case(
            "a last chunk without its empty line is no request", ["9112 §8"],
            [.send(chunks("5\r\nhello\r\n0\r\n")), .end], .refused(400)),
        Case(
            "a reset within a chunk makes no request", ["9112 §8"],
            [.send(chunks("5\r\nhel")), .arrival(1), .reset], Outcome(statuses: [], ending: .either, arrivals: [])),
        // MARK: Trailers
        valid(
            "trailers are no content, and none of the next request", ["9112 §7.1.2"],
            "5\r\nhello\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n", "hello"),
        Case(
            "trailers are no fields of the head", ["9112 §7.1.2", "S24"],
            chunks("5\r\nhello\r\n0\r\nHost: other\r\nContent-Length: 50\r\nX-T: 1\r\n\r\n") + next,
            .served(Arrival("POST /echo", content: "hello", has: ["host": ["test"]]), "GET /echo?next")),
        valid(
            "framing in trailers frames nothing", ["9112 §7.1.2", "S24"],
            "0\r\nTransfer-Encoding: chunked\r\nContent-Length: 50\r\n\r\n", ""),
        valid("Connection in trailers closes nothing", ["9112 §7.1.2", "S24"], "0\r\nConnection: close\r\n\r\n", ""),
        invalid("a trailer without a colon is refused", ["9112 §7.1.2", "S18"], "0\r\nX-T\r\n\r\n"),
        invalid("a trailer with a space before its colon is refused", ["9112 §7.1.2", "S17"], "0\r\nX-T : 1\r\n\r\n"),
        invalid("a folded trailer is refused", ["9112 §5.2", "S16"], "0\r\nX-T: 1\r\n 2\r\n\r\n"),
        invalid("a trailer that begins with a space is refused", ["9112 §5.2", "S17"], "0\r\n X-T: 1\r\n\r\n"),
        invalid("a NUL in a trailer is refused", ["9110 §5.5", "S14"], "0\r\nX-T: \0\r\n\r\n"),
        invalid("a bare CR in a trailer is refused", ["9112 §2.2 CR", "S14"], "0\r\nX-T: a\rb\r\n\r\n"),
        invalid("a bare LF in a trailer is refused", ["9112 §2.2 LF", "S15"], "0\r\nX-T: a\nb: c\r\n\r\n"),
        Case(
            "trailers that are too large are answered 431", ["9110 §5.4"],
            chunks("0\r\nX-T: " + String(repeating: "x", count: 40_000) + "\r\n\r\n"), .refused(431)),
        Case(
            "too many trailers are answered 431", ["9110 §5.4"],
            chunks("0\r\n" + String(repeating: "X-T: 1\r\n", count: 200) + "\r\n"), .refused(431)),
    ]
}
