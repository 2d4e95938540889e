// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static func chunkedAs(_ name: String, _ field: String) -> Case {
        Case(
            name, ["9112 §6.1", "9112 §7"], post(field + "\r\n", hello) + next,
            .served(Arrival("POST /echo", content: "hello"), "GET /echo?next"))
    }

    private static func malformed(_ name: String, _ field: String) -> Case {
        Case(
            name, ["9112 §6.1", "9112 §6.3 Transfer-Encoding", "S7"], post(field + "\r\n", hello + bait), .refused(400))
    }

    private static func unknown(_ name: String, _ value: String, _ status: Int, _ row: String = "S6") -> Case {
        Case(
            name, ["9112 §6.1 unknown", "9112 §6.3 Transfer-Encoding", row],
            post("Transfer-Encoding: \(value)\r\n", hello + bait), .refused(status))
    }

    private static func both(_ name: String, _ fields: String, _ content: String = "0\r\n\r\n" + bait) -> Case {
        Case(name, ["9112 §6.1 both", "9112 §6.3 both", "9112 §11.2", "S1"], post(fields, content), .refused(400))
    }

    static let transferCoding: [Case] = [
        chunkedAs("chunked content is understood, and what follows it", "Transfer-Encoding: chunked"),
        chunkedAs("the name of the coding is case-insensitive", "Transfer-Encoding: cHuNkEd"),
        chunkedAs("the name of the field is case-insensitive", "tRANSFER-eNCODING: chunked"),
        chunkedAs("white space around the coding is ignored", "Transfer-Encoding: \t chunked \t"),
        chunkedAs("the coding may follow its colon at once", "Transfer-Encoding:chunked"),
        malformed("an empty field is refused", "Transfer-Encoding:"),
        malformed("a comma alone is refused", "Transfer-Encoding: ,"),
        malformed("chunked twice is refused", "Transfer-Encoding: chunked, chunked"),
        malformed("two lines are refused", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        malformed(
            "a second line with another coding is refused",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        malformed(
            "a second line is refused, whatever the first", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
        malformed("an empty second line is refused", "Transfer-Encoding: chunked\r\nTransfer-Encoding:"),
        malformed("a coding after chunked is refused", "Transfer-Encoding: chunked, gzip"),
        malformed("chunked among others is refused", "Transfer-Encoding: chunked, gzip, chunked"),
        malformed("a parameter of chunked is refused", "Transfer-Encoding: chunked;a=b"),
        malformed("an empty element before chunked is refused", "Transfer-Encoding: ,chunked"),
        malformed("an empty element after chunked is refused", "Transfer-Encoding: chunked,"),
        malformed("a quoted coding is refused", "Transfer-Encoding: \"chunked\""),
        malformed("a vertical tab before chunked is refused", "Transfer-Encoding: \u{0b}chunked"),
        Case(
            "a vertical tab before chunked is refused, with a length beside it", ["9112 §6.1", "CVE-2019-18277"],
            post("Content-Length: 5\r\nTransfer-Encoding: \u{0b}chunked\r\n", hello + bait), .refused(400)),
        malformed("a form feed before chunked is refused", "Transfer-Encoding: \u{0c}chunked"),
        malformed("a non-breaking space before chunked is refused", "Transfer-Encoding: \u{a0}chunked"),
        malformed("a non-breaking space after chunked is refused", "Transfer-Encoding: chunked\u{a0}"),
        malformed("the octet 85 before chunked is refused", "Transfer-Encoding: \u{85}chunked"),
        malformed("an octet beyond ASCII around chunked is refused", "Transfer-Encoding: \u{ff}chunked\u{ff}"),
        malformed("a NUL after chunked is refused", "Transfer-Encoding: chunked\0"),
        malformed("a bare CR before chunked is refused", "Transfer-Encoding: \rchunked"),
        malformed("a bare LF before chunked is refused", "Transfer-Encoding: \nchunked"),
        malformed("a long s is no s", "Transfer-Encoding: \u{c5}\u{bf}chunked"),
        malformed("a Kelvin sign is no k", "Transfer-Encoding: chun\u{e2}\u{84}\u{aa}ed"),
        malformed("a CR for a hyphen is no Transfer-Encoding", "Transfer\rEncoding: chunked"),
        unknown("identity is refused", "identity", 400),
        unknown("a coding that ends like chunked is refused", "xchunked", 400),
        unknown("a coding that begins like chunked is refused", "chunkedx", 400),
        unknown("a part of chunked is refused", "chunke", 400),
        unknown("gzip alone is refused", "gzip", 400, "S5"),
        unknown("deflate alone is refused", "deflate", 400, "S5"),
        unknown("trailers is no coding", "trailers", 400, "S5"),
        unknown("a coding that nobody knows is refused", "cow", 400, "S5"),
        unknown("an unknown coding before chunked is answered 501", "gzip, chunked", 501),
        unknown("codings that nobody knows before chunked are answered 501", "cow, pig, chunked", 501),
        unknown("identity before chunked is answered 501", "identity, chunked", 501),
        unknown("a parameter of an unknown coding is refused", "gzip;q=1, chunked", 400),
        both(
            "chunked with a length is refused",
            "Content-Length: \(5 + bait.utf8.count)\r\nTransfer-Encoding: chunked\r\n"),
        both(
            "a length after chunked is refused",
            "Transfer-Encoding: chunked\r\nContent-Length: \(5 + bait.utf8.count)\r\n"),
        both("chunked with a length that fits is refused", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        both("chunked with a length of nought is refused", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
        both(
            "chunked with a small length is refused", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "5c\r\n" + bait + "0\r\n\r\n"),
        both("an invalid length beside chunked is refused", "Content-Length: x\r\nTransfer-Encoding: chunked\r\n"),
        both("identity with a length is refused", "Content-Length: 5\r\nTransfer-Encoding: identity\r\n"),
        both("an unknown coding with a length is refused", "Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n"),
        both("an empty Transfer-Encoding with a length is refused", "Content-Length: 5\r\nTransfer-Encoding:\r\n"),
        Case(
            "chunked in HTTP/1.0 is refused", ["9112 §6.1 HTTP/1.0", "S8", "CVE-2026-2835"],
            post("Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n", hello + bait, version: "1.0"),
            .refused(400)),
        Case(
            "chunked with a length in HTTP/1.0 is refused", ["9112 §6.1 HTTP/1.0", "S8", "CVE-2026-2835"],
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", hello + bait, version: "1.0"), .refused(400)),
        Case(
            "content without a length in HTTP/1.0 is no request", ["9112 §6.3 neither", "CVE-2026-2835"],
            post("", bait, version: "1.0"), .served(Arrival("POST /echo", content: ""), ending: .closes)),
        Case(
            "an unknown coding in HTTP/1.0 is refused", ["9112 §6.1 HTTP/1.0", "S8"],
            post("Transfer-Encoding: identity\r\n", hello + bait, version: "1.0"), .refused(400)),
        Case(
            "an alias of Transfer-Encoding frames nothing", ["S9"],
            post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello") + next,
            .served(Arrival("POST /echo", content: "hello"), "GET /echo?next")),
        Case(
            "an alias with a dot frames nothing", ["S9"],
            post("Transfer.Encoding: chunked\r\nContent-Length: 5\r\n", "hello") + next,
            .served(Arrival("POST /echo", content: "hello"), "GET /echo?next")),
        Case(
            "Content-Encoding frames nothing", ["9112 §6.1"],
            post("Content-Encoding: chunked\r\nContent-Length: 5\r\n", "hello") + next,
            .served(Arrival("POST /echo", content: "hello", has: ["content-encoding": ["chunked"]]), "GET /echo?next")),
    ]
}
