// SPDX-License-Identifier: Apache-2.0

/// From answers to bytes.
extension ServerConnection {
    /// Writes the head of the response. False when there is nobody to answer.
    func startResponse(
        _ id: UInt64, _ status: Status, reason: Span<UInt8> = Span(), framing: BodyFraming,
        announced: UInt64? = nil, fields: (inout FieldWriter) -> Void
    ) -> Bool {
        guard isCurrent(id), state.canBeginResponse else { return false }
        precondition(!status.isInterim || status == .switchingProtocols, "interim responses are not answers")
        let plan = plan(status, framing, announced)
        responseFraming = plan.framing
        if case .length(let length) = plan.framing { responseBytesLeft = length }
        logEntry.status = status.code

        var output = socket.output.take()
        output.reserve(MessageWriter.fixedBytesMax + reason.count, from: pool)
        MessageWriter.appendStatusLine(status, reason: reason, to: &output)
        var writer = FieldWriter(output, pool: pool)
        fields(&writer)
        let hasDate = writer.hasDate
        output = writer.take()
        output.reserve(MessageWriter.fixedBytesMax, from: pool)
        if !hasDate && status != .switchingProtocols { loop.date.append(to: &output) }
        MessageWriter.appendFraming(plan.framing, announced: plan.announced, to: &output)
        if plan.framing == .tunnel {
            output.append("Connection: Upgrade\r\n")
        } else if !plan.persists {
            output.append("Connection: close\r\n")
        } else if minorVersion == 0 {
            output.append("Connection: keep-alive\r\n")
        }
        output.append("\r\n")
        socket.output = output

        state.responseBegan(persists: plan.persists)
        if plan.framing == .tunnel { becomeTunnel() }
        return true
    }

    /// How the content will be framed, and whether another request can follow (RFC 9112 §6.3 and §9.3).
    private func plan(
        _ status: Status, _ framing: BodyFraming, _ announced: UInt64?
    ) -> (framing: BodyFraming, announced: UInt64?, persists: Bool) {
        var framing = framing
        var announced = announced
        if framing != .tunnel && (isHeadRequest || status.isBodiless) {
            if isHeadRequest, case .length(let length) = framing { announced = length }
            if isHeadRequest, framing == .none, announced == nil { announced = nil }
            if status.code == 204 { announced = nil }
            framing = .none
        } else if framing == .none || framing == .length(0) {
            framing = .length(0)
        }
        // Content of unknown length: chunked if the client can read that, else up to the end of the connection.
        if framing == .untilClose || framing == .chunked { framing = minorVersion == 1 ? .chunked : .untilClose }
        var persists = state.persists && !server.endsConnections && framing != .untilClose && framing != .tunnel
        if state.request == .body {
            // A client that was never told to go on, or has much left to send, is better off with a new connection.
            if awaitsContinue || (decoder.bytesLeft ?? 0) > Self.discardBytesMax { persists = false }
        }
        if readsEnded && input.isEmpty && !isProcessing { persists = false }
        return (framing, announced, persists)
    }

    private func becomeTunnel() {
        state.becameTunnel()
        decoder = BodyDecoder(.tunnel)
        isBodyWanted = true
        readDeadlineMs = loop.nowMs + server.options.tunnelTimeoutMs
        rearm()
        if !isProcessing { loop.later(self) }
        // Too late to be told with the others, and its observer is at work just now.
        if server.isDraining { loop.schedule(afterMs: 0) { [weak self] in self?.serverDrains(afterMs: 0) } }
    }

    // MARK: Content

    func write(_ bytes: Span<UInt8>) {
        if bytes.isEmpty { return }
        logEntry.bytes += UInt64(bytes.count)
        switch responseFraming {
        case .none: logEntry.bytes -= UInt64(bytes.count)
        case .length:
            precondition(UInt64(bytes.count) <= responseBytesLeft, "more content than was announced")
            responseBytesLeft -= UInt64(bytes.count)
            send(bytes)
        case .untilClose: send(bytes)
        case .tunnel:
            send(bytes)
            if state.request == .body { extendReadDeadline() }
        case .chunked: writeChunk(bytes)
        }
    }

