// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What goes to the origin.
extension Transaction {
    /// Sends what there is of the request over a connection that stands.
    func sendRequest(_ connection: ClientConnection) {
        if let spanOffset, let leg = leg(of: connection) {
            request.overwrite(at: spanOffset, hexadecimal16: leg.span)
        }
        let timeoutMs = tryTimeoutMs
        if let timeoutOffset { request.overwrite(at: timeoutOffset, decimal8: UInt32(clamping: timeoutMs)) }
        connection.begin(method, responseTimeoutMs: timeoutMs)
        if isRequestComplete {
            connection.sendWhole(request)
        } else {
            connection.sendStart(request)
            if awaitsContinue {
                alarms.continueMs = loop.nowMs + Self.continueTimeoutMs
                rearm()
            } else {
                readBody()
            }
        }
    }

    func readBody() {
        awaitsContinue = false
        if writer != nil { writer?.readBody() } else { exchange?.readBody() }
    }

    func requestBody(_ bytes: Span<UInt8>) {
        guard let connection = leg?.connection else { return }
        if framing == .tunnel { return sendIntoTunnel(bytes, connection) }
        keep(bytes)
        let goesOn = framing == .chunked ? connection.sendChunk(bytes) : connection.send(bytes)
        if !goesOn { if writer != nil { writer?.pauseBody() } else { exchange?.pauseBody() } }
    }

    func requestEnded(_ trailers: borrowing Fields) {
        isRequestComplete = true
        guard let connection = leg?.connection else { return }
        if case .tunnel = framing {
            connection.endTunnel()
            return tunnelSideEnded()
        }
        if framing == .chunked {
            connection.sendLastChunk(trailers)
            if isReplayable { proxy.appendLastChunk(trailers, to: &request) }
        }
        if !hasBegunResponse {
            alarms.totalMs = loop.nowMs + totalTimeoutMs
            rearm()
        }
        leg?.askedNs = loop.nowNs
        // What an attempt may take depends on whether another could follow, which an upload may have changed.
        connection.endRequest(responseTimeoutMs: tryTimeoutMs)
    }

    /// Keeps content so that it can be sent again, as long as there is not too much of it.
    private func keep(_ bytes: Span<UInt8>) {
        guard isReplayable else { return }
        guard isIdempotent, request.count + bytes.count <= Self.replayBytesMax else {
            isReplayable = false
            return
        }
        proxy.append(bytes, chunked: framing == .chunked, to: &request)
    }

    func requestDrained(_ connection: ClientConnection) {
        // A connection whose answer is held gets no more.
        if connection === leg?.connection, !awaitsContinue, !isFinalAnswer { readBody() }
    }

    /// Leaves content with the client until there is an origin to send it to.
    func pauseBody() {
        alarms.continueMs = .max
        exchange?.pauseBody()
    }

    func connected(_ connection: ClientConnection) {
        if let note = note(of: connection) { notes.connected(note, nowNs: loop.nowNs) }
        sendRequest(connection)
    }
}
