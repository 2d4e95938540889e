// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static func closing(_ name: String, _ fields: String, version: String = "1.1") -> Case {
        Case(
            name, ["9112 §9.3", "9112 §9.6"], get("/echo", fields, version: version) + bait,
            .response(200, ending: .closes, has: ["connection": ["close"]], arrivals: ["GET /echo"]))
    }

    private static func keeping(_ name: String, _ fields: String, version: String = "1.1", has: [String]) -> Case {
        Case(
            name, ["9112 §9.3"], [.send(get("/echo", fields, version: version)), .finals(1)],
            .response(200, has: ["connection": has], arrivals: ["GET /echo"]))
    }

    static let connection: [Case] = [
        keeping("HTTP/1.1 persists", "", has: []),
        keeping("HTTP/1.1 persists with keep-alive", "Connection: keep-alive\r\n", has: []),
        keeping("an unknown option changes nothing", "Connection: foo\r\n", has: []),
        keeping("an option that begins like close changes nothing", "Connection: closed\r\n", has: []),
        keeping("an empty Connection changes nothing", "Connection:\r\n", has: []),
        keeping("empty elements change nothing", "Connection: , ,\r\n", has: []),
        keeping("Proxy-Connection closes nothing", "Proxy-Connection: close\r\n", has: []),
        keeping("Keep-Alive without Connection changes nothing", "Keep-Alive: timeout=5\r\n", has: []),
        keeping(
            "HTTP/1.0 persists if it asks for that", "Connection: keep-alive\r\n", version: "1.0",
            has: ["keep-alive"]),
        keeping("keep-alive is case-insensitive", "Connection: Keep-Alive\r\n", version: "1.0", has: ["keep-alive"]),
        closing("close ends the connection", "Connection: close\r\n"),
        closing("close is case-insensitive", "Connection: CLOSE\r\n"),
        closing("close in a list ends the connection", "Connection: foo, close\r\n"),
        closing("close between empty elements ends the connection", "Connection: ,close,\r\n"),
        closing("close in a second line ends the connection", "Connection: foo\r\nConnection: close\r\n"),
        closing("close wins over keep-alive", "Connection: keep-alive, close\r\n"),
        closing("close before keep-alive wins over it", "Connection: close\r\nConnection: keep-alive\r\n"),
        closing("HTTP/1.0 closes", "", version: "1.0"),
        closing("HTTP/1.0 closes with other options", "Connection: foo\r\n", version: "1.0"),
        closing("HTTP/1.0 closes with Keep-Alive alone", "Keep-Alive: timeout=5\r\n", version: "1.0"),
        closing("close wins over keep-alive in HTTP/1.0", "Connection: keep-alive, close\r\n", version: "1.0"),
        Case(
            "requests that come together are answered in order", ["9112 §9.3.2"],
            get("/echo?1") + get("/echo?2") + next,
            .served("GET /echo?1", "GET /echo?2", "GET /echo?next")),
        Case(
            "twenty requests that come together are answered in order", ["9112 §9.3.2"],
            (0..<20).map { get("/echo?\($0)") }.joined(),
            Outcome(
                statuses: Array(repeating: 200, count: 20), arrivals: (0..<20).map { Arrival("GET /echo?\($0)") })),
        Case(
            "requests with content that come together are answered in order", ["9112 §9.3.2"],
            post("Content-Length: 1\r\n", "a") + post("Transfer-Encoding: chunked\r\n", hello) + next,
            .served(Arrival("POST /echo", content: "a"), Arrival("POST /echo", content: "hello"), "GET /echo?next")),
        Case(
            "a request behind one that closes is not served", ["9112 §9.6"],
            get("/echo", "Connection: close\r\n") + bait, .served("GET /echo", ending: .closes)),
        Case(
            "a bad request behind a good one is refused after its answer", ["9112 §9.3.2", "S32"],
            get() + "NONSENSE\r\n\r\n", .refused(400, after: "GET /echo")),
        Case(
            "a bad request behind a good one with content is refused after its answer", ["9112 §9.3.2", "S32"],
            post("Content-Length: 5\r\n", "hello") + "GET / HTTP/1.1\r\n\r\n" + bait,
            .refused(400, after: "POST /echo")),
        Case(
            "nothing behind a bad request is served", ["9112 §9.3.2", "S32"], "NONSENSE\r\n\r\n" + bait,
            .refused(400)),
        Case(
            "a request in pieces is served", ["9112 §2.2"],
            ["G", "ET /ec", "ho HTTP/1.", "1\r", "\nHo", "st:", " test\r\n", "\r", "\n"], .served("GET /echo")),
        Case(
            "a client that has ended its side is answered", ["9112 §9.6"], [.send(get()), .end],
            .served("GET /echo", ending: .closes)),
        Case(
            "a client that has ended its side is answered all it asked", ["9112 §9.6"],
            [.send(get() + post("Content-Length: 5\r\n", "hello") + next), .end],
            .served("GET /echo", "POST /echo", "GET /echo?next", ending: .closes)),
        Case(
            "half a request and an end are no request", ["9112 §8"],
            [.send("GET /echo HTTP/1.1\r\nHost: te"), .end], .dropped),
        Case("no request and an end are nothing", ["9112 §9.6"], [.end], .dropped),
    ]

    static let expect: [Case] = [
        Case(
            "a client that waits is told to go on", ["9110 §10.1.1"],
            [.send(post("Expect: 100-continue\r\nContent-Length: 5\r\n")), .answer, "hello"],
            .response(200, interims: [100], arrivals: [Arrival("POST /echo", content: "hello")])),
        Case(
            "a client that waits with chunks is told to go on", ["9110 §10.1.1"],
            [.send(post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")), .answer, .send(hello)],
            .response(200, interims: [100], arrivals: [Arrival("POST /echo", content: "hello")])),
        Case(
            "the expectation is case-insensitive", ["9110 §10.1.1"],
            [.send(post("Expect: 100-Continue\r\nContent-Length: 5\r\n")), .answer, "hello"],
            .response(200, interims: [100], arrivals: [Arrival("POST /echo", content: "hello")])),
        Case(
            "a client that does not wait is served", ["9110 §10.1.1", "S25"],
            post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello") + next,
            .served(Arrival("POST /echo", content: "hello"), "GET /echo?next")),
        Case(
            "an expectation without content asks for nothing", ["9110 §10.1.1", "S25"],
            get("/echo", "Expect: 100-continue\r\n"), .response(200, interims: [], arrivals: ["GET /echo"])),
        Case(
            "an expectation with a length of nought asks for nothing", ["9110 §10.1.1", "S25"],
            post("Expect: 100-continue\r\nContent-Length: 0\r\n"),
            .response(200, interims: [], arrivals: ["POST /echo"])),
        Case(
            "an expectation in HTTP/1.0 is ignored", ["9110 §10.1.1"],
            post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello", version: "1.0"),
            .response(200, ending: .closes, interims: [], arrivals: [Arrival("POST /echo", content: "hello")])),
        Case(
            "an unknown expectation is answered 417", ["9110 §10.1.1", "S25"],
            post("Expect: frobnicate\r\nContent-Length: 5\r\n", "hello" + bait), .refused(417)),
        Case(
            "an expectation beside another is answered 417", ["9110 §10.1.1", "S25"],
            post("Expect: 100-continue, frobnicate\r\nContent-Length: 5\r\n", "hello" + bait), .refused(417)),
        Case(
            "an expectation twice is answered 417", ["9110 §10.1.1", "S25"],
            post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n", "hello" + bait),
            .refused(417)),
        Case(
            "an empty expectation is answered 417", ["9110 §10.1.1", "S25"],
            post("Expect:\r\nContent-Length: 5\r\n", "hello" + bait), .refused(417)),
        Case(
            "a quoted expectation is answered 417", ["9110 §10.1.1", "S25"],
            post("Expect: \"100-continue\"\r\nContent-Length: 5\r\n", "hello" + bait), .refused(417)),
        Case(
            "a malformed request with an expectation is refused at once", ["9110 §10.1.1"],
            post("Expect: 100-continue\r\nContent-Length: x\r\n"), .refused(400)),
    ]
}
