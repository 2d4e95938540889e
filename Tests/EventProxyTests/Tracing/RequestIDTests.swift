// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

private func text(_ id: borrowing RequestID) -> String {
    let id = id.spelled
    let bytes = id.span
    return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
}

private func isGenerated(_ id: String?) -> Bool {
    id?.utf8.count == 32 && id?.allSatisfy { "0123456789abcdef".contains($0) } == true
}

struct RequestIDTests {
    @Test func `a generated name is 32 hexadecimal digits, and no two are the same`() {
        var seed = SplitMix64(seed: 1)
        let source = IdentifierSource(using: &seed)
        var names: Set<String> = []
        for worker in 0..<8 {
            var random = source.forWorker(worker)
            for _ in 0..<5_000 {
                let name = text(RequestID(using: &random))
                #expect(isGenerated(name))
                names.insert(name)
            }
        }
        #expect(names.count == 40_000)
    }

    @Test func `the same seed gives the same names, so that a simulation can be repeated`() {
        var (first, second) = (SplitMix64(seed: 7), SplitMix64(seed: 7))
        var (a, b) = (IdentifierSource(using: &first), IdentifierSource(using: &second))
        for _ in 0..<100 { #expect(text(RequestID(using: &a)) == text(RequestID(using: &b))) }
    }

    @Test(arguments: ["a", "A-z_0.9", String(repeating: "x", count: 128), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"])
    func `a name of plain characters can be taken over`(name: String) {
        let bytes = Array(name.utf8)
        let id = RequestID(accepting: bytes.span)
        #expect(id.map { text($0) } == name)
    }

    @Test(arguments: [
        "", String(repeating: "x", count: 129), "a b", "a\tb", "a,b", "\"", "a/b", "é", "a;b", "a=b", "$x",
    ])
    func `any other cannot`(name: String) {
        let bytes = Array(name.utf8)
        let id = RequestID(accepting: bytes.span)
        #expect(id == nil)
    }

    @Test func `every byte but those of plain names is refused`() {
        for byte in UInt8.min...UInt8.max {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || [0x2d, 0x2e, 0x5f].contains(byte)
            let bytes = [0x61, byte]
            let id = RequestID(accepting: bytes.span)
            #expect((id != nil) == isPlain)
        }
    }

    // MARK: On the way

    @Test func `origin and client get the same name, another one for each request`() throws {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]])
        let client = try proxy.connect()
        for _ in 0..<3 {
            try client.send(get())
            #expect(isGenerated(try client.response()["x-request-id"]))
        }
        let names = origin.requests.map { $0.values("x-request-id") }
        #expect(names.allSatisfy { $0.count == 1 } && Set(names).count == 3)
        let response = try proxy.get()
        #expect(response["x-request-id"] == origin.requests.last?["x-request-id"])
    }

    @Test(arguments: ["X-Request-ID: mine\r\n", "X_Request_ID: mine\r\n", "Connection: X-Request-ID\r\n"])
    func `what a client says of it goes no further`(fields: String) throws {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]])
        let response = try proxy.get("/", fields)
        let request = try #require(origin.requests.first)
        #expect(isGenerated(request["x-request-id"]))
        #expect(request.values("x-request-id").count == 1 && request.values("x_request_id").isEmpty)
        #expect(response.values("x-request-id") == request.values("x-request-id"))
    }

    @Test func `an origin does not get to rename it`() throws {
        let origin = ScriptedOrigin.saying("well", fields: "X-Request-ID: other\r\n")
        let proxy = try TestProxy([[origin.port]])
        let response = try proxy.get()
        #expect(response.values("x-request-id") == origin.requests.first?.values("x-request-id"))
    }

    @Test func `each attempt has the same`() throws {
        let origins = (0..<3).map { _ in ScriptedOrigin.saying("ill", status: "503 Busy") }
        let proxy = try TestProxy(origins.map { [$0.port] })
        let response = try proxy.get()
        let names = origins.flatMap(\.requests).map { $0["x-request-id"] }
        #expect(names.count == 3 && Set(names) == [response["x-request-id"]] && isGenerated(names[0]))
    }

    @Test(arguments: [
        get(), "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n",
    ])
    func `an answer that the proxy makes itself has one, too`(request: String) throws {
        let refused = RefusedPort()
        let proxy = try TestProxy([[refused.port]])
        #expect(isGenerated(try proxy.server.ask(request)["x-request-id"]))
    }

    @Test func `turned off, the field is one like any other`() throws {
        let origin = ScriptedOrigin.saying("well", fields: "X-Request-ID: theirs\r\n")
        let proxy = try TestProxy([[origin.port]]) { $0.requestID = false }
        let response = try proxy.get("/", "X-Request-ID: mine\r\n")
        #expect(origin.requests.first?.values("x-request-id") == ["mine"])
        #expect(response.values("x-request-id") == ["theirs"])
    }
}
