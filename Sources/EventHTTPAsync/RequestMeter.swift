// SPDX-License-Identifier: Apache-2.0

// Without the trait nothing is measured: what takes no space and does nothing costs nothing.
#if Metrics
    internal import HTTPTypes
    internal import Metrics

    /// Tells swift-metrics of the requests of a loop, under the names of OpenTelemetry's conventions. The labels are
    /// bounded: never a path, a host or a client.
    final class RequestMeters {
        private struct Outcome: Hashable {
            let method: String
            let status: UInt16
        }

        private struct Ended {
            let counter: Counter
            let timer: Timer
        }

        private var active: [String: Meter] = [:]
        private var ended: [Outcome: Ended] = [:]

        fileprivate func began(_ method: String) {
            meter(method).increment()
        }

        fileprivate func ended(_ method: String, _ status: UInt16, ns: Int64) {
            meter(method).decrement()
            let metrics = metrics(Outcome(method: method, status: status))
            metrics.counter.increment()
            // A tunnel lasts as long as it likes.
            if status >= 200 { metrics.timer.recordNanoseconds(ns) }
        }

        private func meter(_ method: String) -> Meter {
            if let meter = active[method] { return meter }
            let meter = Meter(label: "http.server.active_requests", dimensions: [("http.request.method", method)])
            active[method] = meter
            return meter
        }

        private func metrics(_ outcome: Outcome) -> Ended {
            if let metrics = ended[outcome] { return metrics }
            let dimensions = [
                ("http.request.method", outcome.method), ("http.response.status_code", "\(outcome.status)"),
            ]
            let metrics = Ended(
                counter: Counter(label: "http.server.requests", dimensions: dimensions),
                timer: Timer(
                    label: "http.server.request.duration", dimensions: dimensions, preferredDisplayUnit: .seconds))
            ended[outcome] = metrics
            return metrics
        }
    }

    /// Measures one request.
    struct RequestMeter {
        private let meters: RequestMeters
        private let method: String
        private let beganNs: Int64
        private var status: UInt16?
        private var isOver = false

        init(_ meters: RequestMeters, _ method: HTTPRequest.Method, nowNs: @autoclosure () -> Int64) {
            self.meters = meters
            self.method = Self.known.contains(method) ? method.rawValue : "_OTHER"
            beganNs = nowNs()
            meters.began(self.method)
        }

        private static let known: Set<HTTPRequest.Method> = [
            .get, .head, .post, .put, .delete, .connect, .options, .trace, .patch,
        ]

        /// A response begins; only the first counts.
        mutating func answered(_ status: UInt16) {
            if self.status == nil { self.status = status }
        }

        /// The response has ended, or nobody waits for it any more; only the first call counts.
        mutating func ended(nowNs: @autoclosure () -> Int64) {
            if isOver { return }
            isOver = true
            meters.ended(method, status ?? Self.clientGoneStatus, ns: nowNs() - beganNs)
        }

        /// For a client that left before it was answered, as in access logs.
        private static let clientGoneStatus: UInt16 = 499
    }
#else
    internal import HTTPTypes

    struct RequestMeters {}

    struct RequestMeter {
        init(_ meters: RequestMeters, _ method: HTTPRequest.Method, nowNs: @autoclosure () -> Int64) {}
        func answered(_ status: UInt16) {}
        func ended(nowNs: @autoclosure () -> Int64) {}
    }
#endif
