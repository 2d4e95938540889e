// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Glibc

/// Answers every GET with a message; some paths fail on request. One per loop.
struct DemoHandler: Handler {
    static let message: StaticString = #"{"message": "you got this!"}"#
    static let delayMsMax: UInt64 = 600_000
    static let bytesMax: UInt64 = 1 << 40

    private let loop: EventLoop
    private let name: String
    private let health: AppHealth
    private let counts: AppHealth.Worker
    private let answers = Answers()

    init(loop: EventLoop, worker: Int, name: String, health: AppHealth) {
        self.loop = loop
        self.name = name
        self.health = health
        counts = health.workers[worker]
    }

    mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        let path = request.path
        if path.equals("/echo") {
            counts.count(.ok)
            return Echo.begin(request, exchange, name: name, answers: answers)
        }
        guard request.method == .get || request.method == .head else {
            counts.count(.methodNotAllowed)
            return answers.refuse(exchange, .methodNotAllowed, #"{"error": "only GET and HEAD are answered here"}"#)
        }
        if let outage = health.outage, !path.isExempt {
            counts.count(outage)
            return answers.answer(exchange, status: outage)
        }
        if path.count == 1 { return greet(exchange) }
        switch path {
        case "/fail" where request.method == .get:
            // An outage: nothing is answered, nothing is flushed.
            _exit(1)
        case "/livez": live(exchange)
        case "/readyz": ready(exchange)
        case "/startupz": started(exchange)
        default:
            if path.hasPrefix("/status/") {
                answerStatus(path.dropping(8), exchange)
            } else if path.hasPrefix("/outage/") {
                setOutage(path.dropping(8), exchange)
            } else if path.hasPrefix("/delay/") {
                delay(path.dropping(7), exchange)
            } else if path.hasPrefix("/bytes/") {
                stream(path.dropping(7), isHead: request.method == .head, exchange)
            } else {
                greet(exchange)
            }
        }
    }

    private func greet(_ exchange: consuming Exchange) {
        counts.count(.ok)
        answers.answer(exchange, .ok, Self.message)
    }

    // MARK: Failing on request

    private func answerStatus(_ text: Span<UInt8>, _ exchange: consuming Exchange) {
        guard text.count == 3, let code = text.decimal, code >= 200, let status = Status(Int(code)) else {
            return refuse(exchange, #"{"error": "a status is a number from 200 to 599: /status/503"}"#)
        }
        counts.count(status)
        answers.answer(exchange, status: status)
    }

    /// `/outage/503`: from now on every answer of this process has that status, until `/outage/end`.
    private func setOutage(_ text: Span<UInt8>, _ exchange: consuming Exchange) {
        if text.equals("end") {
            health.setOutage(nil)
        } else if text.count == 3, let code = text.decimal, code >= 200, let status = Status(Int(code)) {
            health.setOutage(status)
        } else {
            return refuse(exchange, #"{"error": "an outage is a status or its end: /outage/503, /outage/end"}"#)
        }
        greet(exchange)
    }

    private func delay(_ text: Span<UInt8>, _ exchange: consuming Exchange) {
        guard let milliseconds = text.decimal, milliseconds <= Self.delayMsMax else {
            return refuse(exchange, #"{"error": "a delay is milliseconds from 0 to 600000: /delay/250"}"#)
        }
        counts.count(.ok)
        DelayedAnswer.begin(exchange, on: loop, afterMs: Int64(milliseconds), answers)
    }

    private func stream(_ text: Span<UInt8>, isHead: Bool, _ exchange: consuming Exchange) {
        guard let count = text.decimal, count <= Self.bytesMax else {
            return refuse(exchange, #"{"error": "a number of bytes is from 0 to 1099511627776: /bytes/1000"}"#)
        }
        counts.count(.ok)
        ByteStream.begin(exchange, count: count, isHead: isHead, answers)
    }

    private func refuse(_ exchange: consuming Exchange, _ text: StaticString) {
        counts.count(.badRequest)
        answers.answer(exchange, .badRequest, text)
    }

    // MARK: Probes

    private func live(_ exchange: consuming Exchange) {
        // A loop that answers has not stalled, whatever it did a moment ago.
        counts.heartbeat.beat(nowMs: loop.nowMs)
        switch health.liveness(nowMs: loop.nowMs) {
        case .ok: answers.answer(exchange, .ok, #"{"status": "ok"}"#)
        case .draining: answers.answer(exchange, .ok, #"{"status": "draining"}"#)
        case .stalled: answers.answer(exchange, .serviceUnavailable, #"{"status": "a loop has stalled"}"#)
        case .failing:
            answers.answer(exchange, .serviceUnavailable, #"{"status": "nearly all answers are server errors"}"#)
        }
    }

    private func ready(_ exchange: consuming Exchange) {
        if health.isDraining {
            answers.answer(exchange, .serviceUnavailable, #"{"status": "draining"}"#)
        } else {
            started(exchange)
        }
    }

    private func started(_ exchange: consuming Exchange) {
        if health.isStarted {
            answers.answer(exchange, .ok, #"{"status": "ok"}"#)
        } else {
            answers.answer(exchange, .serviceUnavailable, #"{"status": "starting"}"#)
        }
    }
}

extension Span where Element == UInt8 {
    /// Probes, and the switch itself, work during an outage.
    fileprivate var isExempt: Bool {
        hasPrefix("/outage/") || equals("/fail") || equals("/livez") || equals("/readyz") || equals("/startupz")
    }
}
