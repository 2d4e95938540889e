// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

    private static func asking(_ fields: String) -> String {
        get("/chat", fields + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
    }

    private static let upgrade = asking("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")
    private static let switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    /// A failure before any octet of an answer.
    private static func fails(
        _ name: String, _ cites: [String], _ request: String, _ reply: Reply..., arrive: [Arrival]? = nil
    ) -> Case {
        Case(name, cites, request, origin: Array(repeating: reply, count: 4), .response(502, arrivals: arrive))
    }

    static let origin: [Case] = [
        fails("an origin that ends without an answer is 502", ["9110 §15.6.3"], get("/dead"), .close),
        fails("an origin that resets is 502", ["9110 §15.6.3"], get("/reset"), .reset),
        fails(
            "an origin that ends within its head is 502", ["9112 §8", "9110 §15.6.3"], get("/half"),
            "HTTP/1.1 200 OK\r\nContent-Le", .close),
        fails(
            "an origin that ends within its status line is 502", ["9112 §8", "9110 §15.6.3"], get("/line"), "HTTP/1.1",
            .close),
        fails(
            "a POST that an origin has had is not sent again", ["9110 §9.2.2", "9112 §9.3.1"],
            post("Content-Length: 5\r\n", "hello", target: "/post"), .close, arrive: ["POST /post"]),
        fails(
            "a PATCH that an origin has had is not sent again", ["9110 §9.2.2", "9112 §9.3.1"],
            "PATCH /patch HTTP/1.1\r\n\(hostLine)Content-Length: 5\r\n\r\nhello", .reset, arrive: ["PATCH /patch"]),
        fails(
            "an unknown method that an origin has had is not sent again", ["9110 §9.2.2", "9112 §9.3.1"],
            "FROB /frob HTTP/1.1\r\n\(hostLine)\r\n", .close, arrive: ["FROB /frob"]),
        Case(
            "an idempotent request on a connection that had been closed is sent again", ["9112 §9.3.1"],
            [.send(get("/first")), .finals(1), .send(get("/again"))], origin: [[.send(ok)], [.close]],
            .responses(200, 200, arrivals: ["GET /first", "GET /again", "GET /again"])),
        Case(
            "a HEAD whose origin ends without an answer is 502 without content", ["9110 §9.3.2", "9110 §15.6.3"],
            "HEAD /dead HTTP/1.1\r\n\(hostLine)\r\n", origin: Array(repeating: [.close], count: 4), methods: ["HEAD"],
            .response(502, content: "")),
        Case(
            "an origin that is silent is 504", ["9110 §15.6.5"], get("/silent"),
            origin: Array(repeating: [.hold], count: 4), .response(504)),
        Case(
            "connections to the origin are used again", ["9112 §9.3"], get("/1") + get("/2") + get("/3"),
            origin: [], .responses(200, 200, 200, arrivals: ["GET /1", "GET /2", "GET /3"])),
        Case(
            "a connection that the origin wants to close is not used again", ["9112 §9.3", "9112 §9.6"],
            [.send(get("/1")), .finals(1), .send(get("/2"))],
            origin: [["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"]],
            .responses(200, 200, arrivals: ["GET /1", "GET /2"])),
        Case(
            "a connection of HTTP/1.0 is not used again", ["9112 §9.3"],
            [.send(get("/1")), .finals(1), .send(get("/2"))],
            origin: [["HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"]],
            .responses(200, 200, arrivals: ["GET /1", "GET /2"])),
        Case(
            "a server error comes as it is", ["9110 §15.6"], post("Content-Length: 0\r\n", target: "/error"),
            origin: [["HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"]],
            .response(503, content: "busy", arrivals: ["POST /error"])),
        Case(
            "the content of a request that was answered early is not taken for a request", ["9112 §9.3", "S23"],
            [
                .send(post("Content-Length: \(bait.utf8.count)\r\n", target: "/early")), .finals(1), .send(bait),
                .send(get("/second")),
            ],
            origin: [[.early, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", .hold]],
            .responses(403, 200, arrivals: ["GET /second"])),
        Case(
            "a connection whose request was not sent whole is not used again", ["9112 §9.3", "S22", "CVE-2025-4366"],
            [
                .send(post("Content-Length: 5\r\n", "he", target: "/early")), .finals(1), "llo", .send(get("/second")),
                .finals(2),
            ],
            origin: [[.early, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .hold]],
            .responses(200, 200, arrivals: ["GET /second"])),
        Case(
            "chunks that go wrong after an early answer end the connection", ["9112 §7.1", "S12", "S23"],
            [
                .send(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n", target: "/early")), .finals(1),
                .send("5\r\nhello!\r\n0\r\n\r\n" + bait),
            ],
            origin: [[.early, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .hold]],
            .response(200, ending: .closes, arrivals: [])),
        Case(
            "chunks that go wrong are no request of the origin", ["9112 §7.1", "S12"],
            [
                .send(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n", target: "/broken")), .arrival(1),
                .send("5\r\nhello!\r\n0\r\n\r\n" + bait),
            ], .refused(400)),
        Case(
            "content that does not come in time is answered 408", ["9110 §15.5.9"],
            post("Content-Length: 10\r\n", "hello", target: "/slow"), .response(408, ending: .closes, arrivals: [])),
        Case(
            "a head that does not come in time is answered 408", ["9110 §15.5.9"],
            "GET /late HTTP/1.1\r\nHost: test\r\n", .refused(408)),
        // MARK: Upgrade
        Case(
            "a WebSocket carries octets both ways", ["9110 §7.8", "6455 §4"],
            [.send(upgrade), .finals(1), "\u{81}\u{05}hello", "\u{00}\u{ff}\r\n\r\n"],
            origin: [[.send(switching), .echo]],
            .tunnel("\u{81}\u{05}hello\u{00}\u{ff}\r\n\r\n")),
        Case(
            "what follows a request for a WebSocket is held until it stands", ["9110 §7.8", "S29", "CVE-2026-2833"],
            [.send(upgrade + "\u{81}\u{05}hello")], origin: [[.send(switching), .echo]],
            .tunnel("\u{81}\u{05}hello")),
        Case(
            "what follows a refused WebSocket is the next request", ["9110 §7.8", "S29", "CVE-2026-2833"],
            upgrade + get("/second"), origin: [[.send(ok)]],
            .responses(200, 200, content: "hello", arrivals: ["GET /chat", "GET /second"])),
        Case(
            "200 makes no tunnel", ["9110 §7.8", "S29", "CVE-2024-23326"],
            [.send(upgrade), .finals(1), .send(get("/second"))], origin: [[.send(ok)]],
            .responses(200, 200, arrivals: ["GET /chat", "GET /second"])),
        Case(
            "an error makes no tunnel", ["9110 §7.8", "S29"], [.send(upgrade), .finals(1), .send(get("/second"))],
            origin: [["HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"]],
            .responses(403, 200, arrivals: ["GET /chat", "GET /second"])),
        Case(
            "the upgrade goes on in its plain spelling", ["9110 §7.8"],
            asking("Connection: UPGRADE\r\nUpgrade: WebSocket\r\n"), origin: [[.send(ok)]],
            .response(
                200, arrivals: [Arrival("GET /chat", has: ["connection": ["Upgrade"], "upgrade": ["websocket"]])])),
        Case(
            "101 to another protocol than was asked for is replaced", ["9110 §7.8", "S29"], upgrade,
            origin: Array(
                repeating: ["HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"], count: 4
            ),
            .response(502)),
        Case(
            "101 without Upgrade is replaced", ["9110 §7.8", "S29"], upgrade,
            origin: Array(repeating: ["HTTP/1.1 101 Switching Protocols\r\n\r\n"], count: 4), .response(502)),
        Case(
            "a POST asks for no WebSocket", ["6455 §4", "S29"],
            "POST /chat HTTP/1.1\r\n\(hostLine)Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n",
            .served(Arrival("POST /chat", has: ["upgrade": [], "connection": []]))),
        Case(
            "HTTP/1.0 asks for no WebSocket", ["9110 §7.8", "S29"],
            get("/chat", "Connection: Upgrade\r\nUpgrade: websocket\r\n", version: "1.0"),
            .served(Arrival("GET /chat", has: ["upgrade": []]), ending: .closes)),
        Case(
            "a request with content asks for no WebSocket", ["6455 §4", "S29"],
            get("/chat", "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n") + "hello",
            .served(Arrival("GET /chat", content: "hello", has: ["upgrade": []]))),
    ]
}
