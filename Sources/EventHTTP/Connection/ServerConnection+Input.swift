// SPDX-License-Identifier: Apache-2.0

/// From bytes to exchanges.
extension ServerConnection {
    // MARK: Reading

    /// The descriptor is readable: one read, and everything that follows from it.
    func read() {
        // Bytes that wait are completed in place; else the loop's buffer is borrowed for the length of this call.
        if input.isEmpty {
            var inbox = loop.takeInbox()
            receive(into: &inbox)
            if isOpen, !inbox.isEmpty {
                input.reserve(inbox.count, from: pool)
                input.append(inbox.bytes)
            }
            loop.returnInbox(inbox)
        } else {
            var own = input.take()
            own.reserve(4 << 10, from: pool)
            receive(into: &own)
            putBack(own)
        }
        settle()
    }

    private func receive(into buffer: inout Buffer) {
        switch Syscalls.receive(socket.descriptor, into: &buffer, max: EventLoop.receiveBytesMax) {
        case .bytes(let count):
            if isLingering { return discard(count, &buffer) }
            process(&buffer)
        case .wouldBlock: break
        case .ended:
            // A request that was sent ahead may wait for its turn, which has come but not been taken yet.
            if !isLingering { process(&buffer) }
            if isOpen { clientEnded(&buffer) }
        case .failed: close()
        }
    }

    /// Goes on with what waits: after the handler wants more, or the next of several requests sent together.
    func continueReading() {
        guard isOpen, !isProcessing, !isLingering, !isBroken else { return }
        var own = input.take()
        process(&own)
        if isOpen, readsEnded { clientEnded(&own) }
        putBack(own)
        settle()
    }

    private func putBack(_ buffer: consuming Buffer) {
        input = buffer
        if input.isEmpty || !isOpen { input.release(to: pool) }
    }

    /// After each callback: send, close if that was the last, and wait for what is wanted now.
    func settle() {
        guard isOpen else { return }
        if !socket.output.isEmpty { flush() }
        finishIfDone()
        updateWatcher()
    }

    // MARK: The order of things

    /// Does what the state says is next, until bytes or the handler are missing.
    private func process(_ buffer: inout Buffer) {
        isProcessing = true
        defer { isProcessing = false }
        while isOpen, !isBroken {
            switch state.step {
            // Who does not take the answers there are gets no more of them.
            case .readHead: if isBackedUp || !readHead(&buffer) { return }
            case .readBody, .discardBody: if !readContent(&buffer) { return }
            case .nextExchange:
                nextExchange()
                // Answers to requests that were sent together go out together, but not without bound.
                if socket.output.count >= ConnectionSocket.copyBytesMax { flush() }
                if isBackedUp { return }
            case .awaitHandler, .close, .linger: return
            }
        }
    }

    func nextExchange() {
        endExchange()
        precondition(state.step == .nextExchange)
        state = ServerConnectionState()
        if !socket.isBlocked { isWritePaced = false }
        headSearched = 0
        readDeadlineMs = loop.nowMs + server.idleTimeoutMs
        rearm()
    }

    /// Parses a head and calls the handler. False when more bytes are needed or the request was refused.
    private func readHead(_ buffer: inout Buffer) -> Bool {
        if awaitsProxyHeader, !readProxyHeader(&buffer) { return false }
        if buffer.isEmpty { return false }
        if server.options.limits.isStillIncomplete(buffer.bytes, searched: Int(headSearched)) {
            headSearched = Int32(buffer.count)
            return false
        }
        var fields = loop.takeFields()
        let outcome = handleHead(buffer.bytes, &fields)
        loop.returnFields(fields)
        switch outcome {
        case .handled(let length):
            if isOpen { buffer.consume(length) }
            return true
        case .incomplete:
            if headSearched == 0 {
                readDeadlineMs = loop.nowMs + server.options.headTimeoutMs
                rearm()
            }
            headSearched = Int32(buffer.count)
        case .refused(let error):
            refuse(error.status, error.reason, .requestRefused, isHead: RequestParser.asksForHead(buffer.bytes))
        }
        return false
    }

    private enum HeadOutcome {
        case handled(Int)
        case incomplete
        case refused(ParseError)
    }

    /// Calls the handler with the head at the front of `bytes`.
    private func handleHead(_ bytes: Span<UInt8>, _ fields: inout FieldIndex) -> HeadOutcome {
        do throws(ParseError) {
            guard let parsed = try RequestParser.parse(bytes, limits: server.options.limits, into: &fields) else {
                return .incomplete
            }
            try begin(parsed)
            let id = beginExchange()
            let head = RequestHead(parsed, bytes: bytes, lines: fields.lines.span)
            server.metrics.requestsBegan.add()
            logEntry.begin(head, of: id, atNs: loop.nowNs, keepsLine: server.accessLog != nil, pool: pool)
            server.handler.handle(head, Exchange(self, id))
            return .handled(parsed.length)
        } catch {
            return .refused(error)
        }
    }

