// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import EventHTTPTesting
import Testing

/// How a connection ends whose client has yet to see the last answer (RFC 9112 section 9.6), on the simulated clock.
struct LingeringTests {
    /// Answers before the content has come.
    private struct Early: Handler {
        mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
            exchange.respond(.ok, "early\n")
        }
    }

    /// A client that has got its answer, and has announced more than is worth reading for the sake of the connection.
    private func answered(_ network: SimulatedNetwork) throws -> (client: SimulatedClient, server: HTTPServer) {
        let server = try network.serve { _ in Early() }
        let client = network.connect()
        client.send(Array("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000000\r\n\r\n".utf8))
        #expect(try client.response().text == "early\n")
        return (client, server)
    }

    @Test(arguments: [100, 1_000])
    func `a client that goes on sending is listened to for half a minute`(pauseMs: Int64) throws {
        let network = SimulatedNetwork()
        let (client, server) = try answered(network)
        let beganMs = network.nowMs
        while server.connectionCount > 0, network.nowMs - beganMs < 120_000 {
            client.send([0x61])
            network.advance(ms: pauseMs)
        }
        #expect((29_000...33_000).contains(network.nowMs - beganMs))
    }

    @Test func `one that falls silent is listened to for two seconds`() throws {
        let network = SimulatedNetwork()
        let (_, server) = try answered(network)
        let beganMs = network.nowMs
        #expect(network.advance(withinMs: 60_000) { server.connectionCount == 0 })
        #expect((1_900...2_500).contains(network.nowMs - beganMs))
    }

    @Test func `content that is broken after its answer ends the connection at once, in order`() throws {
        let network = SimulatedNetwork()
        try network.serve { _ in Early() }
        let client = network.connect()
        client.send(Array("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".utf8))
        #expect(try client.response().text == "early\n")
        #expect(!client.hasEnded)
        client.send(Array("no size\r\nGET / HTTP/1.1\r\nHost: test\r\n\r\n".utf8))
        #expect(network.advance(withinMs: 1_000) { client.hasEnded })
        network.advance(ms: 5_000)
        #expect(client.received.isEmpty, "what follows is no request")
    }
}
