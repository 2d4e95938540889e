// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP

struct CounterTests {
    @Test func `the buckets end where the table says`() {
        let bounds = DurationHistogram.boundsUs
        #expect(bounds.count == DurationHistogram.bucketCount - 1 && bounds == bounds.sorted())
        for (bucket, bound) in bounds.enumerated() {
            #expect(DurationHistogram.bucket(bound) == bucket)
            #expect(DurationHistogram.bucket(bound + 1) == bucket + 1)
        }
        #expect(DurationHistogram.bucket(-1) == 0 && DurationHistogram.bucket(.max) == bounds.count)
    }

    @Test func `a histogram holds what it was given`() {
        let histogram = DurationHistogram()
        for us: Int64 in [0, 250, 251, 9_999_999, 10_000_001, -5] { histogram.observe(us: us) }
        var snapshot = histogram.snapshot
        #expect(snapshot.counts == [3, 1] + Array(repeating: 0, count: 12) + [1, 1])
        #expect(snapshot.sumUs == 0 + 250 + 251 + 9_999_999 + 10_000_001)
        snapshot += histogram.snapshot
        #expect(snapshot.counts[0] == 6 && snapshot.sumUs == 2 * histogram.snapshot.sumUs)
    }

    @Test func `a loop has stalled when it has not come round for five seconds`() {
        let heartbeat = LoopHeartbeat()
        #expect(!heartbeat.hasStalled(nowMs: 1_000_000) && !heartbeat.isStarted)
        heartbeat.start(nowMs: 1_000)
        #expect(!heartbeat.hasStalled(nowMs: 6_000) && heartbeat.hasStalled(nowMs: 6_001))
        heartbeat.beat(nowMs: 6_001)
        #expect(!heartbeat.hasStalled(nowMs: 6_001))
        heartbeat.stop()
        #expect(!heartbeat.hasStalled(nowMs: 1_000_000))
    }

    @Test func `a server counts requests by status, and nothing twice`() throws {
        let metrics = ServerMetrics()
        let server = try TestServer(metrics: metrics) { _ in
            ClosureHandler { request, exchange in
                switch request.path {
                case "/404": exchange.respond(.notFound, "no\n")
                case "/wait": WaitingExchange.keep(exchange)
                default: exchange.respond(.ok, "yes\n")
                }
            }
        }
        let client = try server.connect()
        for path in ["/", "/404", "/"] {
            try client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try client.response()
        }
        #expect(try server.ask("NONSENSE\r\n\r\n").status == 400)
        let leaving = try server.connect()
        try leaving.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try eventually(10, "the request") { metrics.inFlight == 1 ? true : nil }
        leaving.reset()
        _ = try eventually(10, "its end") { metrics.inFlight == 0 ? true : nil }
        #expect((0..<6).map { metrics.requestsEnded[$0].total } == [1, 0, 2, 0, 2, 0])
        #expect(metrics.requestsBegan.total == 5)
        #expect(metrics.durations.snapshot.counts.reduce(0, +) == 4)
        #expect(metrics.connectionsAccepted.total == 3)
        _ = try eventually(10, "the closed ones") { metrics.openConnections == 1 ? true : nil }
    }
}

/// Keeps an exchange until its client leaves.
private final class WaitingExchange: ExchangeObserver {
    private var exchange: Exchange?

    static func keep(_ exchange: consuming Exchange) {
        let waiting = WaitingExchange()
        exchange.observe(waiting)
        waiting.exchange = consume exchange
    }

    func exchangeFailed(_ failure: ExchangeFailure) { _ = exchange.take() }
    func requestBody(_ bytes: Span<UInt8>) {}
    func requestEnded(_ trailers: borrowing Fields) {}
    func responseDrained() {}
}