    private func begin(_ parsed: ParsedRequest) throws(ParseError) {
        if let max = server.options.bodyBytesMax, case .length(let length) = parsed.framing, length > max {
            throw .contentTooLarge
        }
        minorVersion = parsed.minorVersion
        isHeadRequest = parsed.method == .head
        awaitsContinue = parsed.expectsContinue
        decoder = BodyDecoder(parsed.framing)
        // What follows CONNECT was meant for a tunnel; refused one, a client may already have sent bytes into it that
        // must not be taken for requests (RFC 9110 §9.3.6).
        let persists =
            !parsed.connection.contains(.close) && parsed.method != .connect
            && (parsed.minorVersion == 1 || parsed.connection.contains(.keepAlive))
        state.requestBegan(hasBody: parsed.framing != .none, persists: persists)
        readDeadlineMs = .max
        rearm()
    }

    // MARK: Content

    /// Passes a piece of content on, or throws it away when it is not wanted any more. False when no progress can be
    /// made now.
    private func readContent(_ buffer: inout Buffer) -> Bool {
        let isDiscarding = state.step == .discardBody
        guard isDiscarding || isBodyWanted else { return false }
        do throws(ParseError) {
            switch try decoder.next(buffer.bytes) {
            case .data(let range):
                if isDiscarding {
                    discardedBytes += UInt64(range.count)
                    if discardedBytes > Self.discardBytesMax {
                        // More than a connection is worth. Its client is still told so in order (RFC 9112 §9.6).
                        state.discardGivenUp()
                        return false
                    }
                } else {
                    try count(range.count)
                    observer?.requestBody(buffer.bytes.extracting(range))
                }
                if isOpen { buffer.consume(range.upperBound) }
                extendReadDeadline(received: range.count)
                return true
            case .ended(let consumed):
                buffer.consume(consumed)
                contentEnded(Fields(Span(), Span()))
                return true
            case .trailers(let consumed):
                buffer.consume(consumed)
                return try readTrailers(&buffer)
            case .more(let consumed):
                buffer.consume(consumed)
                extendReadDeadline()
                return false
            }
        } catch {
            fail(.malformed(error), error.status, error.reason, .requestRefused)
            return false
        }
    }

    private func count(_ bytes: Int) throws(ParseError) {
        guard let max = server.options.bodyBytesMax, !state.isTunnel else { return }
        discardedBytes += UInt64(bytes)
        if discardedBytes > max { throw .contentTooLarge }
    }

    private func readTrailers(_ buffer: inout Buffer) throws(ParseError) -> Bool {
        var fields = loop.takeFields()
        let end: Int?
        do throws(ParseError) {
            end = try FieldParser.parse(buffer.bytes, from: 0, limits: server.options.limits, into: &fields)
        } catch {
            loop.returnFields(fields)
            throw error
        }
        if end != nil { contentEnded(Fields(buffer.bytes, fields.lines.span)) }
        loop.returnFields(fields)
        guard let end else { return false }
        if isOpen { buffer.consume(end) }
        return true
    }

    private func contentEnded(_ trailers: borrowing Fields) {
        state.requestEnded()
        readDeadlineMs = .max
        rearm()
        observer?.requestEnded(trailers)
        if state.isTunnel, state.step == .close { observer = nil }
    }

    func extendReadDeadline(received bytes: Int = 0) {
        guard isOpen, state.step != .discardBody else { return }
        if state.isTunnel {
            readDeadlineMs = loop.nowMs + tunnelTimeoutMs
        } else {
            readPace?.passed(bytes)
            readDeadlineMs = readPace?.goOn(nowMs: loop.nowMs, silenceMs: server.options.bodyTimeoutMs) ?? .max
        }
        rearm()
    }

    /// The time to look at the rate of the content has come. False when the client is too slow, or silent.
    func sendsEnough() -> Bool {
        guard let next = readPace?.check(nowMs: loop.nowMs) else { return false }
        readDeadlineMs = next
        return true
    }

    func readBody(_ id: UInt64) {
        guard isCurrent(id), state.request == .body, !isBodyWanted else { return }
        if awaitsContinue { sendInterim(id, .continue) }
        isBodyWanted = true
        if readPace == nil { readPace = Pace() }
        if !isReadPaced { readPace?.begin(nowMs: loop.nowMs) }
        isReadPaced = true
        extendReadDeadline()
        if !isProcessing { loop.later(self) }
    }

    func pauseBody(_ id: UInt64) {
        guard isCurrent(id), isBodyWanted else { return }
        isBodyWanted = false
        readPace?.pause(nowMs: loop.nowMs)
        readDeadlineMs = .max
        rearm()
        if !isProcessing { updateWatcher() }
    }

