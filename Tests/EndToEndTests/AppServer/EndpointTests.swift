// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

let message = #"{"message": "you got this!"}"#

private func request(_ method: String, _ target: String, _ more: String = "") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: test\r\n\(more)\r\n"
}

@Suite struct AppServerEndpointTests {
    @Test func everyPathAnswersTheMessage() throws {
        let server = try Server.app()
        for target in ["/", "/?x=1", "/x", "/a/b/c?d", "/failing", "/livezz", "/Echo", "http://other/x"] {
            let response = try server.get(target)
            #expect(response.statusLine == "HTTP/1.1 200 OK")
            #expect(response.text == message)
            #expect(response["server"] == "Jeju")
            #expect(response["content-type"] == "application/json")
            #expect(response["content-length"] == "28")
            #expect(response.values("date").count == 1)
            #expect(response.fields.count == 4)
        }
    }

    @Test func curlGetsTheMessage() throws {
        let server = try Server.app()
        #expect(try curl(server.url("/")) == message)
        #expect(try curl("--write-out", "%{http_code}", "--output", "/dev/null", server.url("/status/418")) == "418")
        #expect(try curl("--head", server.url("/")).hasPrefix("HTTP/1.1 200 OK\r\nServer: Jeju\r\n"))
        #expect(try curl("--http1.0", server.url("/")) == message)
    }

    @Test func headHasTheFieldsOfGetAndNoContent() throws {
        let server = try Server.app()
        for path in ["/", "/status/404", "/bytes/123456789", "/livez", "/fail"] {
            let client = try server.connect()
            try client.send(request("HEAD", path) + request("GET", "/"))
            let head = try client.response(isHead: true)
            #expect(head["content-length"] != nil)
            #expect(try client.response().text == message)
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
    func otherMethodsAreRefusedAndTheConnectionGoesOn(method: String) throws {
        let server = try Server.app()
        let client = try server.connect()
        try client.send(request(method, "/", "Content-Length: 5\r\n") + "hello" + request("GET", "/"))
        let refusal = try client.response()
        #expect(refusal.status == 405)
        #expect(refusal["allow"] == "GET, HEAD")
        #expect(try client.response().text == message)
    }

    @Test func statusesAreAnsweredAsAsked() throws {
        let server = try Server.app()
        for code in [200, 201, 204, 205, 301, 304, 400, 404, 405, 418, 429, 499, 500, 502, 503, 599] {
            let response = try server.get("/status/\(code)?again")
            #expect(response.status == code)
            #expect(response.text == ([204, 205, 304].contains(code) ? "" : #"{"status": \#(code)}"#))
        }
        for text in ["", "0", "99", "100", "101", "199", "600", "1000", "2x0", "-200", "200/", "%32%30%30"] {
            let response = try server.get("/status/" + text)
            #expect(response.status == 400)
            #expect(response.text.hasPrefix(#"{"error": "a status is"#))
        }
    }

    @Test func delaysDoNotKeepOthersWaiting() throws {
        let server = try Server.app()
        let slow = try server.connect()
        let start = now()
        try slow.send(request("GET", "/delay/400"))
        for _ in 0..<5 { #expect(try server.get("/").status == 200) }
        #expect(now() - start < 0.4)
        #expect(try slow.response().text == message)
        #expect(now() - start >= 0.4)
        #expect(try server.get("/delay/0").text == message)
        for text in ["", "x", "-1", "600001", "18446744073709551616"] {
            #expect(try server.get("/delay/" + text).status == 400)
        }
    }

    @Test func bytesAreAsManyAsAsked() throws {
        let server = try Server.app()
        for count in [0, 1, 64, 65535, 65536, 65537, 300_000, 5_000_000] {
            let response = try server.get("/bytes/\(count)")
            #expect(response["content-length"] == "\(count)")
            #expect(response.body.count == count)
            #expect(response.body.prefix(3) == [0x61, 0x62, 0x63].prefix(count))
        }
        for text in ["", "x", "-1", "1099511627777"] { #expect(try server.get("/bytes/" + text).status == 400) }
        #expect(try server.ask(request("HEAD", "/bytes/1099511627776"), isHead: true).status == 200)
    }

    @Test func failEndsTheProcessWithoutAnAnswer() throws {
        let server = try Server.app(workers: 2)
        let client = try server.connect()
        try client.send(request("GET", "/fail?now"))
        #expect((try? client.rest()) ?? [] == [])
        #expect(try server.process.waitForEnd() == .exited(1))
    }

    @Test func failIsForGetOnly() throws {
        let server = try Server.app()
        #expect(try server.ask(request("POST", "/fail")).status == 405)
        #expect(try server.ask(request("HEAD", "/fail"), isHead: true).status == 200)
        #expect(try server.get("/failed").status == 200)
        #expect(server.process.poll() == nil)
    }

    @Test(arguments: ["/livez", "/readyz", "/startupz"]) func probesAreWell(path: String) throws {
        let server = try Server.app(workers: 3)
        let response = try eventually(5, "a healthy \(path)") {
            let response = try server.get(path)
            return response.status == 200 ? response : nil
        }
        #expect(response.text == #"{"status": "ok"}"#)
        #expect(response["content-type"] == "application/json")
        #expect(try server.ask(request("POST", path)).status == 405)
    }
}
