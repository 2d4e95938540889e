// SPDX-License-Identifier: Apache-2.0

extension Case {
    private static func removed(_ name: String, _ cites: [String], _ fields: String, _ gone: String...) -> Case {
        Case(
            name, cites, get("/", fields + "X-Other: 2\r\n"),
            .served(
                Arrival(
                    "GET /",
                    has: Dictionary(uniqueKeysWithValues: gone.map { ($0, []) }).merging(["x-other": ["2"]]) { $1 })))
    }

    private static func counted(_ name: String, _ method: String, _ value: String, _ forwarded: String) -> Case {
        Case(
            name, ["9110 §7.6.2"], "\(method) / HTTP/1.1\r\n\(hostLine)Max-Forwards: \(value)\r\n\r\n",
            .served(Arrival("\(method) /", has: ["max-forwards": [forwarded]])))
    }

    static let forwarding: [Case] = [
        Case(
            "Host goes on as it came", ["9110 §7.2"], get("/", version: "1.1"),
            .served(Arrival("GET /", has: ["host": ["test"]]))),
        Case(
            "Host with a port goes on as it came", ["9110 §7.2"], "GET / HTTP/1.1\r\nHost: test:8080\r\n\r\n",
            .served(Arrival("GET /", has: ["host": ["test:8080"]]))),
        Case(
            "the authority of the target replaces Host", ["9112 §3.2.2", "S20"], get("http://other:81/a?b"),
            .served(Arrival("GET /a?b", has: ["host": ["other:81"]]))),
        Case(
            "the absolute form without a path goes on with one", ["9112 §3.2.1", "9112 §3.2.2"], get("http://test"),
            .served(Arrival("GET /", has: ["host": ["test"]]))),
        Case(
            "the absolute form with a query alone goes on with a path", ["9112 §3.2.1"], get("http://test?a"),
            .served("GET /?a")),
        Case(
            "OPTIONS of a whole server goes on so", ["9112 §3.2.4"], "OPTIONS * HTTP/1.1\r\n\(hostLine)\r\n",
            .served("OPTIONS *")),
        Case(
            "OPTIONS of an absolute form without a path goes on for the server", ["9112 §3.2.4"],
            "OPTIONS http://test HTTP/1.1\r\n\(hostLine)\r\n", .served("OPTIONS *")),
        Case(
            "OPTIONS of an absolute form with a path goes on for that", ["9112 §3.2.4"],
            "OPTIONS http://test/ HTTP/1.1\r\n\(hostLine)\r\n", .served("OPTIONS /")),
        Case(
            "OPTIONS of an absolute form with a query goes on for that", ["9112 §3.2.4"],
            "OPTIONS http://test?a HTTP/1.1\r\n\(hostLine)\r\n", .served("OPTIONS /?a")),
        Case(
            "the path goes on octet for octet", ["9110 §7.7", "S26"], get("/a/../b//c/./%2e%2E/%2f%5C%00;x=1?%23%3f"),
            .served("GET /a/../b//c/./%2e%2E/%2f%5C%00;x=1?%23%3f")),
        Case(
            "HTTP/1.0 goes on as 1.1 with a Host", ["9110 §2.5", "9112 §3.2"], "GET / HTTP/1.0\r\nHost: test\r\n\r\n",
            .served(Arrival("GET /", has: ["host": ["test"]]), ending: .closes)),
        Case(
            "an unknown method goes on", ["9110 §9.1"], "FROBNICATE / HTTP/1.1\r\n\(hostLine)\r\n",
            .served("FROBNICATE /")),
        Case("TRACE goes on", ["9110 §9.3.8"], "TRACE / HTTP/1.1\r\n\(hostLine)\r\n", .served("TRACE /")),
        Case(
            "unknown fields go on", ["9110 §5.1"], get("/", "X-Unknown: \u{e9}\t!\r\n"),
            .served(Arrival("GET /", has: ["x-unknown": ["\u{e9}\t!"]]))),
        Case(
            "credentials go on", ["9110 §11.6.2"], get("/", "Authorization: Basic YTpi\r\nCookie: a=b\r\n"),
            .served(Arrival("GET /", has: ["authorization": ["Basic YTpi"], "cookie": ["a=b"]]))),
        Case(
            "conditions and ranges go on", ["9110 §7.7"],
            get("/", "If-None-Match: \"a\"\r\nRange: bytes=0-1\r\nAccept-Encoding: gzip;q=0\r\n"),
            .served(
                Arrival(
                    "GET /",
                    has: ["if-none-match": ["\"a\""], "range": ["bytes=0-1"], "accept-encoding": ["gzip;q=0"]]))),
        // MARK: Hop by hop
        removed(
            "a field that Connection names ends here", ["9110 §7.6.1", "S28"],
            "Connection: X-Secret, keep-alive\r\nX-Secret: 1\r\n", "connection", "x-secret"),
        removed(
            "names in Connection are case-insensitive", ["9110 §7.6.1", "S28"],
            "Connection: x-SECRET\r\nX-Secret: 1\r\nx-secret: 2\r\n", "connection", "x-secret"),
        removed(
            "each line of Connection names fields", ["9110 §7.6.1", "S28"],
            "Connection: X-A\r\nX-A: 1\r\nX-B: 1\r\nConnection: ,X-B,\r\n", "connection", "x-a", "x-b"),
        removed("Keep-Alive ends here", ["9110 §7.6.1", "S28"], "Keep-Alive: timeout=5\r\n", "keep-alive"),
        removed(
            "Proxy-Connection ends here", ["9110 §7.6.1", "S28"], "Proxy-Connection: keep-alive\r\n",
            "proxy-connection"),
        removed("TE ends here", ["9110 §7.6.1", "9112 §7.4", "S28"], "TE: gzip, trailers\r\nConnection: TE\r\n", "te"),
        removed(
            "Upgrade ends here", ["9110 §7.6.1", "9110 §7.8", "S28"], "Upgrade: foo\r\nConnection: Upgrade\r\n",
            "upgrade", "connection"),
        removed(
            "Upgrade without its option ends here", ["9110 §7.6.1", "9110 §7.8"], "Upgrade: websocket\r\n", "upgrade"),
        removed(
            "an upgrade to HTTP/2 ends here", ["9110 §7.8", "S29"],
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", "upgrade",
            "http2-settings", "connection"),
        removed(
            "credentials for this proxy end here", ["9110 §11.7.1", "S28"],
            "Proxy-Authorization: Basic YTpi\r\n", "proxy-authorization"),
        Case(
            "naming Host removes nothing", ["9110 §7.6.1", "S28"], get("/", "Connection: Host\r\n"),
            .served(Arrival("GET /", has: ["host": ["test"], "connection": []]))),
        Case(
            "naming Content-Length removes no framing", ["9110 §7.6.1", "S28"],
            post("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello", target: "/"),
            .served(Arrival("POST /", content: "hello", has: ["content-length": ["5"]]))),
        Case(
            "naming Transfer-Encoding removes no framing", ["9110 §7.6.1", "S28"],
            post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", hello, target: "/"),
            .served(Arrival("POST /", content: "hello", has: ["transfer-encoding": ["chunked"]]))),
        Case(
            "naming forwarding fields removes none of ours", ["9110 §7.6.1", "S27"],
            get("/", "Connection: X-Forwarded-For, Forwarded, Via\r\n"),
            .served(Arrival("GET /", has: ["x-forwarded-for": ["127.0.0.1"]]))),
        removed(
            "aliases of framing end here", ["S9"],
            "Transfer_Encoding: chunked\r\nContent_Length: 5\r\nContent.Length: 5\r\n", "transfer_encoding",
            "content_length", "content.length"),
        Case(
            "what clients claim of themselves ends here", ["S27"],
            get("/", "X-Forwarded-For: 1.2.3.4\r\nX_Forwarded_For: 1.2.3.4\r\nX.Forwarded.Proto: https\r\n"),
            .served(
                Arrival(
                    "GET /",
                    has: ["x-forwarded-for": ["127.0.0.1"], "x_forwarded_for": [], "x.forwarded.proto": []]))),
        // MARK: Framing
        Case(
            "a length goes on as a length", ["9112 §6.2"], post("Content-Length: 5\r\n", "hello", target: "/"),
            .served(Arrival("POST /", content: "hello", has: ["content-length": ["5"], "transfer-encoding": []]))),
        Case(
            "chunks go on as chunks", ["9112 §6.1"], post("Transfer-Encoding: chunked\r\n", hello, target: "/"),
            .served(
                Arrival("POST /", content: "hello", has: ["content-length": [], "transfer-encoding": ["chunked"]]))),
        Case(
            "the coding goes on in its plain spelling", ["9112 §6.1"],
            post("Transfer-Encoding:  CHUNKED\r\n", hello, target: "/"),
            .served(Arrival("POST /", content: "hello", has: ["transfer-encoding": ["chunked"]]))),
        Case(
            "a POST with a length of nought goes on with it", ["9110 §8.6"],
            post("Content-Length: 0\r\n", target: "/"), .served(Arrival("POST /", has: ["content-length": ["0"]]))),
        Case(
            "a GET without content goes on without framing", ["9112 §6.3 neither"], get("/"),
            .served(Arrival("GET /", has: ["content-length": [], "transfer-encoding": []]))),
        Case(
            "every octet of content goes on", ["9112 §6"],
            post("Content-Length: 256\r\n", (0...255).map { UInt8($0) }.latin1, target: "/"),
            .served(Arrival("POST /", content: (0...255).map { UInt8($0) }.latin1))),
        Case(
            "trailers go on, except those that frame, route or authenticate", ["9112 §7.1.2", "9110 §6.5.1", "S24"],
            post(
                "Transfer-Encoding: chunked\r\n",
                "5\r\nhello\r\n0\r\nX-T: 1\r\nHost: other\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
                    + "Authorization: x\r\nContent-Type: text/html\r\nTrailer: X\r\nX_Forwarded_For: 1\r\n\r\n",
                target: "/"),
            .served(
                Arrival(
                    "POST /", content: "hello", has: ["host": ["test"], "x-t": [], "authorization": []],
                    trailers: [
                        "x-t": ["1"], "host": [], "content-length": [], "transfer-encoding": [], "authorization": [],
                        "content-type": [], "trailer": [], "x_forwarded_for": [],
                    ]))),
        // MARK: Max-Forwards and Via
        counted("Max-Forwards of OPTIONS counts down", "OPTIONS", "5", "4"),
        counted("Max-Forwards of TRACE counts down", "TRACE", "1", "0"),
        counted("Max-Forwards of other methods is left alone", "GET", "0", "0"),
        Case(
            "OPTIONS that may go no further is answered here", ["9110 §7.6.2"],
            "OPTIONS * HTTP/1.1\r\n\(hostLine)Max-Forwards: 0\r\n\r\n", .response(204, arrivals: [])),
        Case(
            "TRACE that may go no further is not forwarded", ["9110 §7.6.2"],
            "TRACE / HTTP/1.1\r\n\(hostLine)Max-Forwards: 0\r\n\r\n", .response(405, arrivals: [])),
        Case(
            "the proxy adds itself to Via, behind others", ["9110 §7.6.3"], get("/", "Via: 1.0 first, 1.1 second\r\n"),
            .served(Arrival("GET /", has: ["via": ["1.0 first, 1.1 second", "1.1 proxy-server-*"]]))),
        Case(
            "Via tells the version that came", ["9110 §7.6.3"], get("/", version: "1.0"),
            .served(Arrival("GET /", has: ["via": ["1.0 proxy-server-*"]]), ending: .closes)),
        Case(
            "naming Via removes nobody from it", ["9110 §7.6.3", "S28"],
            get("/", "Connection: Via\r\nVia: 1.1 first\r\n"),
            .served(Arrival("GET /", has: ["via": ["1.1 first", "1.1 proxy-server-*"]]))),
        Case(
            "a response tells of the proxy in Via", ["9110 §7.6.3"], get("/"),
            origin: [["HTTP/1.0 200 OK\r\nVia: 1.1 inner\r\nContent-Length: 0\r\n\r\n", .close]],
            .response(200, has: ["via": ["1.1 inner", "1.0 proxy-server-*"]])),
    ]
}