    func observe(_ id: UInt64, _ observer: (any ExchangeObserver)?) {
        guard isCurrent(id) else { return }
        self.observer = observer
    }

    // MARK: The end of what the client sends

    private func discard(_ count: Int, _ buffer: inout Buffer) {
        buffer.removeAll()
        discardedBytes += UInt64(count)
        if discardedBytes > Self.lingerBytesMax { return close() }
        if server.isDraining { return }
        readDeadlineMs = min(loop.nowMs + Self.lingerTimeoutMs, lingerEndMs)
        rearm()
    }

    /// The client has ended its side. That is no reason to keep an answer from it (RFC 9112 §9.6): it may have ended
    /// only its sending.
    private func clientEnded(_ buffer: inout Buffer) {
        readsEnded = true
        if isLingering { return close() }
        switch state.step {
        case .readHead:
            // Requests that were sent ahead are answered first. What is left then is the beginning of one at most.
            if isBackedUp { return }
            if awaitsProxyHeader, !buffer.isEmpty { return refuseProxyHeader(.incomplete) }
            buffer.removeAll()
            if socket.output.isEmpty { close() }
        case .close, .linger, .nextExchange, .discardBody:
            // What waits to be sent is sent first, except if its request was cut.
            if socket.output.isEmpty || state.step == .discardBody { close() }
        case .readBody where state.isTunnel:
            guard isBodyWanted else { return }
            contentEnded(Fields(Span(), Span()))
        case .readBody:
            // All of it may be here, and wait until it is wanted.
            guard isBodyWanted else { return }
            // RFC 9112 §8: content that is cut is no request.
            if state.response == .owed {
                fail(.clientGone, .badRequest, "request content cut short", .clientGone)
            } else {
                abort(.clientGone, .clientGone)
            }
        case .awaitHandler:
            readDeadlineMs = loop.nowMs + Self.halfCloseProbeMs
            rearm()
        }
    }

    /// An end of file can also mean that the client closed its socket and is gone, which costs an origin its work. Only
    /// writing tells the two apart: a client that still reads must ignore an interim response (RFC 9110 §15.2), one
    /// that is gone answers it with a reset.
    func probeHalfClosed() {
        guard readsEnded, state.step == .awaitHandler else { return }
        if !hasProbedHalfClose, minorVersion == 1, state.response == .owed {
            sendInterim(exchangeID, .processing)
        } else if Syscalls.pendingError(socket.descriptor) != 0 {
            return close()
        }
        guard isOpen else { return }
        readDeadlineMs = loop.nowMs + (hasProbedHalfClose ? Self.halfCloseCheckMs : Self.halfCloseProbeMs)
        hasProbedHalfClose = true
    }

    /// An answer usually comes before that, and nobody is asked.
    private static let halfCloseProbeMs: Int64 = 250
    private static let halfCloseCheckMs: Int64 = 1_000

    // MARK: Refusing

    /// A head that is not understood: answered, and the connection ends, because nobody knows where the next begins.
    /// What asks for HEAD gets no content, however wrong the rest is (RFC 9110 §9.3.2).
    func refuse(_ status: Status, _ reason: StaticString, _ outcome: ExchangeOutcome, isHead: Bool) {
        state.refused()
        minorVersion = 1
        isHeadRequest = isHead
        if !logEntry.isActive { server.metrics.requestsBegan.add() }
        let id = beginExchange()
        logEntry.beginUnparsed(id, atNs: loop.nowNs)
        logEntry.outcome = outcome
        answer(id, status, reason)
    }

    /// An exchange that the client spoiled. Its handler is told, and the engine answers if nobody has begun to.
    func fail(
        _ failure: ExchangeFailure, _ status: Status, _ reason: StaticString, _ outcome: ExchangeOutcome
    ) {
        // Answered already: the connection ends in order, or the answer might be lost (RFC 9112 §9.6).
        if state.step == .discardBody { return state.discardGivenUp() }
        guard state.canBeginResponse else { return abort(failure, outcome) }
        logEntry.outcome = outcome
        let observer = observer
        self.observer = nil
        let id = renewExchange()
        observer?.exchangeFailed(failure)
        state.spoiled()
        answer(id, status, reason)
    }

    private func answer(_ id: UInt64, _ status: Status, _ reason: StaticString) {
        isBodyWanted = false
        awaitsContinue = false
        guard
            startResponse(
                id, status, framing: .length(UInt64(reason.utf8CodeUnitCount + 1)),
                fields: { fields in
                    fields.add("Content-Type", "text/plain; charset=utf-8")
                    fields.add(server.options.refusalFields)
                })
        else { return }
        write(reason)
        write("\n")
        endResponse()
        if !isProcessing { settle() }
    }
}
