// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

extension ProxyLoop {
    /// What becomes of a request that only users may make.
    enum Admission {
        case admitted
        case pending(PasswordCheck)
        case refused(ProxyResponse)
    }

    func authenticate(
        _ request: borrowing RequestHead, _ authentication: RouteAuthentication, from client: SocketAddress
    ) -> Admission {
        guard let credentials = BasicCredentials(request.fields) else {
            metrics.authMissing.add()
            return .refused(.unauthorized(authentication))
        }
        switch setup.passwords.look(credentials, authentication, from: client, nowNs: loop.nowNs) {
        case .right: return .admitted
        case .check(let check): return .pending(check)
        case .limited(let seconds):
            metrics.authLimited.add()
            return .refused(.tooManyFailures(seconds: seconds))
        case .wrong:
            metrics.authWrong.add()
            return .refused(.unauthorized(authentication))
        }
    }

    /// Has the transaction told what a check comes to. False if too many wait.
    func begin(_ check: PasswordCheck, for transaction: Transaction, number: UInt64) -> Bool {
        awaitingCheck[number] = transaction
        let bound = bound
        return setup.passwords.begin(check) { isRight in bound.submit { $0.checked(number, isRight) } }
    }

    private func checked(_ number: UInt64, _ isRight: Bool) {
        // One whose client has left meanwhile has been let go.
        guard let transaction = awaitingCheck[number] else { return }
        transaction.wasChecked(isRight)
    }
}

/// A request whose client's password is being compared. Its content stays with the client meanwhile.
extension Transaction {
    struct PendingCheck {
        let number: UInt64
        let authentication: RouteAuthentication
        /// Who is asked first.
        var preferred: ServiceChoice?
        var host: Int?
        /// What a policy answers, if anything.
        let answer: PolicyAnswer?
    }

    func awaitCheck(_ check: PasswordCheck, _ destination: Destination, _ answer: PolicyAnswer?) {
        proxy.checks &+= 1
        let number = proxy.checks
        pendingCheck = PendingCheck(
            number: number, authentication: check.authentication, preferred: destination.preferred,
            host: destination.host, answer: answer)
        rearm()
        guard !proxy.begin(check, for: self, number: number) else { return }
        proxy.metrics.authQueueFull.add()
        giveUp(.overloaded(.passwords))
    }

    func wasChecked(_ isRight: Bool) {
        guard let check = takeCheck() else { return }
        guard isRight else {
            proxy.metrics.authWrong.add()
            return giveUp(.unauthorized(check.authentication))
        }
        if let answer = check.answer {
            guard let exchange = exchange.take() else { return end() }
            answer.send(exchange, identity, by: proxy)
            return end()
        }
        switch proxy.check(fingerprint, among: choice.services) {
        case .allowed: break
        case .probation: attempt.onProbation()
        case .quarantined(let untilMs): return giveUp(proxy.quarantined(untilMs: untilMs))
        }
        tryFirstHost(preferring: check.preferred, host: check.host)
    }

    /// It does not wait for that any longer.
    func takeCheck() -> PendingCheck? {
        guard let check = pendingCheck.take() else { return nil }
        proxy.awaitingCheck[check.number] = nil
        return check
    }
}
