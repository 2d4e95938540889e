// SPDX-License-Identifier: Apache-2.0
@testable import EventHTTP

extension ChunkedCase {
    static let good: [ChunkedCase] = [
        good("no data", "0\r\n", ""),
        good("no data in many digits", "0000000000000000\r\n", ""),
        good("one chunk", "5\r\nhello\r\n0\r\n", "hello"),
        good("two chunks", "5\r\nhello\r\n1\r\n!\r\n0\r\n", "hello!"),
        good("zeros in front of a size", "0005\r\nhello\r\n0\r\n", "hello"),
        good("sixteen digits", "0000000000000005\r\nhello\r\n0\r\n", "hello"),
        good("hexadecimal in small letters", "a\r\n0123456789\r\n0\r\n", "0123456789"),
        good("hexadecimal in capitals", "A\r\n0123456789\r\n0\r\n", "0123456789"),
        good("every digit", "1f\r\n0123456789abcdef0123456789abcde\r\n0\r\n", "0123456789abcdef0123456789abcde"),
        good("data that looks like chunks", "9\r\n0\r\n\r\n5\r\nh\r\n0\r\n", "0\r\n\r\n5\r\nh"),
        good("trailers", "1\r\na\r\n0\r\n", "a", rest: "A: b\r\n\r\nGET"),
        good("broken trailers are not its concern", "1\r\na\r\n0\r\n", "a", rest: "\u{0}\n"),
        good("S13: an extension", "1;a\r\nx\r\n0\r\n", "x"),
        good("S13: an extension with a value", "1;a=b\r\nx\r\n0;c=d\r\n", "x"),
        good("S13: extensions with quoted values", "1;a=\"b;\\\"\\\\ \t\u{ff}\";c=\"\"\r\nx\r\n0\r\n", "x"),
        good("S13: extensions with white space where it is bad", "1 ; a = b\t;\tc\r\nx\r\n0\r\n", "x"),
        good("S13: extensions of just 256 bytes", "1;\(letters(255))\r\nx\r\n0\r\n", "x", rest: "\r\nY"),
        good("S13: sixteen more for each byte of data", "2;\(letters(287))\r\nxy\r\n0\r\n", "xy"),
    ]

    static let unfinished: [ChunkedCase] = [
        more("nothing", ""), more("a size", "5"), more("a size and CR", "5\r"), more("a size line", "5\r\n"),
        more("part of the data", "5\r\nhel", "hel"), more("the data", "5\r\nhello", "hello"),
        more("data and CR", "5\r\nhello\r", "hello"), more("a chunk", "5\r\nhello\r\n", "hello"),
        more("the last size", "5\r\nhello\r\n0", "hello"), more("the last size and CR", "5\r\nhello\r\n0\r", "hello"),
        more("an extension", "5;a"), more("an open quotation", "5;a=\"b"), more("an open escape", "5;a=\"\\"),
        more("the largest size", "7fffffffffffffff\r\nabc", "abc"), more("sixteen digits", "8000000000000000"),
    ]

    private static func size(_ size: String, _ error: ParseError = .chunkSize) -> ChunkedCase {
        bad("S10: the size \(size.debugDescription)", "\(size)\r\nhello\r\n0\r\n\r\n", error)
    }

    private static func ext(_ text: String, _ error: ParseError = .chunkExtension) -> ChunkedCase {
        bad("S13: the extension \(text.debugDescription)", "5\(text)\r\nhello\r\n0\r\n\r\n", error)
    }

    static func letters(_ count: Int) -> String { String(repeating: "e", count: count) }

