// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What follows when an origin fails: the same host over a fresh connection, another host, the best answer there was,
/// or an error. A loop of attempts with a cap, never a recursion: each begins from a callback of the event loop.
extension Transaction {
    /// Sends the request to a host, over an idle connection or a new one.
    func tryHost(_ host: Int) {
        attempt.began(host: host)
        let chosen = proxy.origins[host]
        origin = chosen
        if let idle = chosen.takeIdle(forUnsafeRequest: !method.isIdempotent) {
            use(idle)
            sendRequest(idle)
        } else {
            connect(chosen)
        }
    }

    /// Tries again, from a clean stack: the connection that has failed may still be at work further up.
    func goOn(_ next: Next) {
        switch next {
        case .host(let host): tryHost(host)
        case .fresh(let origin):
            self.origin = origin
            connect(origin)
        }
    }

    private func use(_ connection: ClientConnection) {
        connection.observer = self
        self.connection = connection
    }

    private func connect(_ origin: Origin) {
        let fresh = origin.takeClosed()
        use(fresh)
        do throws(SystemError) {
            try fresh.connect(to: origin.address)
        } catch {
            failed(.connect(error.number), fresh)
        }
    }

    /// A connection has come to nothing; it is closed.
    func failed(_ failure: ClientFailure, _ failedConnection: ClientConnection) {
        guard let origin, failedConnection === connection else {
            return fallbackFailed(failedConnection)
        }
        connection = nil
        self.origin = nil
        let wasSent = failedConnection.hasSentBytes && !failure.isOfConnecting
        let wasReused = failedConnection.isReused
        origin.giveBackClosed(failedConnection)
        if hasBegunResponse { return breakOff() }
        pauseBody()

        attempt.failed(failure, afterSending: wasSent)
        if failure == .lost, wasReused,
            attempt.mayReplay(isIdempotent: method.isIdempotent, isReplayable: isReplayable, wasSent: wasSent)
        {
            // The origin ended an idle connection just when we used it: nothing is wrong with either (RFC 9112 §9.3.1).
            attempt.replayed()
            return proxy.later(self, .fresh(origin))
        }
        if failure != .responseTimeout, mayTryAnother(wasSent: wasSent), tryAnotherHost() { return }
        giveUp()
    }

    /// A server error has come. True if another host is asked instead, while this answer is held.
    func retryAfterError(_ erring: ClientConnection) -> Bool {
        guard erring !== fallback, !isFinalAnswer, mayTryAnother(wasSent: true) else { return false }
        guard let host = proxy.selectAlternate(tried: attempt.tried) else { return false }
        dropFallback()
        pauseBody()
        fallback = erring
        fallbackOrigin = origin
        connection = nil
        origin = nil
        proxy.later(self, .host(host))
        return true
    }

    private func mayTryAnother(wasSent: Bool) -> Bool {
        attempt.mayTryAnother(
            attemptsMax: proxy.attemptsMax, isIdempotent: method.isIdempotent, isReplayable: isReplayable,
            wasSent: wasSent)
    }

    private func tryAnotherHost() -> Bool {
        guard let host = proxy.selectAlternate(tried: attempt.tried) else { return false }
        proxy.later(self, .host(host))
        return true
    }

    /// No host is left to ask: the client gets the last real answer, or an error if there was none.
    private func giveUp() {
        if let held = fallback, let heldOrigin = fallbackOrigin {
            fallback = nil
            fallbackOrigin = nil
            connection = held
            origin = heldOrigin
            isFinalAnswer = true
            return held.goOn()
        }
        guard let exchange = exchange.take() else { return end() }
        exchange.note(origin: [], attempts: attempt.count)
        ProxyResponse.noOrigin(attempt.failure).send(exchange)
        end()
    }

    private func fallbackFailed(_ failedConnection: ClientConnection) {
        guard failedConnection === fallback, let heldOrigin = fallbackOrigin else { return }
        fallback = nil
        fallbackOrigin = nil
        heldOrigin.giveBackClosed(failedConnection)
    }
}

extension ClientFailure {
    /// No byte of a request can have been sent.
    var isOfConnecting: Bool {
        switch self {
        case .connect, .connectTimeout: true
        case .lost, .responseTimeout, .bodyTimeout, .malformed: false
        }
    }
}
