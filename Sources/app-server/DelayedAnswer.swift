// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Answers after a while, or not at all when the client leaves before. The exchange keeps it, and nothing else does.
final class DelayedAnswer: ExchangeObserver, DeadlineOwner {
    private var exchange: Exchange?
    private let loop: EventLoop
    private let answers: Answers
    private var deadline: TimerWheel.ID?

    private init(_ loop: EventLoop, _ answers: Answers) {
        self.loop = loop
        self.answers = answers
        deadline = loop.addDeadline(self)
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    static func begin(_ exchange: consuming Exchange, on loop: EventLoop, afterMs: Int64, _ answers: Answers) {
        if afterMs == 0 { return answers.answer(exchange, .ok, DemoHandler.message) }
        let answer = DelayedAnswer(loop, answers)
        exchange.observe(answer)
        answer.exchange = consume exchange
        if let deadline = answer.deadline { loop.setDeadline(deadline, atMs: loop.nowMs + afterMs) }
    }

    func deadlinePassed() {
        // Taken out first: answering ends the exchange, which lets its observer go.
        guard let exchange = exchange.take() else { return }
        answers.answer(exchange, .ok, DemoHandler.message)
    }

    func exchangeFailed(_ failure: ExchangeFailure) {
        _ = exchange.take()
    }

    func requestBody(_ bytes: Span<UInt8>) {}
    func requestEnded(_ trailers: borrowing Fields) {}
    func responseDrained() {}
}