    private func writeChunk(_ bytes: Span<UInt8>) {
        if socket.appendChunk(bytes, pool) { return }
        flush()
        guard isOpen, !isBroken else { return }
        if socket.appendChunk(bytes, pool) { return }
        socket.output.reserve(ChunkedEncoder.overheadBytesMax, from: pool)
        ChunkedEncoder.appendStart(count: bytes.count, to: &socket.output)
        send(bytes)
        guard isOpen else { return }
        socket.output.reserve(2, from: pool)
        ChunkedEncoder.appendEnd(to: &socket.output)
    }

    func write(_ text: StaticString) {
        let count = UInt64(text.utf8CodeUnitCount)
        guard case .length = responseFraming else {
            precondition(responseFraming == .none, "text is content of known length")
            return
        }
        precondition(count <= responseBytesLeft, "more content than was announced")
        responseBytesLeft -= count
        logEntry.bytes += count
        socket.output.reserve(Int(count), from: pool)
        socket.output.append(text)
    }

    private func send(_ bytes: Span<UInt8>) {
        if isBroken { return }
        let wasBlocked = socket.isBlocked
        let waiting = socket.output.count
        let number = socket.write(bytes, pool)
        if number != 0 { return breakOff() }
        if isWritePaced { writePace?.passed(waiting + bytes.count - socket.output.count) }
        if !wasBlocked { noteProgress() }
    }

    /// The client takes no more.
    private func breakOff() {
        isBroken = true
        loop.later(self)
    }

    func endResponse() {
        endResponse(trailers: Fields(Span(), Span()))
    }

    /// Ends the content. A response that is shorter than it said breaks the connection (RFC 9112 §8).
    func endResponse(trailers: borrowing Fields) {
        guard isOpen else { return }
        switch responseFraming {
        case .length where responseBytesLeft > 0: return abort()
        case .chunked:
            ChunkedEncoder.appendLast(trailers: trailers, to: &socket.output, pool: pool)
        case .none, .length, .untilClose, .tunnel: break
        }
        if state.isTunnel { return endTunnel() }
        state.responseEnded()
        // An observer hears nothing after the response: by then it may be at work on another exchange.
        observer = nil
        discardedBytes = 0
        if state.step == .discardBody {
            readDeadlineMs = loop.nowMs + Self.lingerTimeoutMs
            rearm()
        }
        if isProcessing { return }
        flush()
        guard isOpen, !isBroken else { return }
        if state.step == .nextExchange, input.isEmpty, !readsEnded {
            // The common end: nothing was sent ahead, so the connection just waits for its next request.
            nextExchange()
            finishIfDone()
            updateWatcher()
        } else if state.step == .nextExchange || state.step == .discardBody {
            loop.later(self)
        } else {
            finishIfDone()
        }
    }

    /// The origin has ended its side of a tunnel: so do we, once what it sent has gone out.
    private func endTunnel() {
        state.responseEnded()
        if state.request == .body { extendReadDeadline() }
        flush()
        guard isOpen else { return }
        if state.step == .close {
            observer = nil
            return finishIfDone()
        }
        if socket.output.isEmpty { Syscalls.shutdownWriting(socket.descriptor) }
        updateWatcher()
    }

    func exchangeDropped(_ id: UInt64) {
        guard isCurrent(id), state.canBeginResponse else { return }
        answerForHandler(id)
    }

    private func answerForHandler(_ id: UInt64) {
        guard startResponse(id, .internalServerError, framing: .length(0), fields: { _ in }) else { return }
        endResponse()
    }

    func responseDropped(_ id: UInt64) {
        guard isCurrent(id) else { return }
        // Of a tunnel our side may have ended; without its other side it is broken all the same.
        if state.response == .started || (state.isTunnel && state.request == .body) { abort() }
    }

