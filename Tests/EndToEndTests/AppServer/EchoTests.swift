// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct AppServerEchoTests {
    @Test func tellsAllOfTheRequest() throws {
        let server = try Server.app("--name", "app-7")
        let client = try server.connect()
        try client.send("PATCH /echo?a=1&b=%22 HTTP/1.1\r\nHost: h:1\r\nX-A: 1\r\nx-a:  two \r\nX-Q: \"\\\r\n\r\n")
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response["content-type"] == "application/json")
        let text = response.text
        #expect(text.hasPrefix(#"{"method": "PATCH", "target": "/echo?a=1&b=%22", "path": "/echo", "#))
        #expect(text.contains(#""query": "a=1&b=%22", "version": "HTTP/1.1", "client": "127.0.0.1:"#))
        #expect(text.contains(#""name": "app-7", "fields": [{"name": "Host", "value": "h:1"}, "#))
        #expect(text.contains(#"{"name": "X-A", "value": "1"}, {"name": "x-a", "value": "two"}, "#))
        #expect(text.contains(#"{"name": "X-Q", "value": "\"\\"}], "body": ""}"#))
        let old = try server.ask("GET /echo HTTP/1.0\r\n\r\n")
        #expect(old.text.contains(#""query": null, "version": "HTTP/1.0""#))
        #expect(old.text.contains(#""fields": [], "body": """#))
    }

    @Test func givesTextAsTextAndTheRestInBase64() throws {
        let server = try Server.app()
        let client = try server.connect()
        for (body, json) in [
            ("hello", #""body": "hello"}"#), ("äö€", #""body": "äö€"}"#), ("a\"\n\u{1}", #""body": "a\"\n\u0001"}"#),
        ] {
            try client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
            #expect(try client.response().text.contains(json))
        }
        for (body, base64) in [
            ([0xff], "/w=="), ([0xff, 0xfe], "//4="), ([0xff, 0xfe, 0], "//4A"), ([0x80, 0, 0, 1], "gAAAAQ=="),
        ] as [([UInt8], String)] {
            try client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
            try client.send(body)
            #expect(try client.response().text.contains(#""body_base64": "\#(base64)"}"#))
        }
        #expect(try curl("--data-binary", "from curl", server.url("/echo")).contains(#""body": "from curl"}"#))
    }

    @Test func readsChunksAndTrailers() throws {
        let server = try Server.app()
        let client = try server.connect()
        try client.send(
            "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n00b;x=y\r\ndefghijklmn\r\n0\r\nX-Sum: 42\r\nX-More: yes\r\n\r\n"
                + "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let text = try client.response().text
        #expect(text.contains(#""body": "abcdefghijklmn"}"#))
        #expect(
            text.contains(#""trailers": [{"name": "X-Sum", "value": "42"}, {"name": "X-More", "value": "yes"}], "#))
        #expect(try client.response().text == message)
    }

    @Test func asksForContentThatWaits() throws {
        let server = try Server.app()
        let client = try server.connect()
        try client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.response().statusLine == "HTTP/1.1 100 Continue")
        try client.send("ping")
        #expect(try client.response().text.contains(#""body": "ping"}"#))
        #expect(
            try curl("-H", "Expect: 100-continue", "--data", "x", server.url("/echo")).contains(#""body": "x"}"#))
    }

    @Test func doesNotAskForContentThatNobodyWants() throws {
        let server = try Server.app()
        let client = try server.connect()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        let response = try client.response()
        #expect(response.status == 405)
        #expect(response["connection"] == "close")
        #expect(try client.endsHere())
    }

    @Test func refusesWhatIsTooLong() throws {
        let server = try Server.app()
        let client = try server.connect()
        try client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.response().status == 413)

        let chunked = try server.connect()
        try chunked.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "10000\r\n" + String(repeating: "x", count: 65536) + "\r\n"
        for _ in 0..<17 { try chunked.send(chunk) }
        #expect(try chunked.response().status == 413)
        try chunked.send("0\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try chunked.response().text == message)
    }

    @Test func takesTheLargestContent() throws {
        let server = try Server.app()
        let client = try server.connect()
        try client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n")
        for _ in 0..<16 { try client.send([UInt8](repeating: 0x78, count: 65536)) }
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response.body.count > 1 << 20)
    }

    @Test func contentThatIsCutIsNoRequest() throws {
        let server = try Server.app()
        let client = try server.connect()
        try client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")
        client.endSending()
        let response = try client.response()
        #expect(response.status == 400)
        #expect(try client.endsHere())
        #expect(try server.get("/").status == 200)
    }
}
