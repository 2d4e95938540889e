// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// One request on its way: from the client to an origin, perhaps to another one, and the response back.
///
/// It owns the exchange with the client and the connection to the origin, and joins their back-pressure: what one side
/// cannot take stays with the other side's peer. Transactions are used again and again, and allocate nothing while they
/// work.
///
/// What to do after a failure is decided in Transaction+Failover.
final class Transaction: ExchangeObserver, ClientConnectionObserver, DeadlineOwner {
    /// What is kept of a request so that it can be sent again: its head and this much of its content.
    static let replayBytesMax = 64 << 10
    /// How long an origin may take to say 100 before the content is sent anyway (RFC 9110 §10.1.1).
    static let continueTimeoutMs: Int64 = 1_000

    let proxy: ProxyLoop
    private var deadline: TimerWheel.ID?

    // The client's side.
    var exchange: Exchange?
    private var writer: BodyWriter?
    /// The client's content is complete, or there is none.
    private(set) var isRequestComplete = false
    private var wantsTrailers = false
    private var wantsUpgrade = false

    private var isActive = false
    /// What to try next, from a clean stack.
    enum Next {
        case host(Int)
        /// The same host again, over a fresh connection.
        case fresh(Origin)
    }
    var next: Next?

    // The request as it is sent.
    /// The head, and the content as far as it has been sent, as long as that can be sent again.
    var request = Buffer()
    var isReplayable = true
    private(set) var method = Method.get
    private var framing = BodyFraming.none
    private var awaitsContinue = false

    // The origin's side.
    var attempt = Attempt()
    var connection: ClientConnection?
    var origin: Origin?
    /// A connection that gave a server error, kept in case nothing better comes: its response is held, not read.
    var fallback: ClientConnection?
    var fallbackOrigin: Origin?

    init(_ proxy: ProxyLoop) {
        self.proxy = proxy
        deadline = proxy.loop.addDeadline(self)
    }

    deinit {
        if let deadline { proxy.loop.removeDeadline(deadline) }
    }

    // MARK: Beginning and ending

    func begin(_ head: borrowing RequestHead, _ exchange: consuming Exchange) {
        isActive = true
        method = head.method
        framing = head.framing
        awaitsContinue = head.expectsContinue
        isRequestComplete = framing == .none
        isReplayable = true
        isFinalAnswer = false
        hasOriginEnded = false
        wantsTrailers = head.fields.acceptsTrailers
        wantsUpgrade = head.asksForWebSocket
        attempt = Attempt()
        writeHead(head, exchange)
        exchange.observe(self)
        self.exchange = consume exchange
        tryHost(proxy.selectFirst())
    }

    private func writeHead(_ head: borrowing RequestHead, _ exchange: borrowing Exchange) {
        let client = exchange.clientAddress
        let via = head.minorVersion == 1 ? proxy.via : proxy.viaHTTP10
        if let authority = head.authority {
            RequestWriter.append(
                head, host: authority, upgrade: wantsUpgrade ? "websocket" : nil, to: &request, pool: proxy.loop.pool
            ) { writer in
                ForwardedFields.request(head, from: client, host: authority, via: via, to: &writer)
            }
            return
        }
        // HTTP/1.0 without Host: the address that the client reached is all that is known (RFC 9112 §3.3).
        let local = Array((exchange.localAddress ?? client).description.utf8)
        RequestWriter.append(head, host: local.span, to: &request, pool: proxy.loop.pool) { writer in
            ForwardedFields.request(head, from: client, host: local.span, via: via, to: &writer)
        }
    }

    /// The exchange is over, well or not: everything goes back to where it came from.
    func end() {
        guard isActive else { return }
        isActive = false
        next = nil
        if let connection, let origin {
            // Still in use: its response is not complete, so it cannot be used again.
            connection.close()
            origin.giveBackClosed(connection)
        }
        connection = nil
        origin = nil
        dropFallback()
        if let deadline { proxy.loop.clearDeadline(deadline) }
        request.release(to: proxy.loop.pool)
        _ = exchange.take()
        drop(writer.take())
        proxy.ended(self)
    }

    func dropFallback() {
        guard let held = fallback, let heldOrigin = fallbackOrigin else { return }
        fallback = nil
        fallbackOrigin = nil
        held.close()
        heldOrigin.giveBackClosed(held)
    }

    // MARK: To the origin

    /// Sends what there is of the request over a connection that stands.
    func sendRequest(_ connection: ClientConnection) {
        connection.begin(method)
        if isRequestComplete {
            connection.sendWhole(request)
        } else {
            connection.sendStart(request)
            if awaitsContinue {
                setDeadline(afterMs: Self.continueTimeoutMs)
            } else {
                readBody()
            }
        }
    }

    private func readBody() {
        awaitsContinue = false
        if writer != nil { writer?.readBody() } else { exchange?.readBody() }
    }

    func requestBody(_ bytes: Span<UInt8>) {
        guard let connection else { return }
        keep(bytes)
        let goesOn = framing == .chunked ? connection.sendChunk(bytes) : connection.send(bytes)
        if !goesOn { if writer != nil { writer?.pauseBody() } else { exchange?.pauseBody() } }
    }

