// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What comes from the origin.
extension Transaction {
    func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict {
        if head.status.isInterim && head.status != .switchingProtocols {
            if connection === leg?.connection { interim(head) }
            return .take
        }
        if head.status == .switchingProtocols && !(wantsUpgrade && head.switchesToWebSocket) {
            // Nobody asked for it, or for this protocol: not HTTP that we could pass on (CVE-2024-23326 and its kin).
            connection.close()
            failed(.malformed(.statusCode), connection)
            return .take
        }
        if let note = note(of: connection) { notes.answered(note, status: head.status, nowNs: loop.nowNs) }
        proxy.answered(fingerprint)
        if attempt.suspects.count > 0 { proxy.lost(attempt.answered(), beganMs: beganMs) }
        let reading = reading(head.status, of: connection)
        let asksForPatience = head.status.isServerError || head.status == .tooManyRequests
        let retryAfterMs = asksForPatience ? head.retryAfterMs ?? 0 : 0
        if reading.isPoor {
            if failedWithAnswer(connection, head.status, reading.outcome, retryAfterMs: retryAfterMs) { return .hold }
        } else {
            settle(connection, head.status, reading.outcome, retryAfterMs: retryAfterMs)
        }
        win(connection)
        relay(head)
        return .take
    }

    private func interim(_ head: borrowing ResponseHead) {
        // What was asked for is said by our own side; any other goes on (RFC 9110 §15.2).
        if head.status == .continue, expectsContinue {
            if awaitsContinue { readBody() }
            return
        }
        exchange?.interim(head.status) { writer in ForwardedFields.interim(head, to: &writer) }
    }

    private func relay(_ head: borrowing ResponseHead) {
        guard let origin = leg?.origin, let exchange = exchange.take() else { return }
        awaitsContinue = false
        alarms = Alarms()
        rearm()
        dropHeld()
        let isUpgrade = head.status == .switchingProtocols
        if let policy, let note = leg?.note {
            policy.rewrite(head, of: record(note, isOver: false))
            tellRefusal(of: policy)
        }
        writer = exchange.relay(head) { writer in
            if isUpgrade { writer.copyUpgrade(head.fields) }
            ForwardedFields.response(
                head, to: identity, from: origin, by: proxy, rules: route?.responseFields, policy: policy,
                to: &writer)
            // It took more than one host to get this.
            if proxy.tellsStatus, attempt.count > 1 { proxy.status(of: attempt, from: origin).write(to: &writer) }
        }
        if isUpgrade {
            framing = .tunnel
            isRequestComplete = false
        }
        isReplayable = false
        request.release(to: pool)
    }

    func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) {
        if framing == .tunnel { return relayFromTunnel(bytes, connection) }
        writer?.append(bytes)
        if !(writer?.isWritable ?? true) { connection.pause() }
    }

    func responsePaused(_ connection: ClientConnection) {
        writer?.flush()
    }

    func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection) {
        if case .tunnel = framing { return originEndedTunnel() }
        if let note = leg?.note { notes.ended(note, nowNs: loop.nowNs) }
        tellLog()
        guard let writer = writer.take() else { return end() }
        if isReusable, let leg = leg.take() {
            leg.origin.giveBack(leg.connection)
            proxy.release(leg.origin)
        }
        // Before the answer's last byte is written, so that the next request of this client finds the connection idle.
        if !isRequestComplete { writer.discardBody() }
        if wantsTrailers { writer.finish(trailers: trailers) } else { writer.finish() }
        end()
    }

    func responseDrained() {
        leg?.connection.goOn()
    }
}
