// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// `limits.adaptive` through the whole proxy.
struct AdaptiveLimitTests {
    @Test func `hosts share the limit of their service, and what is above it is refused by its name`() throws {
        let gate = Shared(false)
        let origins = (0..<2).map { _ in
            ScriptedOrigin.waiting(for: gate) { connection, _ in try connection.answer("well") }
        }
        let proxy = try TestProxy([origins.map(\.port)]) {
            $0.limits.adaptive = true
            $0.limits.hostQueue = 0
            $0.retry.hedge = false
        }
        #expect(try proxy.onLoop { $0.origins.map { $0.queue.limit } } == [10, 10])
        let clients = try (0..<20).map { _ in try proxy.connect() }
        for client in clients { try client.send(get()) }
        for origin in origins { try origin.waitForRequests(10) }
        let refused = try proxy.get()
        #expect(refused.status == 503 && refused["x-limit"] == "adaptive")
        gate.change { $0 = true }
        for client in clients { #expect(try client.response().status == 200) }
        #expect(proxy.setup.metrics[0].services[0].concurrencyLimit.level == 20)
    }

    @Test func `answers that take longer lower what the hosts are given`() throws {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]]) {
            $0.limits.adaptive = true
            $0.limits.hostRequests = 15
        }
        #expect(try proxy.get().status == 200)
        let limit = try proxy.onLoop { proxy in
            proxy.concurrency[0] = ConcurrencyLimit(most: 15)
            let nowMs = proxy.loop.nowMs
            for tick in 0..<200 as Range<Int64> {
                let us: Int64 = tick < 100 ? 1_000 : 50_000
                _ = proxy.concurrency[0].record(us: us, beganMs: nowMs + tick * 20, nowMs: nowMs + tick * 20)
            }
            proxy.shareLimits()
            return proxy.origins[0].queue.limit
        }
        #expect((4...8).contains(limit))
        #expect(try proxy.get().status == 200)
    }
}