    func requestEnded(_ trailers: borrowing Fields) {
        isRequestComplete = true
        guard let connection else { return }
        if case .tunnel = framing {
            connection.endTunnel()
            return tunnelSideEnded()
        }
        if framing == .chunked {
            connection.sendLastChunk(trailers)
            if isReplayable { proxy.appendLastChunk(trailers, to: &request) }
        }
        connection.endRequest()
    }

    /// Keeps content so that it can be sent again, as long as there is not too much of it.
    private func keep(_ bytes: Span<UInt8>) {
        guard isReplayable else { return }
        guard method.isIdempotent, request.count + bytes.count <= Self.replayBytesMax else {
            isReplayable = false
            return
        }
        proxy.append(bytes, chunked: framing == .chunked, to: &request)
    }

    func requestDrained(_ connection: ClientConnection) {
        // A connection whose answer is held gets no more.
        if connection === self.connection, !awaitsContinue, !isFinalAnswer { readBody() }
    }

    /// Leaves content with the client until there is an origin to send it to.
    func pauseBody() {
        if let deadline { proxy.loop.clearDeadline(deadline) }
        exchange?.pauseBody()
    }

    func connected(_ connection: ClientConnection) {
        sendRequest(connection)
    }

    // MARK: From the origin

    func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict {
        if head.status.isInterim && head.status != .switchingProtocols {
            interim(head)
            return .take
        }
        if head.status == .switchingProtocols && !(wantsUpgrade && head.switchesToWebSocket) {
            // Nobody asked for it, or for this protocol: not HTTP that we could pass on (CVE-2024-23326 and its kin).
            connection.close()
            failed(.malformed(.statusCode), connection)
            return .take
        }
        if head.status.isServerError, retryAfterError(connection) { return .hold }
        relay(head)
        return .take
    }

    private func interim(_ head: borrowing ResponseHead) {
        if head.status == .continue {
            if awaitsContinue { readBody() }
            return
        }
        exchange?.interim(head.status) { writer in ForwardedFields.interim(head, to: &writer) }
    }

    private func relay(_ head: borrowing ResponseHead) {
        guard let origin, let exchange = exchange.take() else { return }
        awaitsContinue = false
        if let deadline { proxy.loop.clearDeadline(deadline) }
        dropFallback()
        exchange.note(origin: origin.label, attempts: attempt.count)
        let isUpgrade = head.status == .switchingProtocols
        writer = exchange.relay(head) { writer in
            if isUpgrade { writer.copyUpgrade(head.fields) }
            ForwardedFields.response(head, from: origin, by: proxy, to: &writer)
        }
        if isUpgrade {
            framing = .tunnel
            isRequestComplete = false
        }
        isReplayable = false
        request.release(to: proxy.loop.pool)
    }

    func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) {
        writer?.append(bytes)
        if !(writer?.isWritable ?? true) { connection.pause() }
    }

    func responsePaused(_ connection: ClientConnection) {
        writer?.flush()
    }

    func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection) {
        if case .tunnel = framing {
            // The client's side may go on, and ends with `requestEnded`.
            hasOriginEnded = true
            writer?.endSide()
            return tunnelSideEnded()
        }
        guard let writer = writer.take() else { return end() }
        if isReusable, let origin {
            self.connection = nil
            origin.giveBack(connection)
            self.origin = nil
        }
        // Before the answer's last byte is written, so that the next request of this client finds the connection idle.
        if !isRequestComplete { writer.discardBody() }
        if wantsTrailers { writer.finish(trailers: trailers) } else { writer.finish() }
        end()
    }

    /// A tunnel is over when both sides have ended and all has been sent; the connection tells when it is not yet.
    private func tunnelSideEnded() {
        if hasOriginEnded, isRequestComplete, let connection, connection.isTunnelOver { breakOff() }
    }

    func responseDrained() {
        connection?.goOn()
    }

    func idleEnded(_ connection: ClientConnection) {}

    // MARK: Time, and clients that leave

    func setDeadline(afterMs milliseconds: Int64) {
        if let deadline { proxy.loop.setDeadline(deadline, atMs: proxy.loop.nowMs + milliseconds) }
    }

    /// The origin has not said 100: the content is sent anyway.
    func deadlinePassed() {
        if awaitsContinue { readBody() }
    }

    func exchangeFailed(_ failure: ExchangeFailure) {
        end()
    }

    /// The response had begun: it can only be broken off, so that the client sees that it is not whole (RFC 9112 §8).
    /// Of a tunnel that both sides have ended, nothing is left to break.
    func breakOff() {
        drop(writer.take())
        end()
    }

    /// Lets a token go after it has left its property: what follows from that comes back to this transaction.
    private func drop(_ writer: consuming BodyWriter?) {}

    var hasBegunResponse: Bool { writer != nil }
    /// The answer that was held is being given: whatever it is, it stays.
    var isFinalAnswer = false
    /// The origin has ended its side of a tunnel.
    private var hasOriginEnded = false
}
