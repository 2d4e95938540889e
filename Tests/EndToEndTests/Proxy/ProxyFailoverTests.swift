// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

private func request(_ method: String, _ body: String? = nil, path: String = "/") -> String {
    let length = body.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
    return "\(method) \(path) HTTP/1.1\r\nHost: h\r\n\(length)\r\n\(body ?? "")"
}

/// What clients see of origins that fail: nothing, where that is safe. The round begins anywhere, so each test asks at
/// least once for each host.
struct ProxyFailoverTests {
    enum Fault: CaseIterable, Sendable {
        case refused, closed, reset, malformed, unavailable
    }

    /// An origin that fails every request in its way, and notes what it was asked.
    private static func failing(_ fault: Fault) -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                switch fault {
                case .refused, .closed: return
                case .reset: return connection.reset()
                case .malformed: return try connection.send("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")
                case .unavailable: try connection.answer("no", status: "503 Service Unavailable")
                }
            }
        }
    }

    private static func good() -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                try connection.answer("good")
            }
        }
    }

    @Test(arguments: Fault.allCases, ["GET", "PUT", "DELETE"])
    func `a fault is hidden from idempotent requests`(fault: Fault, method: String) throws {
        let (bad, good, refused) = (Self.failing(fault), Self.good(), RefusedPort())
        let proxy = try Server.proxy([[fault == .refused ? refused.port : bad.port], [good.port]])
        for _ in 0..<6 {
            let response = try proxy.ask(request(method, method == "PUT" ? "content" : nil))
            #expect(response.status == 200 && response.text == "good")
            #expect(response["host"] == "service-2-127.0.0.1-\(good.port)")
        }
        #expect(good.requests.count == 6)
        if method == "PUT" { #expect(good.requests.allSatisfy { $0.body == Array("content".utf8) }) }
        #expect(bad.requests.count == (fault == .refused ? 0 : 3))
    }

    @Test(arguments: Fault.allCases, ["POST", "PATCH", "FANCY"])
    func `P2: no other request is delivered twice, and only a refused one goes elsewhere`(
        fault: Fault, method: String
    ) throws {
        let (bad, good, refused) = (Self.failing(fault), Self.good(), RefusedPort())
        let proxy = try Server.proxy([[fault == .refused ? refused.port : bad.port], [good.port]])
        var statuses: [Int] = []
        for i in 0..<6 { statuses.append(try proxy.ask(request(method, "content", path: "/\(i)")).status) }
        let wanted: Int
        switch fault {
        case .refused: wanted = 200
        case .unavailable: wanted = 503
        case .closed, .reset, .malformed: wanted = 502
        }
        #expect(statuses.filter { $0 == wanted }.count == (fault == .refused ? 6 : 3))
        #expect(statuses.filter { $0 == 200 }.count == (fault == .refused ? 6 : 3))
        let delivered = (bad.requests + good.requests).map(\.target)
        #expect(delivered.sorted() == (0..<6).map { "/\($0)" })
    }

    @Test func `when every origin answers 503 the client gets the last real answer, whole`() throws {
        let origins = (0..<3).map { _ in
            ScriptedOrigin { connection, _, origin in
                while let request = try connection.request() {
                    origin.note(request)
                    try connection.answer(
                        "busy \(origin.port)", status: "503 Busy Bee",
                        fields: "Retry-After: 7\r\nX-Port: \(origin.port)\r\n")
                }
            }
        }
        let proxy = try Server.proxy(origins.map { [$0.port] })
        for _ in 0..<3 {
            let before = origins.map(\.requests.count)
            let response = try proxy.ask(request("GET"))
            #expect(response.statusLine == "HTTP/1.1 503 Busy Bee")
            let port = try #require(response["x-port"])
            #expect(response.text == "busy \(port)" && response["retry-after"] == "7")
            #expect(response["host"]?.hasSuffix("-\(port)") == true)
            #expect(zip(origins, before).allSatisfy { $0.requests.count == $1 + 1 })
        }
    }

    @Test func `a held answer is given when the others refuse, and is cut only when its origin cuts it`() throws {
        let refused = [RefusedPort(), RefusedPort()]
        let isCut = Shared(false)
        let busy = ScriptedOrigin { connection, _, _ in
            while try connection.request() != nil {
                try connection.send("HTTP/1.1 503 Busy\r\nContent-Length: 300000\r\n\r\n")
                try connection.send([UInt8](repeating: 0x62, count: isCut.current ? 200_000 : 300_000))
                if isCut.current { return }
            }
        }
        let proxy = try Server.proxy([[busy.port], [refused[0].port], [refused[1].port]])
        for _ in 0..<3 {
            let response = try proxy.ask(request("GET"))
            #expect(response.status == 503 && response.body.count == 300_000)
        }
        isCut.change { $0 = true }
        #expect(throws: TestFailure.self) { try proxy.ask(request("GET")) }
        #expect(throws: TestFailure.self) { try proxy.ask(request("GET")) }
    }

    @Test func `without any answer it is 502 when nobody is there and 504 when nobody answers in time`() throws {
        let refused = [RefusedPort(), RefusedPort()]
        let none = try Server.proxy(refused.map { [$0.port] })
        #expect(try none.ask(request("GET")).status == 502)
        #expect(try none.ask(request("POST", "x")).status == 502)
        let silent = ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() { origin.note(request) }
        }
        let late = try Server.proxy([[silent.port]], more: "  timeouts:\n    response: 200ms\n")
        #expect(try late.ask(request("GET")).status == 504)
        #expect(silent.requests.count == 1)
    }

    @Test func `a client that leaves while its answer is held leaves nothing behind`() throws {
        let busy = Self.failing(.unavailable)
        let left = Shared(false)
        let silent = ScriptedOrigin { connection, _, origin in
            guard let request = try connection.request() else { return }
            origin.note(request)
            // The proxy closes when its client has left.
            _ = try connection.rest()
            left.change { $0 = true }
        }
        let proxy = try Server.proxy([[busy.port], [silent.port]], more: "  retry:\n    attempts: 2\n")
        for _ in 0..<2 {
            let client = try proxy.connect()
            let before = silent.requests.count
            try client.send(request("GET"))
            _ = try eventually(10, "the second origin") { silent.requests.count > before ? true : nil }
            left.change { $0 = false }
            client.reset()
            _ = client
        }
        _ = try eventually(10, "the end") { left.current ? true : nil }
        #expect(try proxy.stop() == .exited(0))
    }
}
