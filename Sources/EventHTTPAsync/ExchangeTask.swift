// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import HTTPTypes
internal import Logging

/// One request's exchange and the task that answers it: what the task awaits, the loop tells this.
///
/// Sound as `@unchecked`: it is touched on the loop's thread only. The task prefers the loop's executor, and each call
/// from a handler is checked.
final class ExchangeTask: @unchecked Sendable {
    let service: AsyncService
    let request: HTTPRequest
    let clientAddress: SocketAddress
    let announcedLength: UInt64?
    let isHead: Bool
    let canUpgrade: Bool

    /// Until it is answered.
    var exchange: Exchange?
    /// While the response's content is written.
    var writer: BodyWriter?
    /// What may be written yet of a response that said how long it is.
    var bytesLeft: UInt64?
    /// Content that has come and was not asked for yet.
    var piece: [UInt8]?
    /// All of the content has come.
    var hasEnded: Bool
    var isTunnel = false
    private(set) var isDraining: Bool
    private var cancelsAtDrain = false
    /// What still comes is thrown away.
    var discards = false
    /// Nobody waits for a response any more.
    var failure: (any Error)?
    lazy var contentGate = Gate(service.loop)
    lazy var writerGate = Gate(service.loop)

    var meter: RequestMeter
    private(set) var madeLogger: Logger?
    private var task: Task<Void, Never>?
    private var isOver = false
    private var deadline: TimerWheel.ID?
    private var timeoutMs: Int64

    init(_ service: AsyncService, _ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        self.service = service
        self.request = HTTPRequest(request)
        clientAddress = exchange.clientAddress
        hasEnded = request.framing == .none
        if case .length(let length) = request.framing { announcedLength = length } else { announcedLength = nil }
        isHead = request.method == .head
        canUpgrade = request.hasUpgrade && request.minorVersion == 1 && request.framing == .none
        timeoutMs = service.options.handlerTimeoutMs
        meter = RequestMeter(service.meters, self.request.method, nowNs: EventLoop.clockNs())
        isDraining = exchange.isDraining
        exchange.observe(self)
        self.exchange = consume exchange
    }

    // MARK: The task

    func start(_ handler: some AsyncHandler) {
        let task = Task.immediate(executorPreference: service.executor) { await self.run(handler) }
        // Nearly every task is over by now, and needs neither of the two.
        if isOver { return }
        self.task = task
        if endsEarly { task.cancel() }
        if exchange != nil { renewDeadline() }
    }

    private func run(_ handler: some AsyncHandler) async {
        do {
            try await send(try await handler.handle(request, AsyncExchange(self)))
        } catch {
            answer(error)
        }
        isOver = true
        meter.ended(nowNs: EventLoop.clockNs())
        if failure == nil { failure = CancellationError() }
        endDeadline()
        task = nil
    }

    /// What was thrown before a response had begun is answered. After that the connection has to break.
    private func answer(_ error: any Error) {
        let isOurs = failure == nil && !(error is HTTPError) && !endsEarly(by: error)
        if isOurs { service.report(error, logger) }
        _ = writer.take()
        let unexpected =
            endsEarly(by: error) ? HTTPError(.serviceUnavailable, "the server stops") : HTTPError(.internalServerError)
        respond((error as? HTTPError ?? unexpected).response)
    }

    /// Answers with text, if nothing has been answered yet.
    private func respond(_ response: Response) {
        guard let exchange = exchange.take(), case .text(let text) = response.body.content else { return }
        let given = Status(response.status.code).flatMap { $0.isInterim ? nil : $0 }
        let status = given ?? .internalServerError
        meter.answered(status.code)
        exchange.respond(status, text.utf8.span) { $0.add(response.headerFields) }
    }

    /// Made when it is first asked for.
    var logger: Logger {
        if let madeLogger { return madeLogger }
        let logger = makeLogger()
        madeLogger = logger
        return logger
    }

    func checkThread() {
        precondition(service.executor.isCurrent, "an exchange is used by its own task only, not in offLoop")
    }

    // MARK: The server stops

    func cancelAtDrain() {
        checkThread()
        cancelsAtDrain = true
        if isDraining { task?.cancel() }
    }

    /// Whether the task is cancelled because the server stops.
    private var endsEarly: Bool { isDraining && cancelsAtDrain }

    /// Whether it has ended for that.
    func endsEarly(by error: any Error) -> Bool {
        endsEarly && failure == nil && error is CancellationError
    }

    // MARK: Time

    /// From now on, for a handler that has not answered.
    func setDeadline(afterMs milliseconds: Int64) {
        checkThread()
        guard exchange != nil else { return }
        timeoutMs = milliseconds
        renewDeadline()
    }

    func renewDeadline() {
        let id = deadline ?? service.loop.addDeadline(self)
        deadline = id
        service.loop.setDeadline(id, atMs: service.loop.nowMs + timeoutMs)
    }

    /// It is somebody else's turn, who has deadlines of its own.
    func pauseDeadline() {
        if let deadline { service.loop.clearDeadline(deadline) }
    }

    func endDeadline() {
        if let deadline { service.loop.removeDeadline(deadline) }
        deadline = nil
    }

    /// How long the client of a tunnel may take to end its side after ours.
    private static let tunnelEndMs: Int64 = 2_000

    func limitTunnelEnd() {
        timeoutMs = Self.tunnelEndMs
        renewDeadline()
    }

    func sleep(forMs milliseconds: Int64) async throws(CancellationError) {
        checkThread()
        let gate = Gate(service.loop)
        service.loop.schedule(afterMs: milliseconds) { gate.open() }
        await gate.wait()
        if Task.isCancelled { throw CancellationError() }
    }

    func stop(_ failure: any Error) {
        if self.failure == nil { self.failure = failure }
        meter.ended(nowNs: EventLoop.clockNs())
        contentGate.open()
        writerGate.open()
        task?.cancel()
    }
}

extension ExchangeTask: DeadlineOwner {
    func deadlinePassed() {
        _ = writer.take()
        respond(HTTPError(.serviceUnavailable, "no response in time").response)
        stop(CancellationError())
    }
}

extension ExchangeTask: ExchangeObserver {
    func requestBody(_ bytes: Span<UInt8>) {
        if discards { return }
        // At most one piece waits.
        let copy = [UInt8](copying: bytes)
        if piece == nil { piece = copy } else { piece?.append(contentsOf: copy) }
        exchange?.pauseBody()
        writer?.pauseBody()
        contentGate.open()
    }

    func requestEnded(_ trailers: borrowing Fields) {
        hasEnded = true
        contentGate.open()
    }

    func responseDrained() {
        writerGate.open()
    }

    func serverDrains() {
        isDraining = true
        if isTunnel { contentGate.open() }
        if cancelsAtDrain { task?.cancel() }
    }

    func exchangeFailed(_ failure: ExchangeFailure) {
        // Tokens of nothing by now.
        _ = exchange.take()
        _ = writer.take()
        if let status = failure.status { meter.answered(status.code) }
        stop(failure)
    }
}

extension ExchangeFailure {
    /// What the client is answered, where nothing has been.
    fileprivate var status: Status? {
        switch self {
        case .clientGone: nil
        case .timeout: .requestTimeout
        case .malformed(let error): error.status
        }
    }
}
