// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP
@testable import EventHTTPTesting

/// Clients that take a long response slowly, on the simulated clock.
struct SlowReaderTests {
    /// Answers with content without end, in pieces of 32 KiB.
    private struct Endless: Handler {
        final class Stream: ExchangeObserver {
            var writer: BodyWriter?
            /// The most that was written before the others had their turn.
            private(set) var turnBytesMost = 0
            private let piece = [UInt8](repeating: 0x61, count: 32 << 10)

            func responseDrained() {
                guard let writer = writer.take() else { return }
                let piece = piece
                var count = piece.count
                while writer.write(piece.span) { count += piece.count }
                turnBytesMost = max(turnBytesMost, count)
                self.writer = consume writer
            }

            func exchangeFailed(_ failure: ExchangeFailure) { _ = writer.take() }
            func requestBody(_ bytes: Span<UInt8>) {}
            func requestEnded(_ trailers: borrowing Fields) {}
        }

        var stream = Stream()

        mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
            exchange.observe(stream)
            stream.writer = exchange.begin(.ok, length: nil)
            stream.responseDrained()
        }
    }

    /// What a client has got, and whether the server has ended the connection, after a minute in which it takes what
    /// has come once a second.
    private func minute(_ window: Int, http minor: Int) throws -> (bytes: Int, hasEnded: Bool) {
        let network = SimulatedNetwork()
        network.kernel.link.windowBytes = window
        network.kernel.link.cutsOneIn = .max
        try network.serve { _ in Endless() }
        let client = network.connect()
        client.reads = false
        client.send(Array("GET / HTTP/1.\(minor)\r\nHost: test\r\n\r\n".utf8))
        for _ in 0..<60 {
            network.advance(ms: 1_000)
            client.reads = true
            client.reads = false
        }
        return (client.received.count, client.hasEnded)
    }

    /// With windows of some turns' size a turn ends, and then the kernel takes no more, although all that was written
    /// has gone: nothing waits that could be counted as it drains.
    private static let windows =
        [2 << 10, 4 << 10, 64 << 10, 1 << 20]
        + (-2...2).map {
            ServerConnection.turnBytesMax + $0 * 100
        }

    @Test(arguments: [0, 1], windows)
    func `a client that takes kilobytes a second keeps its response`(minor: Int, window: Int) throws {
        let (bytes, hasEnded) = try minute(window, http: minor)
        #expect(!hasEnded)
        #expect(bytes >= 40 * window)
    }

    @Test func `a client that takes everything does not keep the loop for itself`() throws {
        let network = SimulatedNetwork()
        network.kernel.link.windowBytes = 64 << 20
        let handler = Endless()
        try network.serve { _ in handler }
        let client = network.connect()
        client.reads = false
        client.send("GET", "/")
        network.advance(ms: 100)
        #expect(client.received.isEmpty)
        #expect((1...300_000).contains(handler.stream.turnBytesMost))
    }

    @Test(arguments: [0, 1]) func `a client that takes half a kilobyte a second does not`(minor: Int) throws {
        let (bytes, hasEnded) = try minute(512, http: minor)
        #expect(hasEnded)
        #expect(bytes < 20 << 10)
    }
}
