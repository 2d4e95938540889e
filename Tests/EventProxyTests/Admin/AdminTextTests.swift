// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

/// The texts of the admin listener.
struct AdminTextTests {
    @Test func `a family has its help, its type and its samples`() {
        var metrics = MetricsText()
        metrics.begin("a_total", .counter, "What \\ is\ncounted.")
        metrics.sample([("x", "say \"hi\"\\\n"), ("y", "ü")], 18_446_744_073_709_551_615 as UInt64)
        metrics.sample(0.25)
        metrics.sample(3.0)
        #expect(
            metrics.text == """
                # HELP a_total What \\\\ is\\ncounted.
                # TYPE a_total counter
                a_total{x="say \\"hi\\"\\\\\\n",y="ü"} 18446744073709551615
                a_total 0.25
                a_total 3

                """)
    }

    @Test func `the buckets of a histogram include the shorter ones`() {
        let histogram = DurationHistogram()
        for us: Int64 in [100, 400, 20_000_000] { histogram.observe(us: us) }
        var metrics = MetricsText()
        metrics.begin("d_seconds", .histogram, "d")
        metrics.sample([("s", "a")], histogram.snapshot)
        let lines = metrics.text.split(separator: "\n").dropFirst(2)
        #expect(lines.first == "d_seconds_bucket{s=\"a\",le=\"0.00025\"} 1")
        #expect(lines.dropFirst().first == "d_seconds_bucket{s=\"a\",le=\"0.0005\"} 2")
        #expect(lines.dropFirst(14).first == "d_seconds_bucket{s=\"a\",le=\"10\"} 2")
        #expect(
            lines.suffix(3) == [
                "d_seconds_bucket{s=\"a\",le=\"+Inf\"} 3", "d_seconds_sum{s=\"a\"} 20.0005",
                "d_seconds_count{s=\"a\"} 3",
            ])
    }

    @Test func `JSON is escaped, and commas are where they should be`() {
        var json = JSONWriter()
        json.object { json in
            json.member("a\"", "b\\\n\u{1}")
            json.array("list") { json in
                json.object { $0.member("x", 1) }
                json.object { _ in }
            }
            json.member("t", thousandths: 12_045)
            json.member("n", thousandths: -7)
            json.null("z")
            json.member("ok", true)
        }
        #expect(
            json.text
                == #"{"a\"":"b\\\n\u0001","list":[{"x":1},{}],"t":12.045,"n":-0.007,"z":null,"ok":true}"#)
    }

    @Test func `a host's state follows from its word and the time`() {
        func status(nowMs: Int64 = 10_000, _ change: (inout HostState) -> Void) -> HostStatus {
            var state = HostState()
            change(&state)
            return HostStatus(state, nowMs: nowMs, slowStartMs: 5_000)
        }
        #expect(status { _ in } == .up)
        #expect(status { $0.timeMs = 5_001 } == .slowStart)
        #expect(status { $0.timeMs = 5_000 } == .up)
        let eject = { (untilMs: Int64) in
            { (state: inout HostState) in
                state.isEjected = true
                state.timeMs = untilMs
            }
        }
        #expect(status(eject(10_001)) == .ejected)
        #expect(status(eject(10_000)) == .probation)
        #expect(
            status {
                eject(20_000)(&$0)
                $0.isProbing = true
            } == .probation)
        #expect(status { $0.check = .down } == .down)
        #expect(
            status {
                eject(20_000)(&$0)
                $0.check = .drain
            } == .draining)
    }

    @Test func `what was answered lately is forgotten after half a minute`() {
        let key = Overview.HostKey(service: "a", address: "b")
        var recent = RecentLatency()
        var totals = HostTotals()
        totals.latencies[3] = 5
        #expect(recent.since(key, totals)[3] == 5)
        recent.rotate([key: totals])
        #expect(recent.since(key, totals)[3] == 5)
        totals.latencies[3] = 7
        recent.rotate([key: totals])
        #expect(recent.since(key, totals)[3] == 2)
        recent.rotate([key: totals])
        #expect(recent.since(key, totals)[3] == 0)
        recent.rotate([:])
        #expect(recent.since(key, totals)[3] == 7)
    }

    @Test func `a quantile is that of the bucket in which it falls`() {
        var counts = [UInt64](repeating: 0, count: LatencyQuantile.bucketCount)
        #expect(LatencyQuantile.quantile(perMille: 500, of: counts) == nil)
        counts[LatencyQuantile.bucket(1_000)] = 99
        counts[LatencyQuantile.bucket(50_000)] = 1
        #expect(LatencyQuantile.quantile(perMille: 990, of: counts) == 1_023)
        #expect(LatencyQuantile.quantile(perMille: 1_000, of: counts) == 53_247)
    }

    @Test func `what is quarantined is listed by its name until it ends`() {
        let board = PoisonBoard()
        let fingerprint = Fingerprint(request: 1, path: 2)
        for host in 0..<2 {
            _ = board.died(fingerprint, host: host, standing: .unknown, requestDeaths: host + 1, nowMs: 0)
        }
        board.name(fingerprint, "GET /a")
        _ = board.check(fingerprint, nowMs: 1)
        let listed = board.listed(nowMs: 2)
        #expect(listed.map(\.name) == ["GET /a"])
        #expect(listed[0].quarantine.deaths == 2 && listed[0].quarantine.refusals == 1)
        #expect(listed[0].quarantine.untilMs == PoisonTable.quarantineMs)
        #expect(board.listed(nowMs: PoisonTable.quarantineMs).isEmpty)
    }
}
