// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

private let valid = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"

private func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
}

/// The access log of the real executable.
struct ProxyAccessLogTests {
    /// A proxy that logs into a file of its own.
    private struct Logged {
        let server: Server
        let folder = TemporaryFolder()
        var path: String { folder.path("event.log") }

        init(_ services: [[UInt16]], format: String = "json", log: String = "", more: String = "") throws {
            let lines = "  log:\n    console: true\n    format: \(format)\n    file: \"\(folder.path("event.log"))\"\n"
            server = try Server.proxy(services, more: lines + log + more)
        }

        /// Waits until there is a line about `target`, then gives all that are about requests.
        func lines(until target: String) throws -> [JSONLines.Line] {
            _ = try eventually(10, "a line about \(target)") {
                Files.text(path).contains("\"target\":\"\(target)\"") ? true : nil
            }
            return try JSONLines.parse(Files.text(path)).filter { $0["target"] != nil }
        }

        func line(_ target: String) throws -> JSONLines.Line {
            try #require(try lines(until: target).first { $0.text("target") == target })
        }
    }

    private static func saying(_ text: String, status: String = "200 OK") -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                try connection.answer(text, status: status)
            }
        }
    }

    @Test func `an ordinary request is one object with one attempt`() throws {
        let origin = Self.saying("well")
        let proxy = try Logged([[origin.port]])
        let response = try proxy.server.ask(get("/a?b", valid))
        let line = try proxy.line("/a?b")
        #expect(line.text("time")?.hasPrefix("20") == true && line.text("logger") == "proxy-log")
        #expect(
            line.text("client") == "127.0.0.1" && line.text("method") == "GET" && line.text("version") == "HTTP/1.1")
        #expect(line.number("status") == 200 && line.number("bytes") == 4 && line.text("outcome") == "ok")
        #expect(line.text("origin") == "service-1-127.0.0.1-\(origin.port)")
        #expect(line.text("trace_id") == "4bf92f3577b34da6a3ce929d0e0e4736")
        let request = try #require(origin.requests.first)
        #expect(
            line.text("request_id") == request["x-request-id"] && response["x-request-id"] == request["x-request-id"])
        #expect(line.count(of: "attempts") == 1)
        #expect(line.text("attempts.0.service") == "service-1")
        #expect(line.text("attempts.0.host") == "127.0.0.1:\(origin.port)")
        #expect(line.number("attempts.0.status") == 200 && line["attempts.0.reason"] == "null")
        let span = try #require(line.text("attempts.0.span_id"))
        #expect(request["traceparent"] == "00-4bf92f3577b34da6a3ce929d0e0e4736-\(span)-01")
        let times = ["connect", "first_byte", "total"].compactMap { line.number("attempts.0.\($0)_ms") }
        #expect(times.count == 3 && times == times.sorted() && times.allSatisfy { $0 >= 0 })
        #expect(try #require(line.number("duration_ms")) >= times[2])
        #expect(response["proxy-status"] == nil)
    }

    @Test func `each attempt is told with its reason, and a late success says so to the client`() throws {
        let (refused, busy, good) = (RefusedPort(), Self.saying("no", status: "503 Busy"), Self.saying("well"))
        let proxy = try Logged([[refused.port], [busy.port], [good.port]])
        for number in 0..<3 {
            let response = try proxy.server.ask(get("/\(number)", valid))
            #expect(response.status == 200)
            let line = try proxy.line("/\(number)")
            let count = line.count(of: "attempts")
            let status = "proxy-server; next-hop=\"service-3-127.0.0.1-\(good.port)\"; details=\"attempt \(count)/3\""
            #expect(response["proxy-status"] == (count > 1 ? status : nil))
            var spans: Set<String> = []
            for attempt in 0..<count {
                spans.insert(line.text("attempts.\(attempt).span_id") ?? "")
                switch line.text("attempts.\(attempt).service") {
                case "service-1":
                    #expect(line.text("attempts.\(attempt).reason") == "connection_refused")
                    #expect(line["attempts.\(attempt).status"] == "null")
                    #expect(line["attempts.\(attempt).first_byte_ms"] == "null")
                case "service-2":
                    #expect(line.text("attempts.\(attempt).reason") == "server_error")
                    #expect(line.number("attempts.\(attempt).status") == 503)
                default:
                    #expect(line["attempts.\(attempt).reason"] == "null" && attempt == count - 1)
                }
            }
            #expect(spans.count == count)
        }
        // The round goes through all three, so one of the requests met both that fail.
        #expect(try proxy.lines(until: "/2").contains { $0.count(of: "attempts") == 3 })
    }

    @Test func `an answer that the proxy makes says why, in the log and to the client`() throws {
        let refused = [RefusedPort(), RefusedPort()]
        let proxy = try Logged(refused.map { [$0.port] })
        let response = try proxy.server.ask(get("/none"))
        let line = try proxy.line("/none")
        #expect(response.status == 502 && line.number("status") == 502 && line.text("outcome") == "connection_refused")
        #expect(line.count(of: "attempts") == 2 && line.text("origin") == "")
        let status = try #require(response["proxy-status"])
        #expect(status.hasPrefix("proxy-server; error=connection_refused; next-hop=\"service-"))
        #expect(status.hasSuffix("; details=\"attempt 2/2\""))
        let connect = try proxy.server.ask("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n")
        #expect(connect["proxy-status"] == "proxy-server; error=http_request_error")
    }

    @Test func `a client that leaves is 499, and its attempt was cancelled`() throws {
        let silent = ScriptedOrigin { connection, _, origin in
            guard let request = try connection.request() else { return }
            origin.note(request)
            _ = try connection.rest()
        }
        let proxy = try Logged([[silent.port]])
        let client = try proxy.server.connect()
        try client.send(get("/left"))
        _ = try eventually(10, "the request") { silent.requests.count == 1 ? true : nil }
        client.reset()
        let line = try proxy.line("/left")
        #expect(line.number("status") == 499 && line.text("outcome") == "client_gone")
        #expect(line.count(of: "attempts") == 1 && line.text("attempts.0.reason") == "cancelled")
    }

    @Test func `the timeout that fired is named`() throws {
        let silent = ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                if request.target == "/half" { try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") }
            }
        }
        let other = ScriptedOrigin { connection, _, _ in while try connection.request() != nil {} }
        let proxy = try Logged(
            [[silent.port], [other.port]],
            more: "  retry: {hedge: false}\n  timeouts: {client_header: 300ms, client_body: 300ms, per_try: 200ms, "
                + "response: 500ms, origin_body: 300ms}\n")
        #expect(try proxy.server.ask(get("/late")).status == 504)
        let late = try proxy.line("/late")
        #expect(late.number("status") == 504 && late.text("outcome") == "response_timeout")
        #expect(late.count(of: "attempts") == 2 && late.text("attempts.0.reason") == "per_try_timeout")
        #expect(late.text("attempts.1.reason") == "response_timeout")

        #expect(try proxy.server.ask("GET /head HTTP/1.1\r\nHost: h\r\n").status == 408)
        _ = try eventually(10, "its line") { Files.text(proxy.path).contains("\"status\":408") ? true : nil }
        let head = try JSONLines.parse(Files.text(proxy.path)).first { $0.number("status") == 408 }
        #expect(head?.text("outcome") == "client_header_timeout")

        #expect(try proxy.server.ask("PUT /body HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n").status == 408)
        #expect(try proxy.line("/body").text("outcome") == "client_body_timeout")
    }

    @Test(arguments: [true, false]) func `an answer that its origin cuts is told as that`(isSilent: Bool) throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
            if isSilent { _ = try connection.rest() }
        }
        let proxy = try Logged([[origin.port]], more: "  timeouts: {origin_body: 300ms}\n")
        #expect(throws: TestFailure.self) { try proxy.server.ask(get("/cut")) }
        let line = try proxy.line("/cut")
        let reason = isSilent ? "origin_body_timeout" : "http_response_incomplete"
        #expect(line.number("status") == 200 && line.text("outcome") == reason)
        #expect(line.text("attempts.0.reason") == reason && line.number("attempts.0.status") == 200)
        #expect(line.text("origin") == "service-1-127.0.0.1-\(origin.port)")
    }

    @Test func `whatever bytes clients send, each line is one object in ASCII`() throws {
        let origin = Self.saying("well")
        let proxy = try Logged([[origin.port]])
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var target = Array("/".utf8)
            for _ in 0..<Int.random(in: 0...60, using: &random) { target.append(.random(in: 0...255, using: &random)) }
            let client = try proxy.server.connect()
            try client.send(Array("GET ".utf8) + target + Array(" HTTP/1.1\r\nHost: h\r\n".utf8))
            try? client.send("X-Request-ID: \"{\\\r\nConnection: close\r\n\r\n")
            _ = try? client.rest()
        }
        _ = try proxy.server.ask(get("/\"}'\\{"))
        _ = try proxy.server.ask(get("/end"))
        let lines = try proxy.lines(until: "/end")
        #expect(lines.count == 302 && lines.allSatisfy { $0["status"] != nil && $0["attempts.length"] != nil })
        #expect(lines.contains { $0.text("target") == "/\\\"}'\\\\{" })
    }

    @Test func `of a sample nothing is missing that went wrong`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            while let request = try connection.request() {
                try connection.answer("x", status: request.target.hasPrefix("/ill") ? "500 Ill" : "200 OK")
            }
        }
        let proxy = try Logged([[origin.port]], log: "    sample: 0.1\n")
        let client = try proxy.server.connect()
        for number in 0..<100 {
            for path in ["/well", "/ill"] {
                try client.send(get("\(path)\(number)"))
                _ = try client.response()
            }
        }
        let lines = try proxy.lines(until: "/ill99")
        #expect(lines.filter { $0.number("status") == 500 }.count == 100)
        #expect((5...15).contains(lines.filter { $0.number("status") == 200 }.count))
    }

    @Test func `in text an ordinary line is as ever, and attempts are told when there was more than one`() throws {
        let (refused, good) = (RefusedPort(), Self.saying("well"))
        let proxy = try Logged([[refused.port], [good.port]], format: "text")
        for number in 0..<2 { #expect(try proxy.server.ask(get("/\(number)")).status == 200) }
        _ = try eventually(10, "two lines") { Files.text(proxy.path).contains(" GET /1 ") ? true : nil }
        let label = "service-2-127.0.0.1-\(good.port)"
        let head = #"\[[-0-9 :,]{23}\] - proxy-log - DEBUG - 127\.0\.0\.1"#
        let time = #"\d+\.\d{3}ms"#
        let one = try Regex(head + " - GET /\\d HTTP/1\\.1 - 200 - \(label) 4B \(time)")
        let refusal = "service-1-127\\.0\\.0\\.1-\(refused.port) connection_refused \(time)"
        let more = try Regex(" attempts=2 \\[\(refusal), \(label) 200 \(time)\\]")
        let lines = Files.lines(proxy.path).filter { $0.contains(" GET /") }
        #expect(lines.allSatisfy { $0.prefixMatch(of: one) != nil })
        #expect(lines.contains { $0.wholeMatch(of: one) != nil })
        #expect(lines.contains { $0.firstMatch(of: more)?.range.upperBound == $0.endIndex })
    }
}