    func sendInterim(_ id: UInt64, _ status: Status, fields: (inout FieldWriter) -> Void = { _ in }) {
        precondition(status.isInterim && status != .switchingProtocols)
        guard isCurrent(id), state.canBeginResponse, minorVersion == 1 else { return }
        var output = socket.output.take()
        output.reserve(MessageWriter.fixedBytesMax, from: pool)
        MessageWriter.appendStatusLine(status, reason: Span(), to: &output)
        var writer = FieldWriter(output, pool: pool)
        fields(&writer)
        output = writer.take()
        output.reserve(2, from: pool)
        output.append("\r\n")
        socket.output = output
        if status == .continue { awaitsContinue = false }
        if !isProcessing { flush() }
    }

    // MARK: Sending

    /// Less than the high watermark waits for the client.
    var isWritable: Bool {
        if isBackedUp {
            observerWaits = true
            return false
        }
        return true
    }

    /// So much waits for the client that answering it further would only fill memory.
    var isBackedUp: Bool { socket.isBlocked && socket.output.count >= ConnectionSocket.lowWatermarkBytes }

    /// Whether a handler that has written `count` bytes may go on in this turn. A client that reads as fast as we write
    /// never blocks the socket, and would keep the loop for itself.
    func keepsTurn(_ count: Int) -> Bool {
        turnBytes = Int32(clamping: Int(turnBytes) + count)
        if turnBytes < Self.turnBytesMax || !isOpen { return isOpen }
        observerWaits = true
        // As if the kernel took no more: so the wait for it has a deadline, should it really not.
        socket.block()
        noteProgress()
        return false
    }

    func flush() {
        guard isOpen, !isBroken else { return }
        let wasWaiting = socket.isBlocked
        let waiting = socket.output.count
        let number = socket.flush(pool)
        if number != 0 { return breakOff() }
        if isWritePaced { writePace?.passed(waiting - socket.output.count) }
        if socket.isBlocked, !wasWaiting {
            noteProgress()
            updateWatcher()
        }
    }

    func flushSoon() {
        if !isProcessing, !socket.output.isEmpty, !socket.isBlocked { loop.later(self) }
    }

    /// Something was sent, or has begun to wait.
    func noteProgress() {
        guard isOpen, socket.isBlocked || writeDeadlineMs != .max else { return }
        if socket.isBlocked {
            if writePace == nil { writePace = Pace() }
            if !isWritePaced { writePace?.begin(nowMs: loop.nowMs) }
            isWritePaced = true
            // A tunnel may say little; it ends when it is silent.
            let next = writePace?.goOn(nowMs: loop.nowMs, silenceMs: server.options.writeTimeoutMs) ?? .max
            writeDeadlineMs = state.isTunnel ? loop.nowMs + server.options.writeTimeoutMs : next
        } else {
            if isWritePaced { writePace?.pause(nowMs: loop.nowMs) }
            writeDeadlineMs = .max
        }
        rearm()
        if socket.isBlocked, !isProcessing { updateWatcher() }
    }

    /// The time to look at the rate of the response has come. False when the client is too slow, or takes nothing.
    func takesEnough() -> Bool {
        guard !state.isTunnel, let next = writePace?.check(nowMs: loop.nowMs) else { return false }
        writeDeadlineMs = next
        return true
    }

    /// The kernel took more of what waited.
    func drained() {
        guard isOpen, !isLingering else { return }
        if state.isTunnel, state.response == .ended, socket.output.isEmpty, state.request != .complete {
            Syscalls.shutdownWriting(socket.descriptor)
        }
        if observerWaits, socket.output.count <= ConnectionSocket.lowWatermarkBytes {
            observerWaits = false
            turnBytes = 0
            observer?.responseDrained()
            flush()
        }
        if !isOpen { return }
        if state.step == .readHead, !input.isEmpty { loop.later(self) }
        finishIfDone()
        updateWatcher()
    }
}
