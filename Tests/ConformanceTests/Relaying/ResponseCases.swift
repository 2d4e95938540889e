// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let helloLength = ok + "Content-Length: 5\r\n\r\nhello"
    private static let helloChunked = ok + "Transfer-Encoding: chunked\r\n\r\n" + hello
    private static let head = "HEAD / HTTP/1.1\r\n\(hostLine)\r\n"

    static let response: [Case] = [
        Case(
            "content with a length comes whole", ["9112 §6.2"], get("/"), origin: [[.send(helloLength)]],
            .response(200, content: "hello", has: ["content-length": ["5"]])),
        Case(
            "chunks come as chunks", ["9112 §7.1"], get("/"), origin: [[.send(helloChunked)]],
            .response(200, content: "hello", has: ["transfer-encoding": ["chunked"], "content-length": []])),
        Case(
            "extensions and noughts of chunks end here", ["9112 §7.1.1"], get("/"),
            origin: [
                [.send(ok + "Transfer-Encoding: Chunked\r\n\r\n2;x=y;z=\"a\"\r\nhe\r\n0003\r\nllo\r\n000\r\n\r\n")]
            ],
            .response(200, content: "hello", has: ["transfer-encoding": ["chunked"]])),
        Case(
            "content up to the end of the connection comes whole", ["9112 §6.3 close"], get("/"),
            origin: [[.send(ok + "\r\nhello"), .close]],
            .response(200, content: "hello", has: ["transfer-encoding": ["chunked"]])),
        Case(
            "content up to the end of an HTTP/1.0 origin comes whole", ["9112 §6.3 close"], get("/"),
            origin: [["HTTP/1.0 200 OK\r\n\r\nhello", .close]], .response(200, content: "hello")),
        Case(
            "empty content up to the end comes so", ["9112 §6.3 close"], get("/"),
            origin: [["HTTP/1.0 200 OK\r\n\r\n", .close]], .response(200, content: "")),
        Case(
            "an HTTP/1.0 client gets no chunks", ["9112 §6.1"], get("/", version: "1.0"),
            origin: [[.send(helloChunked)]],
            .response(200, ending: .closes, content: "hello", has: ["transfer-encoding": [], "content-length": []])),
        Case(
            "an HTTP/1.0 client that wants to persist gets no chunks", ["9112 §6.1"],
            get("/", "Connection: keep-alive\r\n", version: "1.0"), origin: [[.send(helloChunked)]],
            .response(200, ending: .closes, content: "hello", has: ["transfer-encoding": [], "connection": ["close"]])),
        Case(
            "an HTTP/1.0 client persists with a length", ["9112 §9.3"],
            get("/", "Connection: keep-alive\r\n", version: "1.0"), origin: [[.send(helloLength)]],
            .response(200, content: "hello", has: ["connection": ["keep-alive"]])),
        Case(
            "the version of the response is the proxy's own", ["9110 §2.5"], get("/"),
            origin: [["HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", .close]], .response(200, content: "hello")),
        Case(
            "a higher minor version of an origin is taken for 1.1", ["9110 §2.5"], get("/"),
            origin: [["HTTP/1.9 200 OK\r\nContent-Length: 5\r\n\r\nhello"]], .response(200, content: "hello")),
        Case(
            "every octet of content comes", ["9112 §6"], get("/"),
            origin: [[.send(ok + "Content-Length: 256\r\n\r\n" + (0...255).map { UInt8($0) }.latin1)]],
            .response(200, content: (0...255).map { UInt8($0) }.latin1)),
        Case(
            "content of 300,000 octets comes whole", ["9112 §6.2"], get("/"),
            origin: [[.send(ok + "Content-Length: 300000\r\n\r\n" + String(repeating: "x", count: 300_000))]],
            .response(200, content: String(repeating: "x", count: 300_000))),
        Case(
            "a response in pieces comes whole", ["9112 §2.2"], get("/"),
            origin: [["HTTP/1.", "1 200 O", "K\r", "\nContent-Len", "gth: 5\r\n\r", "\nhel", "lo"]],
            .response(200, content: "hello")),
        // MARK: Without content
        Case(
            "HEAD tells the length and nothing more", ["9110 §9.3.2", "9112 §6.3 bodiless"], head + get("/second"),
            origin: [[.send(ok + "Content-Length: 5000\r\n\r\n")]], methods: ["HEAD", "GET"],
            Outcome(statuses: [200, 200], has: ["content-length": ["5000"]], arrivals: ["HEAD /", "GET /second"])),
        Case(
            "HEAD of chunks has none", ["9110 §9.3.2", "9112 §6.3 bodiless"], head + get("/second"),
            origin: [[.send(ok + "Transfer-Encoding: chunked\r\n\r\n")]], methods: ["HEAD", "GET"],
            Outcome(statuses: [200, 200], content: "", arrivals: ["HEAD /", "GET /second"])),
        Case(
            "HEAD without framing has no content", ["9110 §9.3.2", "9112 §6.3 bodiless"], head + get("/second"),
            origin: [[.send(ok + "\r\n")]], methods: ["HEAD", "GET"],
            Outcome(statuses: [200, 200], content: "", arrivals: ["HEAD /", "GET /second"])),
        Case(
            "HEAD of an error has no content", ["9110 §9.3.2"], head,
            origin: [["HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n"]], methods: ["HEAD"],
            .response(404, content: "", has: ["content-length": ["9"]])),
        Case(
            "204 has no content and no length", ["9110 §15.3.5", "9112 §6.1 bodiless", "9110 §8.6"], get("/"),
            origin: [["HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"]],
            .response(204, has: ["content-length": []])),
        Case(
            "204 has no chunks", ["9110 §15.3.5", "9112 §6.1 bodiless"], get("/"),
            origin: [["HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"]],
            .response(204, has: ["transfer-encoding": []])),
        Case(
            "304 tells the length and nothing more", ["9110 §15.4.5", "9112 §6.3 bodiless"], get("/"),
            origin: [["HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\n"]],
            .response(304, has: ["content-length": ["5"], "etag": ["\"a\""]])),
        Case(
            "304 without a length gets none", ["9110 §15.4.5"], get("/"),
            origin: [["HTTP/1.1 304 Not Modified\r\n\r\n"]],
            .response(304, has: ["content-length": [], "transfer-encoding": []])),
        Case(
            "205 with a length of nought comes so", ["9110 §15.3.6"], get("/"),
            origin: [["HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"]],
            .response(205, content: "", has: ["content-length": ["0"]])),
        Case(
            "a response with a length of nought comes so", ["9112 §6.2"], get("/"),
            origin: [[.send(ok + "Content-Length: 0\r\n\r\n")]], .response(200, has: ["content-length": ["0"]])),
        // MARK: Status
        Case(
            "an unknown status comes as it is", ["9110 §15"], get("/"),
            origin: [["HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n"]], .response(299)),
        Case(
            "an unknown client error comes as it is", ["9110 §15"], get("/"),
            origin: [["HTTP/1.1 499 Odd\r\nContent-Length: 0\r\n\r\n"]], .response(499)),
        Case(
            "a redirect is the client's to follow", ["9110 §15.4"], get("/"),
            origin: [["HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"]],
            .response(302, has: ["location": ["/other"]], arrivals: ["GET /"])),
        Case(
            "an empty reason is no error", ["9112 §4"], get("/"),
            origin: [["HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello"]], .response(200, content: "hello")),
        Case(
            "a missing space before an empty reason is added", ["9112 §4"], get("/"),
            origin: [["HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello"]], .response(200, content: "hello")),
        Case(
            "a reason of any text is no error", ["9112 §4"], get("/"),
            origin: [["HTTP/1.1 200 \u{e9}\t a: b\r\nContent-Length: 5\r\n\r\nhello"]],
            .response(200, content: "hello")),
        // MARK: Fields
        Case(
            "the order of lines with one name is kept", ["9110 §5.3"], get("/"),
            origin: [
                [.send(ok + "Set-Cookie: a=1\r\nX-A: 1\r\nSet-Cookie: b=2, c\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n")]
            ],
            .response(200, has: ["set-cookie": ["a=1", "b=2, c"], "x-a": ["1", "2"]])),
        Case(
            "empty values and octets beyond ASCII come as they are", ["9110 §5.5"], get("/"),
            origin: [[.send(ok + "X-A:\r\nX-B: \u{e9}\u{ff}\r\nContent-Length: 0\r\n\r\n")]],
            .response(200, has: ["x-a": [""], "x-b": ["\u{e9}\u{ff}"]])),
        Case(
            "fields of one hop end here", ["9110 §7.6.1", "S28"], get("/"),
            origin: [
                [
                    .send(
                        ok + "Connection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=77\r\n"
                            + "Proxy-Connection: close\r\nProxy-Authenticate: Basic\r\nTrailer: X\r\nTE: gzip\r\n"
                            + "X-Other: 2\r\nContent-Length: 0\r\n\r\n")
                ]
            ],
            .response(
                200,
                has: [
                    "connection": [], "x-secret": [], "keep-alive": [], "proxy-connection": [], "te": [],
                    "proxy-authenticate": [], "trailer": [], "x-other": ["2"],
                ])),
        Case(
            "naming Content-Length removes no framing of a response", ["9110 §7.6.1", "S28"], get("/"),
            origin: [[.send(ok + "Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello")]],
            .response(200, content: "hello", has: ["content-length": ["5"]])),
        Case(
            "an origin that closes does not close the client's connection", ["9110 §7.6.1", "9112 §9.6"], get("/"),
            origin: [[.send(ok + "Connection: close\r\nContent-Length: 5\r\n\r\nhello"), .close]],
            .response(200, content: "hello", has: ["connection": []])),
        Case(
            "an offer to upgrade ends here", ["9110 §7.8"], get("/"),
            origin: [[.send(ok + "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n")]],
            .response(200, has: ["upgrade": [], "connection": []])),
        Case(
            "the origin's date comes as it is", ["9110 §6.6.1"], get("/"),
            origin: [[.send(ok + "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n")]],
            .response(200, has: ["date": ["Sun, 06 Nov 1994 08:49:37 GMT"]])),
        Case(
            "a missing date is added", ["9110 §6.6.1"], get("/"), origin: [[.send(helloLength)]],
            .response(200, has: ["date": ["*"]])),
        Case(
            "content is not recoded", ["9110 §7.7"], get("/", "Accept-Encoding: identity\r\n"),
            origin: [[.send(ok + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")]],
            .response(200, content: "hello", has: ["content-encoding": ["gzip"]])),
        Case(
            "white space before the colon of a response field ends here", ["9112 §5.1", "S17"], get("/"),
            origin: [[.send(ok + "X-A : 1\r\nX-B \t : 2\r\nContent-Length: 5\r\n\r\nhello")]],
            .response(200, content: "hello", has: ["x-a": ["1"], "x-b": ["2"]])),
        Case(
            "thirty kilobytes of response fields come", ["9110 §5.4"], get("/"),
            origin: [[.send(ok + "X-A: \(String(repeating: "a", count: 30_000))\r\nContent-Length: 0\r\n\r\n")]],
            .response(200, has: ["x-a": [String(repeating: "a", count: 30_000)]])),
        // MARK: Trailers
        Case(
            "trailers come to a client that takes them", ["9110 §6.5.1", "9110 §10.1.4"], get("/", "TE: trailers\r\n"),
            origin: [
                [
                    .send(
                        ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\nContent-Length: 5\r\n"
                            + "Set-Cookie: a\r\nContent-Range: x\r\n\r\n")
                ]
            ],
            .response(
                200, content: "hello", has: ["x-t": []],
                trailers: ["x-t": ["1"], "content-length": [], "set-cookie": [], "content-range": []])),
        Case(
            "trailers do not come to a client that has not asked", ["9110 §6.5.1", "9110 §10.1.4"], get("/"),
            origin: [[.send(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n")]],
            .response(200, content: "hello", has: ["x-t": []], trailers: ["x-t": []])),
        // MARK: Interim responses
        Case(
            "interim responses come before the final one", ["9110 §15.2", "9112 §9.2"], get("/"),
            origin: [
                [
                    "HTTP/1.1 102 Processing\r\n\r\n",
                    "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nConnection: x\r\nX: 1\r\n\r\n",
                    .send(helloLength),
                ]
            ],
            .response(200, content: "hello", interims: [102, 103])),
        Case(
            "an interim response of an unknown status comes", ["9110 §15.2"], get("/"),
            origin: [["HTTP/1.1 199 Odd\r\n\r\n", .send(helloLength)]],
            .response(200, content: "hello", interims: [199])),
        Case(
            "a 100 that nobody asked for comes", ["9110 §15.2"], get("/"),
            origin: [["HTTP/1.1 100 Continue\r\n\r\n", .send(helloLength)]],
            .response(200, content: "hello", interims: [100])),
        Case(
            "a 100 that nobody asked for comes to a POST", ["9110 §15.2"], post("Content-Length: 5\r\n", "hello"),
            origin: [[.early, "HTTP/1.1 100 Continue\r\n\r\n", .content, .send(helloLength)]],
            .response(200, content: "hello", interims: [100])),
        Case(
            "framing in an interim response ends here", ["9110 §15.2", "9112 §6.1 bodiless"], get("/"),
            origin: [["HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n", .send(helloLength)]],
            .response(200, content: "hello", interims: [103])),
        Case(
            "an HTTP/1.0 client gets no interim response", ["9110 §15.2"], get("/", version: "1.0"),
            origin: [["HTTP/1.1 103 Early Hints\r\n\r\n", .send(helloLength)]],
            .response(200, ending: .closes, content: "hello", interims: [])),
        Case(
            "an expectation goes on, and the origin's 100 comes back once", ["9110 §10.1.1"],
            [.send(post("Expect: 100-continue\r\nContent-Length: 5\r\n", target: "/")), .answer, "hello"],
            origin: [[.early, "HTTP/1.1 100 Continue\r\n\r\n", .content, .send(helloLength)]],
            .response(
                200, content: "hello", interims: [100],
                arrivals: [Arrival("POST /", content: "hello", has: ["expect": ["100-continue"]])])),
        Case(
            "an origin that never says 100 gets the content all the same", ["9110 §10.1.1"],
            [.send(post("Expect: 100-continue\r\nContent-Length: 5\r\n", target: "/")), .answer, "hello"],
            origin: [[.early, .content, .send(helloLength)]],
            .response(200, content: "hello", interims: [100], arrivals: [Arrival("POST /", content: "hello")])),
        Case(
            "a final answer instead of 100 comes at once, and the connection ends", ["9110 §10.1.1", "S23"],
            post("Expect: 100-continue\r\nContent-Length: 5\r\n", target: "/"),
            origin: [[.early, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n", .hold]],
            .response(417, ending: .closes, interims: [], arrivals: [])),
        Case(
            "an answer before the content comes at once, and the connection goes on", ["9112 §9.3", "S23"],
            [.send(post("Content-Length: 5\r\n", target: "/")), .finals(1), .send("hello")],
            origin: [[.early, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n", .hold]],
            .response(413, arrivals: [])),
    ]
}
