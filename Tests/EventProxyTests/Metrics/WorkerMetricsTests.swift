// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport
import Testing

@testable import EventProxy

/// What a worker counts, seen from another thread.
struct WorkerMetricsTests {
    @Test func `a host is counted by all who use it, until the last one goes`() {
        let metrics = WorkerMetrics()
        let first = metrics.host(service: "a", address: "10.0.0.1:80")
        #expect(metrics.host(service: "a", address: "10.0.0.1:80") === first)
        #expect(metrics.host(service: "b", address: "10.0.0.1:80") !== first)
        metrics.forget(first)
        #expect(metrics.hosts.count == 2)
        metrics.forget(first)
        #expect(metrics.hosts.map(\.service) == ["b"])
        #expect(metrics.service("a") === metrics.service("a"))
    }

    @Test func `the largest of the last seconds is forgotten after ten`() {
        var maximum = RecentMaximum()
        #expect(maximum.record(7, nowMs: 1_000) == 7)
        #expect(maximum.record(3, nowMs: 5_999) == 7)
        #expect(maximum.record(1, nowMs: 6_000) == 7)
        #expect(maximum.record(2, nowMs: 10_999) == 7)
        #expect(maximum.record(0, nowMs: 11_000) == 2)
    }

    @Test(arguments: [
        (Deed.errs, FailureReason?.none), (.ends, .lost), (.resets, .lost), (.babbles, .malformed),
    ]) func `an attempt counts as what it came to, and the next one as a retry`(
        deed: Deed, reason: FailureReason?
    ) throws {
        let bad = ScriptedOrigin { connection, _ in try deed.apply(connection) }
        let good = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[bad.port], [good.port]])
        #expect(try proxy.get().status == 200)
        let (badly, well) = (proxy.totals(bad.port), proxy.totals(good.port))
        #expect(badly.allFailures == 1 && badly.successes == 0 && badly.answers[5] == (reason == nil ? 1 : 0))
        if let reason { #expect(badly.failures[Int(reason.rawValue)] == 1) }
        #expect(well.answers == [0, 0, 1, 0, 0, 0] && well.allFailures == 0)
        #expect(well.connectionsMade == 1 && well.connectionsIdle == 1 && well.connectionsActive == 0)
        let services = proxy.setup.metrics[0].services
        #expect(services.map { $0.requests.total } == [1, 0] && services.map { $0.retries.total } == [1, 0])
        #expect(services[1].firstByte.snapshot.counts.reduce(0, +) == 1)
        _ = try eventually(10, "the end") { proxy.setup.metrics[0].server.requestsEnded[2].total == 1 ? true : nil }
    }

    @Test func `a host that takes no connections, one that hangs, and an answer that is cut`() throws {
        let refusing = RefusedPort()
        let hanging = ScriptedOrigin.hanging()
        let cutting = ScriptedOrigin { connection, _ in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
            throw TestFailure("the end")
        }
        let proxy = try TestProxy([[refusing.port], [hanging.port], [cutting.port]]) {
            $0.timeouts.perTryMs = 100
            $0.retry.hedge = false
        }
        let client = try proxy.connect()
        try client.send(get())
        #expect(try client.head().status == 200)
        let failures = { (port: UInt16, reason: FailureReason) in
            proxy.totals(port).failures[Int(reason.rawValue)]
        }
        #expect(failures(refusing.port, .connect) == 1)
        #expect(failures(hanging.port, .timeout) == 1)
        _ = try eventually(10, "the cut") { failures(cutting.port, .truncated) == 1 ? true : nil }
        #expect(proxy.totals(cutting.port).answers[2] == 1)
    }

    @Test func `an idle connection that its origin ended is stale, which is no failure`() throws {
        let origin = ScriptedOrigin { connection, number, origin in
            while let request = try connection.request() {
                origin.note(request)
                if number == 0, origin.requests.count == 2 { return }
                try connection.answer("well")
            }
        }
        let proxy = try TestProxy([[origin.port]])
        for _ in 0..<2 { #expect(try proxy.get().status == 200) }
        let totals = proxy.totals(origin.port)
        #expect(totals.failures[Int(FailureReason.stale.rawValue)] == 1 && totals.allFailures == 0)
        #expect(totals.answers[2] == 2 && totals.connectionsMade == 2)
        #expect(proxy.setup.metrics[0].retries == 0)
    }

    @Test func `a hedge that wins is counted, and so is each second while the loop comes round`() throws {
        let slow = ScriptedOrigin { connection, _ in
            sleep(seconds: 1)
            try connection.answer("late")
        }
        let fast = ScriptedOrigin.saying("soon")
        let proxy = try TestProxy([[slow.port], [fast.port]])
        #expect(try proxy.get().text == "soon")
        let services = proxy.setup.metrics[0].services
        #expect(services.map { $0.hedges.total } == [1, 0] && services.map { $0.hedgesWon.total } == [1, 0])
        #expect(proxy.setup.metrics[0].heartbeat.isStarted)
        _ = try eventually(10, "the budget to be told") { services[0].budget.level == 29 ? true : nil }
    }
}
