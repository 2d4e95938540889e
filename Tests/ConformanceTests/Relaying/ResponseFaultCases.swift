// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let good = ok + "Content-Length: 5\r\n\r\nhello"

    /// A response that is not HTTP is replaced by 502, and the next request has a connection of its own.
    private static func bad(_ name: String, _ cites: [String], _ text: String) -> Case {
        Case(name, cites, get("/bad"), origin: Array(repeating: [.send(text)], count: 4), .response(502))
    }

    private static func badFraming(_ name: String, _ row: String, _ fields: String) -> Case {
        bad(name, ["9112 §6.3 Content-Length", "9112 §6.3 both", row], ok + fields + "\r\n5\r\nhello\r\n0\r\n\r\n")
    }

    private static func badField(_ name: String, _ cites: [String], _ field: String) -> Case {
        bad(name, cites, ok + field + "\r\nContent-Length: 5\r\n\r\nhello")
    }

    private static func cut(_ name: String, _ text: String, _ end: Reply = .close) -> Case {
        Case(name, ["9112 §8", "S31"], get("/cut"), origin: [[.send(text), end]], .cut(arrivals: ["GET /cut"]))
    }

    /// What an origin sends beyond its response is given to nobody.
    private static func extra(_ name: String, _ cites: [String], _ text: String, _ content: String = "hello") -> Case {
        Case(
            name, cites + ["9112 §9.2", "S30"], [.send(get("/extra")), .finals(1), .send(get("/second"))],
            origin: [[.send(text)]],
            .responses(200, 200, content: content, arrivals: ["GET /extra", "GET /second"]))
    }

    private static let poison = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nPOISONED"

    static let responseFault: [Case] = [
        // MARK: Start line
        bad("a response in HTTP/0.9 is replaced", ["9112 §4"], "hello\r\n\r\n"),
        bad("a lower-case protocol name is replaced", ["9112 §4"], "http/1.1 200 OK\r\n\r\n"),
        bad("a response in HTTP/2 is replaced", ["9112 §4"], "HTTP/2.0 200 OK\r\n\r\n"),
        bad("a version without a minor one is replaced", ["9112 §4"], "HTTP/1 200 OK\r\n\r\n"),
        bad("a status of two digits is replaced", ["9112 §4"], "HTTP/1.1 20 OK\r\n\r\n"),
        bad("a status of four digits is replaced", ["9112 §4"], "HTTP/1.1 2000 OK\r\n\r\n"),
        bad("a status of letters is replaced", ["9112 §4"], "HTTP/1.1 abc OK\r\n\r\n"),
        bad("a status below 100 is replaced", ["9110 §15"], "HTTP/1.1 099 OK\r\n\r\n"),
        bad("a status beyond 599 is replaced", ["9110 §15"], "HTTP/1.1 600 OK\r\n\r\n"),
        bad("a signed status is replaced", ["9112 §4"], "HTTP/1.1 +20 OK\r\n\r\n"),
        bad("two spaces before the status are replaced", ["9112 §4"], "HTTP/1.1  200 OK\r\n\r\n"),
        bad("a tab for a space is replaced", ["9112 §4"], "HTTP/1.1\t200\tOK\r\n\r\n"),
        bad("a NUL in the reason is replaced", ["9112 §4", "S30"], "HTTP/1.1 200 O\0K\r\n\r\n"),
        bad("a bare CR in the reason is replaced", ["9112 §2.2 CR", "S14"], "HTTP/1.1 200 O\rK\r\n\r\n"),
        bad("an empty line before a response is replaced", ["9112 §4"], "\r\n" + good),
        bad(
            "bare LF in a response is replaced", ["9112 §2.2 LF", "S15"],
            "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
        bad(
            "an endless status line is replaced", ["9110 §5.4"],
            "HTTP/1.1 200 " + String(repeating: "a", count: 100_000)),
        // MARK: Fields
        badField(
            "a bare CR in a response field is replaced", ["9112 §2.2 CR", "9110 §5.5", "S14"],
            "X-A: a\rSet-Cookie: evil=1"),
        badField("a bare LF in a response field is replaced", ["9112 §2.2 LF", "S15"], "X-A: a\nX-B: b"),
        badField("a NUL in a response field is replaced", ["9110 §5.5", "S14"], "X-A: a\0b"),
        badField("a control in a response field is replaced", ["9110 §5.5"], "X-A: a\u{01}b"),
        badField("a response field without a colon is replaced", ["9112 §5", "S18"], "X-A"),
        badField("a response field without a name is replaced", ["9112 §5", "S18"], ": a"),
        badField(
            "a response field whose name is no token is replaced", ["9110 §5.6.2", "S18", "CVE-2023-27491"],
            "X[A]: a"),
        badField("a space in the name of a response field is replaced", ["9110 §5.6.2", "S18"], "X A: a"),
        badField(
            "an octet beyond ASCII in the name of a response field is replaced", ["9110 §5.6.2", "S18"],
            "X\u{e9}: a"),
        badField("a folded response field is replaced", ["9112 §5.2", "S16"], "X-A: one\r\n two"),
        badField(
            "a response field that is too large is replaced", ["9110 §5.4"],
            "X-A: " + String(repeating: "a", count: 60_000)),
        badField(
            "too many response fields are replaced", ["9110 §5.4"],
            String(repeating: "X-A: 1\r\n", count: 200) + "X-B: 2"),
        bad(
            "white space before the first field is replaced", ["9112 §2.2 white space"],
            ok + " X-A: 1\r\nContent-Length: 5\r\n\r\nhello"),
        // MARK: Framing
        badFraming("two different lengths are replaced", "S2", "Content-Length: 5\r\nContent-Length: 6\r\n"),
        badFraming("a list of different lengths is replaced", "S2", "Content-Length: 5, 6\r\n"),
        badFraming("two equal lengths are replaced", "S3", "Content-Length: 5\r\nContent-Length: 5\r\n"),
        badFraming("a list of equal lengths is replaced", "S3", "Content-Length: 5, 5\r\n"),
        badFraming("an empty length is replaced", "S4", "Content-Length:\r\n"),
        badFraming("a negative length is replaced", "S4", "Content-Length: -5\r\n"),
        badFraming("a length with a plus is replaced", "S4", "Content-Length: +5\r\n"),
        badFraming("a hexadecimal length is replaced", "S4", "Content-Length: 0x5\r\n"),
        badFraming("a length with a letter is replaced", "S4", "Content-Length: 5a\r\n"),
        badFraming("a length of 2^64 and 5 is replaced", "S4", "Content-Length: 18446744073709551621\r\n"),
        badFraming("chunked with a length is replaced", "S1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        badFraming("a length after chunked is replaced", "S1", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        badFraming("chunked twice is replaced", "S7", "Transfer-Encoding: chunked, chunked\r\n"),
        badFraming(
            "two lines of chunked are replaced", "S7",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        badFraming("a coding after chunked is replaced", "S5", "Transfer-Encoding: chunked, gzip\r\n"),
        badFraming("an unknown coding before chunked is replaced", "S6", "Transfer-Encoding: gzip, chunked\r\n"),
        badFraming("an unknown coding is replaced", "S5", "Transfer-Encoding: xchunked\r\n"),
        badFraming("identity is replaced", "S6", "Transfer-Encoding: identity\r\n"),
        badFraming("an empty coding is replaced", "S7", "Transfer-Encoding:\r\n"),
        badFraming("a vertical tab before chunked is replaced", "S7", "Transfer-Encoding: \u{0b}chunked\r\n"),
        bad(
            "chunked in HTTP/1.0 is replaced", ["9112 §6.1 HTTP/1.0", "S8"],
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + hello),
        // MARK: Chunks: the head has gone, so all that is left is to break off
        cut("an invalid chunk size breaks off", ok + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"),
        cut("a negative chunk size breaks off", ok + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"),
        cut("an empty chunk size breaks off", ok + "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n"),
        cut(
            "a chunk size that overflows breaks off",
            ok + "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"),
        cut(
            "a bare LF after a chunk size breaks off",
            ok + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"),
        cut("a chunk without CRLF breaks off", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n"),
        cut("a chunk beyond its size breaks off", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n"),
        cut(
            "an endless chunk extension breaks off",
            ok + "Transfer-Encoding: chunked\r\n\r\n5;a=" + String(repeating: "x", count: 65_536)),
        cut("an invalid trailer breaks off", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX\r\n\r\n"),
        // MARK: Cut responses
        cut("content that is short of its length is cut", ok + "Content-Length: 10\r\n\r\nhello"),
        cut("content that is missing is cut", ok + "Content-Length: 10\r\n\r\n"),
        cut("content that is short by a reset is cut", ok + "Content-Length: 10\r\n\r\nhello", .reset),
        cut(
            "content that is short of its length in HTTP/1.0 is cut",
            "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
        cut("chunks without the last one are cut", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        cut("a chunk that is short is cut", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"),
        cut("a last chunk without its empty line is cut", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
        cut("trailers that do not end are cut", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1"),
        cut("chunks that end in a reset are cut", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", .reset),
        Case(
            "content up to the end of the connection that ends in a reset is cut", ["9112 §8", "S31"], get("/cut"),
            origin: [[.send(ok + "\r\nhello"), .reset]], .cut(arrivals: ["GET /cut"])),
        Case(
            "content that is cut for an HTTP/1.0 client is broken off", ["9112 §8", "S31"],
            get("/cut", version: "1.0"), origin: [[.send(ok + "Content-Length: 10\r\n\r\nhello"), .close]], .cut()),
        Case(
            "chunks that are cut for an HTTP/1.0 client are broken off", ["9112 §8", "S31"],
            get("/cut", version: "1.0"),
            origin: [[.send(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), .close]], .cut()),
        Case(
            "content that stops coming is cut", ["9112 §8"], get("/cut"),
            origin: [[.send(ok + "Content-Length: 10\r\n\r\nhello"), .hold]], .cut(arrivals: ["GET /cut"])),
        // MARK: Too much
        extra("a second response to one request is given to nobody", ["9112 §11.1"], good + poison),
        extra("octets beyond the length are given to nobody", ["9112 §6.3"], good + "EXTRA"),
        extra(
            "octets beyond the last chunk are given to nobody", ["9112 §6.3"],
            ok + "Transfer-Encoding: chunked\r\n\r\n" + hello + poison),
        extra(
            "content where the length is nought is given to nobody", ["9112 §6.3"],
            ok + "Content-Length: 0\r\n\r\n" + poison, ""),
        Case(
            "content of 204 is given to nobody", ["9112 §6.3 bodiless", "9112 §9.2", "S30"],
            [.send(get("/extra")), .finals(1), .send(get("/second"))],
            origin: [[.send("HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\nPOISONED")]],
            .responses(204, 200, content: "", arrivals: ["GET /extra", "GET /second"])),
        Case(
            "content of 304 is given to nobody", ["9112 §6.3 bodiless", "9112 §9.2", "S30"],
            [.send(get("/extra")), .finals(1), .send(get("/second"))],
            origin: [[.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 8\r\n\r\nPOISONED")]],
            .responses(304, 200, content: "", arrivals: ["GET /extra", "GET /second"])),
        Case(
            "content of HEAD is given to nobody", ["9112 §6.3 bodiless", "9112 §9.2", "S30"],
            [.send("HEAD /extra HTTP/1.1\r\n\(hostLine)\r\n"), .finals(1), .send(get("/second"))],
            origin: [[.send(good)]], methods: ["HEAD", "GET"],
            .responses(200, 200, content: "", arrivals: ["HEAD /extra", "GET /second"])),
        Case(
            "a chunked HEAD with content is given to nobody", ["9112 §6.3 bodiless", "9112 §9.2", "S30"],
            [.send("HEAD /extra HTTP/1.1\r\n\(hostLine)\r\n"), .finals(1), .send(get("/second"))],
            origin: [[.send(ok + "Transfer-Encoding: chunked\r\n\r\n" + hello)]], methods: ["HEAD", "GET"],
            .responses(200, 200, content: "", arrivals: ["HEAD /extra", "GET /second"])),
        extra(
            "a 408 for no request is given to nobody", [],
            good + "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"),
        // MARK: Interim responses
        Case(
            "interim responses without end are cut off", ["9110 §15.2", "S30"], get("/flood"),
            origin: Array(
                repeating: [.send(String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 1000) + good)], count: 4),
            .response(502)),
        Case(
            "an interim response and an end are no answer", ["9110 §15.2"], get("/interim"),
            origin: Array(repeating: ["HTTP/1.1 103 Early Hints\r\n\r\n", .close], count: 4), .response(502)),
        Case(
            "a malformed response after an interim one is replaced", ["9110 §15.2"], get("/interim"),
            origin: Array(repeating: ["HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 abc\r\n\r\n"], count: 4),
            .response(502)),
        Case(
            "101 that nobody asked for is replaced", ["9110 §7.8", "S29", "CVE-2024-23326"], get("/switch"),
            origin: Array(
                repeating: ["HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
                count: 4), .response(502)),
    ]
}
