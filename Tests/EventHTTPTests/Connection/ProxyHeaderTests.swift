// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP

/// Connections of proxies that say in a PROXY header whose they are.
struct ProxyHeaderTests {
    private static func serve(_ metrics: ServerMetrics, headTimeoutMs: Int64 = 10_000) throws -> TestServer {
        var options = ServerOptions()
        options.headTimeoutMs = headTimeoutMs
        options.proxyHeaderPeers = AddressBlocks(["127.0.0.1"].compactMap { AddressBlock($0) })
        return try TestServer(options: options, metrics: metrics) { _ in
            ClosureHandler { _, exchange in
                let peer = Array(exchange.peerAddress.description.utf8)
                exchange.respond(.ok, peer.span)
            }
        }
    }

    private static let header = "PROXY TCP4 203.0.113.5 192.0.2.1 4711 80\r\n"

    @Test func `the peer of every request is whom the header names`() throws {
        let server = try Self.serve(ServerMetrics())
        let client = try server.connect()
        try client.send(Self.header + head("/1") + head("/2"))
        for _ in 0..<2 { #expect(try client.response().text == "203.0.113.5:4711") }
        // Only the first bytes of a connection are a header.
        try client.send(Self.header)
        #expect(try client.response().status == 400)
        // The next connection is another one's, though its object has been used before.
        try server.waitForConnections(0)
        #expect(try server.ask("PROXY UNKNOWN\r\n" + head("/")).text.hasPrefix("127.0.0.1:"))
    }

    @Test(arguments: ["", "PROXY", "\r\n\r\n\0"])
    func `a header that is not complete in time, or is cut, gets no answer`(beginning: String) throws {
        let metrics = ServerMetrics()
        let server = try Self.serve(metrics, headTimeoutMs: 50)
        let silent = try server.connect()
        try silent.send(beginning)
        #expect(try silent.rest().isEmpty)
        let cut = try server.connect()
        try cut.send(beginning)
        cut.endSending()
        #expect(try cut.rest().isEmpty)
        try server.waitForConnections(0)
        // A connection without a byte is the check of a proxy that is content with connecting.
        #expect(metrics.proxyHeadersRefused.total == (beginning.isEmpty ? 0 : 2))
        #expect(metrics.requestsBegan.total == 0)
    }

    @Test func `a drain does not wait for a header`() throws {
        let server = try Self.serve(ServerMetrics())
        let client = try server.connect()
        try server.waitForConnections(1)
        server.drain()
        try server.waitForDrain()
        #expect(try client.rest().isEmpty)
    }
}