    static let refused: [ChunkedCase] = [
        size("0x5"), size("+5"), size("-0"), size("-5"), size("5_0"), size(" 5"), size("5 "), size("5\t"), size("\t5"),
        size(""), size("g"), size("5g"), size("5h"), size("5.0"), size("5,"), size("\u{0}"), size("5\u{0}"),
        size("\u{b2}"), size("00000000000000005"), size("10000000000000005"), size("fffffffffffffffff"),
        size("8000000000000000"), size("ffffffffffffffff"), size("5\u{b}"), size("/"), size(":"), size("@"), size("`"),
        bad("S10: no size before an extension", ";a\r\nhello\r\n", .chunkSize),
        bad("S11: LF ends a size (CVE-2025-22871)", "5\nhello\r\n0\r\n\r\n", .chunkSize),
        bad("S11: CR ends a size", "5\rhello\r\n0\r\n\r\n", .lineEnd),
        bad("S11: CR CR LF ends a size", "5\r\r\nhello\r\n0\r\n\r\n", .lineEnd),
        bad("S11: LF ends an extension (CVE-2025-55315)", "5;a\nhello\r\n0\r\n\r\n", .chunkExtension),
        bad("S11: LF ends an extension's value", "5;a=b\nhello\r\n0\r\n\r\n", .chunkExtension),
        bad("S11: CR ends an extension", "5;a\rX\r\nhello\r\n0\r\n\r\n", .lineEnd),
        bad("S11: LF after the last size", "0\n\r\n", .chunkSize),
        bad("S11: LF ends the data", "5\r\nhello\n0\r\n\r\n", .chunkEnd, after: "hello"),
        bad("S11: CR ends the data", "5\r\nhello\r0\r\n\r\n", .chunkEnd, after: "hello"),
        bad("S12: another byte and LF end the data", "5\r\nhello!\n0\r\n\r\n", .chunkEnd, after: "hello"),
        bad("S12: data longer than its size", "5\r\nhello!\r\n0\r\n\r\n", .chunkEnd, after: "hello"),
        bad("S12: data shorter than its size", "6\r\nhello\r\n0\r\n\r\n", .chunkEnd, after: "hello\r"),
        bad("S12: no line end after the data", "5\r\nhello0\r\n\r\n", .chunkEnd, after: "hello"),
        bad("S12: a second size that is broken", "1\r\na\r\nx\r\n", .chunkSize, after: "a"),
        bad("S12: an empty line between chunks", "1\r\na\r\n\r\n1\r\nb\r\n0\r\n\r\n", .chunkSize, after: "a"),
        ext(";"), ext(";;a"), ext("; "), ext(";=b"), ext(";a="), ext(";a=;b"), ext(";a b"), ext(";a=b c"),
        ext(";a=\"b\"c"), ext(";a=\"b\u{7f}\""), ext(";a=\"b\u{0}\""), ext(";a\u{0}"), ext(";\u{0}"), ext(";a=\u{0}"),
        ext(";a=\u{e4}"), ext(";\u{e4}"), ext(";a=\"\\\u{0}\""), ext(";a=\"b"), ext(";a=\"\n\""), ext(";a,b"),
        ext(";a=b=c"), ext(";a ", .chunkSize), ext(";a=b\t", .chunkSize), ext(";a=\"b\" ", .chunkSize), ext("; \r"),
        ext(";a\r", .lineEnd), ext(" a", .chunkSize), ext(",a", .chunkSize),
        bad(
            "S13: extensions that cost more than their data (CVE-2023-39326)", "1;\(letters(272))\r\nx\r\n0\r\n\r\n",
            .chunkExtension),
        bad("S13: extensions without data", "0;\(letters(256))\r\n\r\n", .chunkExtension),
        bad(
            "S13: extensions together", "1;\(letters(99))\r\nx\r\n1;\(letters(99))\r\nx\r\n1;\(letters(104))\r\nx\r\n",
            .chunkExtension, after: "xx"),
        // Each costs less than its data; the eighteenth brings all of them beyond 4 KiB.
        bad(
            "S13: extensions beside much data",
            String(repeating: "12c;\(letters(239))\r\n\(letters(300))\r\n", count: 18), .chunkExtension,
            after: letters(17 * 300)),
    ]
}
