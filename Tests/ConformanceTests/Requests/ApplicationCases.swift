// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static let message = #"{"message": "you got this!"}"#

    static let application: [Case] = [
        Case(
            "a GET is answered with JSON, its length and the date", ["9110 §6.6.1", "9110 §8.6"], get("/any/path?q"),
            .response(
                200, content: message,
                has: ["content-type": ["application/json"], "content-length": ["28"], "date": ["*"]])),
        Case(
            "a HEAD is answered like a GET, without content", ["9110 §9.3.2"],
            "HEAD / HTTP/1.1\r\n\(hostLine)\r\n" + get(), methods: ["HEAD", "GET"],
            Outcome(
                statuses: [200, 200], content: "",
                has: ["content-type": ["application/json"], "content-length": ["28"]])),
        Case(
            "a method that is not allowed is answered 405 with those that are", ["9110 §9.1", "9110 §10.2.1"],
            post("Content-Length: 5\r\n", "hello", target: "/"), .response(405, has: ["allow": ["GET, HEAD"]])),
        Case(
            "an unknown method is answered 405 with those that are", ["9110 §9.1", "9110 §10.2.1"],
            "FROBNICATE / HTTP/1.1\r\n\(hostLine)\r\n", .response(405, has: ["allow": ["GET, HEAD"]])),
        Case(
            "methods are case-sensitive to the application", ["9110 §9.1"], "get / HTTP/1.1\r\n\(hostLine)\r\n",
            .response(405)),
        Case(
            "TRACE is not answered with what came", ["9110 §9.3.8"],
            "TRACE / HTTP/1.1\r\n\(hostLine)X-A: secret\r\n\r\n",
            .response(405)),
        Case(
            "an offer of another protocol is ignored", ["9110 §7.8"],
            get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
            .response(200, content: message, has: ["upgrade": []])),
        Case(
            "an offer of HTTP/2 is ignored", ["9110 §7.8", "S29"],
            get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
            .response(200, content: message, has: ["upgrade": []])),
        Case(
            "a refusal has a date, a length, and says that the connection ends", ["9110 §6.6.1", "9112 §9.6"],
            "GET / HTTP/1.1\r\n\r\n",
            .response(400, ending: .closes, has: ["date": ["*"], "content-length": ["*"], "connection": ["close"]])),
        Case(
            "204 has no content and no length", ["9110 §15.3.5", "9110 §8.6", "9112 §6.1 bodiless"], get("/status/204"),
            .response(204, has: ["content-length": [], "transfer-encoding": []])),
        Case(
            "304 has no content", ["9110 §15.4.5"], get("/status/304"), .response(304, has: ["transfer-encoding": []])),
        Case(
            "205 has no content", ["9110 §15.3.6"], get("/status/205"),
            .response(205, content: "", has: ["content-length": ["0"]])),
        Case(
            "content that is not wanted is read, and the connection goes on", ["9112 §9.3", "S22"],
            get("/", "Content-Length: \(bait.utf8.count)\r\n") + bait + next,
            Outcome(statuses: [200, 200], content: message)),
        Case(
            "chunks that are not wanted are read, and the connection goes on", ["9112 §9.3", "S22"],
            get("/", "Transfer-Encoding: chunked\r\n") + hello + next,
            Outcome(statuses: [200, 200], content: message)),
        Case(
            "chunks that are not wanted and wrong end the connection", ["9112 §7.1", "S12"],
            get("/", "Transfer-Encoding: chunked\r\n") + "5\r\nhello!\r\n0\r\n\r\n" + bait,
            Outcome(statuses: [200], ending: .closes)),
        Case(
            "a client that waits to send what is not wanted is answered at once", ["9110 §10.1.1"],
            get("/", "Expect: 100-continue\r\nContent-Length: 5\r\n"), .response(200, ending: .closes, interims: [])),
    ]
}
