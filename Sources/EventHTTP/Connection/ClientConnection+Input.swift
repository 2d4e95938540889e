// SPDX-License-Identifier: Apache-2.0

/// From bytes to responses.
extension ClientConnection {
    func read() {
        if state.phase == .idle || state.phase == .ready {
            // Nothing was asked: an end, a reset, or bytes that belong to no request (response queue poisoning).
            return fail(.lost)
        }
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
        observer?.responsePaused(self)
        updateWatcher()
    }

    func processWaiting() {
        var own = input.take()
        process(&own)
        putBack(own)
        observer?.responsePaused(self)
    }

    private func receive(into buffer: inout Buffer) {
        switch Syscalls.receive(socket.descriptor, into: &buffer, max: EventLoop.receiveBytesMax) {
        case .bytes: process(&buffer)
        case .wouldBlock: break
        case .ended: originEnded()
        case .failed: fail(.lost)
        }
    }

    private func putBack(_ buffer: consuming Buffer) {
        input = buffer
        if input.isEmpty || !isOpen { input.release(to: pool) }
    }

    private func originEnded() {
        readsEnded = true
        if state.phase == .body && decoder.endsAtClose {
            ended(Fields(Span(), Span()), hasSurplus: false)
        } else {
            fail(.lost)
        }
    }

    private func process(_ buffer: inout Buffer) {
        isProcessing = true
        defer { isProcessing = false }
        do throws(ParseError) {
            while isOpen, !isPaused {
                let goesOn =
                    switch state.phase {
                    case .head: try readHead(&buffer)
                    case .body: try readContent(&buffer)
                    case .connecting, .ready, .idle: false
                    }
                if !goesOn { return }
            }
        } catch {
            fail(.malformed(error))
        }
    }

    private func readHead(_ buffer: inout Buffer) throws(ParseError) -> Bool {
        if buffer.isEmpty { return false }
        if limits.isStillIncomplete(buffer.bytes, searched: headSearched) {
            headSearched = buffer.count
            return false
        }
        var fields = loop.takeFields()
        let parsed: ParsedResponse?
        do throws(ParseError) {
            parsed = try ResponseParser.parse(buffer.bytes, to: method, limits: limits, into: &fields)
        } catch {
            loop.returnFields(fields)
            throw error
        }
        guard let parsed else {
            headSearched = buffer.count
            loop.returnFields(fields)
            return false
        }
        headSearched = 0
        let isFinal = !parsed.status.isInterim || parsed.status == .switchingProtocols
        if !isFinal {
            interims += 1
            if interims > Self.interimsMax {
                loop.returnFields(fields)
                throw .statusCode
            }
        }
        let observer = observer
        let verdict =
            observer?.responseHead(
                ResponseHead(parsed, bytes: buffer.bytes, lines: fields.lines.span), from: self) ?? .take
        loop.returnFields(fields)
        guard isOpen else { return false }
        if verdict == .hold {
            isPaused = true
            return false
        }
        buffer.consume(parsed.length)
        if isFinal { headEnded(parsed) }
        return true
    }

    private func headEnded(_ parsed: ParsedResponse) {
        decoder = BodyDecoder(parsed.framing)
        isPersistent = parsed.isPersistent
        keepAliveSeconds = parsed.keepAliveSeconds
        state.headEnded()
        if parsed.framing == .tunnel { state.becameTunnel() }
        setDeadline(parsed.framing == .tunnel ? timeouts.tunnelMs : timeouts.bodyMs)
    }

    private func readContent(_ buffer: inout Buffer) throws(ParseError) -> Bool {
        switch try decoder.next(buffer.bytes) {
        case .data(let range):
            observer?.responseBody(buffer.bytes.extracting(range), from: self)
            if isOpen { buffer.consume(range.upperBound) }
            extendDeadline()
            return true
        case .ended(let consumed):
            buffer.consume(consumed)
            ended(Fields(Span(), Span()), hasSurplus: !buffer.isEmpty)
            return false
        case .trailers(let consumed):
            buffer.consume(consumed)
            return try readTrailers(&buffer)
        case .more(let consumed):
            buffer.consume(consumed)
            return false
        }
    }

    private func readTrailers(_ buffer: inout Buffer) throws(ParseError) -> Bool {
        var fields = loop.takeFields()
        let end: Int?
        do throws(ParseError) {
            end = try FieldParser.parse(buffer.bytes, from: 0, limits: limits, ofResponse: true, into: &fields)
        } catch {
            loop.returnFields(fields)
            throw error
        }
        if let end {
            ended(Fields(buffer.bytes, fields.lines.span), hasSurplus: buffer.count > end)
        }
        loop.returnFields(fields)
        if let end { buffer.consume(end) }
        return false
    }

    /// The response is complete. A connection with bytes beyond it, or whose request was not sent to its end, is not
    /// used again.
    private func ended(_ trailers: borrowing Fields, hasSurplus: Bool) {
        let isReusable =
            isPersistent && !hasSurplus && state.isRequestSent && socket.output.isEmpty && lostErrno == 0
        if state.isTunnel { return observer?.responseEnded(trailers, isReusable: false, from: self) ?? () }
        state.responseEnded()
        isReused = true
        let observer = observer
        if isReusable { clearDeadline() } else { close() }
        observer?.responseEnded(trailers, isReusable: isReusable, from: self)
    }
}
