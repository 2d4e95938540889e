// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// RFC 9209.
struct ProxyStatusTests {
    private static let us = Array("gateway".utf8)

    private func written(_ status: ProxyStatus) -> String {
        var writer = FieldWriter(Buffer(), pool: BufferPool())
        status.write(to: &writer)
        let buffer = writer.take()
        let bytes = buffer.bytes
        return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }

    @Test(arguments: [
        (ProxyStatus(name: Self.us), "gateway"),
        (ProxyStatus(name: Self.us, error: "proxy_loop_detected"), "gateway; error=proxy_loop_detected"),
        (
            ProxyStatus(
                name: Self.us, error: "connection_refused", nextHop: Array("a-1".utf8), attempts: 2, attemptsMax: 3),
            "gateway; error=connection_refused; next-hop=\"a-1\"; details=\"attempt 2/3\""
        ),
        // RFC 9651 §4.1.6: strings hold visible ASCII and spaces, quotes and backslashes with a backslash before them.
        (ProxyStatus(name: Self.us, nextHop: Array("\"\\ \r\n\u{0}é".utf8)), #"gateway; next-hop="\"\\ ?????""#),
    ])
    func `is a member of a list with parameters`(status: ProxyStatus, value: String) {
        #expect(written(status) == "Proxy-Status: \(value)\r\n")
    }

    @Test(arguments: Cause.allCases) func `each cause has a word, and a type that the registry has`(cause: Cause) {
        let registered = [
            "destination_unavailable", "destination_not_found", "destination_ip_unroutable", "connection_refused",
            "connection_terminated",
            "connection_timeout", "connection_read_timeout", "connection_limit_reached", "http_request_error",
            "http_request_denied", "http_response_incomplete", "http_response_timeout", "http_protocol_error",
            "proxy_internal_response", "proxy_internal_error", "proxy_loop_detected",
        ]
        #expect(!"\(cause.word)".isEmpty && "\(cause.word)".allSatisfy { $0.isLowercase || $0 == "_" })
        if let type = cause.errorType { #expect(registered.contains("\(type)")) }
    }

    @Test func `no two causes of an attempt share a word`() {
        let words = Cause.allCases.map { "\($0.word)" }
        // No host at all, and one that cannot be connected to for another reason, are the same to a client.
        #expect(Set(words).count == words.count - 1)
    }

    @Test(arguments: [("gateway", "gateway"), ("my gateway", "my-gateway"), ("7", "proxy-7"), ("", "proxy-")])
    func `a proxy calls itself what its program is called, as a token`(program: String, name: String) throws {
        let services = [
            ProxyConfiguration.Service(name: "a", hosts: [ProxyConfiguration.Host(address: "127.0.0.1", port: 1)])
        ]
        let setup = ProxySetup(ProxyConfiguration(services: services), seed: 255, workers: 1, name: program)
        #expect(setup.name == name && setup.pseudonym == "\(name)-ff")
        #expect(setup.serverOptions.refusalFields == FieldLines(["Proxy-Status": "\(name); error=http_request_error"]))
    }

    @Test func `what proxies nearer to the origin say comes first`() throws {
        let bad = ScriptedOrigin.saying("ill", status: "503 Busy")
        let good = ScriptedOrigin.saying("well", fields: "Proxy-Status: inner\r\n")
        let proxy = try TestProxy([[bad.port], [good.port]])
        let response = try proxy.get()
        #expect(response.values("proxy-status").first == "inner" && response.values("proxy-status").count == 2)
        #expect(response.values("proxy-status").last?.hasPrefix("proxy-server; next-hop=") == true)
    }

    @Test func `an answer that was to be had nowhere else says how many were asked`() throws {
        let origins = (0..<2).map { _ in ScriptedOrigin.saying("ill", status: "503 Busy") }
        let proxy = try TestProxy(origins.map { [$0.port] })
        let status = try #require(try proxy.get()["proxy-status"])
        #expect(status.hasSuffix("; details=\"attempt 2/2\"") && !status.contains("error="))
    }

    @Test func `where answers do not name their origin, this field does not either`() throws {
        let refused = RefusedPort()
        let proxy = try TestProxy([[refused.port]]) { $0.originHeader = nil }
        #expect(
            try proxy.get()["proxy-status"] == "proxy-server; error=connection_refused; details=\"attempt 1/1\"")
    }

    @Test func `a loop is told as one`() throws {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]])
        let response = try proxy.get("/", "Via: 1.1 \(proxy.setup.pseudonym)\r\n")
        #expect(response.status == 508)
        #expect(response["proxy-status"] == "proxy-server; error=proxy_loop_detected")
    }

    @Test(arguments: [
        ("NONSENSE\r\n\r\n", 400), ("GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505),
        ("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    ]) func `a refusal by the proxy can be told from one by an origin`(request: String, code: Int) throws {
        let origin = ScriptedOrigin.hanging()
        let response = try TestProxy([[origin.port]]).server.ask(request)
        #expect(response.status == code)
        #expect(response["proxy-status"] == "proxy-server; error=http_request_error")
    }

    @Test func `turned off, nothing is said`() throws {
        let refused = RefusedPort()
        let proxy = try TestProxy([[refused.port]]) { $0.proxyStatus = false }
        let response = try proxy.get()
        #expect(response.status == 502 && response["proxy-status"] == nil)
        #expect(try proxy.server.ask("NONSENSE\r\n\r\n")["proxy-status"] == nil)
    }
}
