// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What follows when an origin fails: the same host over a fresh connection, another host, the best answer there was,
/// or an error. A loop of attempts with a cap, never a recursion: each begins from a callback of the event loop.
extension Transaction {
    // MARK: Attempts

    /// Begins the first attempt: at a service that is meant, as long as it has a host that is well, or at any that the
    /// request may go to.
    func tryFirstHost(preferring preferred: ServiceChoice?, host: Int?) {
        let isRepeatable = isIdempotent && isRequestComplete
        let probes: ProxyLoop.ProbeLeave = attempt.isLast ? .never : isRepeatable ? .whenDue : .whenOverdue
        var first: (host: Int, isProbe: Bool)?
        if let preferred { first = proxy.selectFirst(key: key, choice: preferred, probes: probes, worst: .usable) }
        hedgeChoice = first == nil ? choice : preferred ?? choice
        first = first ?? proxy.selectFirst(key: key, choice: choice, probes: probes, host: host)
        guard let first else { return giveUp() }
        enter(first.host, isProbe: first.isProbe)
    }

    /// Sends the request to a host that has admitted it.
    func begin(attempt host: Int, isProbe: Bool) {
        if attempt.count == 0 {
            service = proxy.beginRequest(host: host)
        } else {
            proxy.serviceMetrics[service].retries.add()
        }
        attempt.began(host: host)
        // Before anything is sent: the transaction may be over when that returns.
        if isHedgeable { alarms.hedgeMs = proxy.hedgeAtMs }
        rearm()
        // A request on probation has one attempt, which a stale connection must not cost it.
        let first = startLeg(proxy.origins[host], isProbe: isProbe, onFreshConnection: attempt.isLast)
        let connection = first.connection
        leg = consume first
        startSending(connection)
    }

    /// Takes an idle connection to a host, or makes one. `note` is that of an attempt which is made once more.
    func startLeg(_ origin: Origin, isProbe: Bool, onFreshConnection: Bool, note: Int? = nil) -> Leg {
        let client = origin.takesProxyHeader ? exchange?.clientAddress : nil
        let isUnsafe = !isIdempotent || mayOutgrowReplay
        let idle = onFreshConnection ? nil : origin.takeIdle(forUnsafeRequest: isUnsafe, of: client)
        let connection = idle ?? origin.takeClosed()
        connection.observer = self
        proxy.began(origin)
        let nowNs = loop.nowNs
        let span = spanOffset == nil ? 0 : proxy.identifiers.nextSpan()
        let number = note ?? notes.count
        notes.began(number, at: origin, nowNs: nowNs, span: span)
        return Leg(
            host: origin.number, origin: origin, connection: connection, beganNs: nowNs, askedNs: nowNs, note: number,
            span: span, isProbe: isProbe)
    }

    /// Sends the request if the connection stands, else connects first.
    func startSending(_ connection: ClientConnection) {
        if connection.isOpen { return sendRequest(connection) }
        guard let leg = self.leg(of: connection) else { return }
        do throws(SystemError) {
            try connection.connect(to: leg.origin.address, as: introduction(to: leg.origin))
        } catch {
            failed(.connect(error.number), connection)
        }
    }

    /// Who asks, for a host that is to be told.
    private func introduction(to origin: Origin) -> Introduction? {
        guard origin.takesProxyHeader, let client = exchange?.clientAddress else { return nil }
        return .client(client, local: exchange?.localAddress ?? .unspecified)
    }

    /// Tries again, from a clean stack: the connection that has failed may still be at work further up.
    func goOn() {
        guard let next = next.take(), leg == nil else { return }
        switch next {
        case .host(TriedHosts.gone):
            // The host that was chosen has left the configuration meanwhile.
            if let host = proxy.selectAlternate(tried: attempt.tried, key: key, choice: choice) { return enter(host) }
            proxy.giveBackRetry(service: service)
            giveUp()
        case .host(let host): enter(host)
        case .fresh(let origin, let note):
            leg = startLeg(origin, isProbe: false, onFreshConnection: true, note: note)
            if let leg { startSending(leg.connection) }
        case .pardon(let untilMs): awaitPardon(untilMs: untilMs)
        case .held: giveUp()
        }
    }

    /// Whether the request killed the hosts that died under it is known when another of its kind is answered.
    private func awaitPardon(untilMs: Int64) {
        if proxy.memory.standing(fingerprint, beganMs: beganMs, nowMs: loop.nowMs) == .cleared {
            attempt.pardoned()
            if mayTryAnother(wasSent: true), tryAnotherHost() { return }
        } else if loop.nowMs < untilMs {
            next = .pardon(untilMs: untilMs)
            alarms.retryMs = min(loop.nowMs + PoisonRule.pardonIntervalMs, untilMs)
            return rearm()
        }
        giveUp()
    }

    /// The attempt that a connection is in use for.
    func leg(of connection: ClientConnection) -> Leg? {
        if let leg, leg.connection === connection { return leg }
        if let hedge, hedge.connection === connection { return hedge }
        return nil
    }

    /// Its number among the notes.
    func note(of connection: ClientConnection) -> Int? {
        if leg?.connection === connection { return leg?.note }
        return hedge?.connection === connection ? hedge?.note : nil
    }

    /// Takes an attempt out of the race; the other one, if there is one, is then the only one.
    func takeLeg(of connection: ClientConnection) -> Leg? {
        if let hedge, hedge.connection === connection {
            self.hedge = nil
            return hedge
        }
        guard let leg, leg.connection === connection else { return nil }
        self.leg = hedge.take()
        return leg
    }

    /// An attempt was answered.
    func settle(_ connection: ClientConnection, _ status: Status, _ outcome: Outcome, retryAfterMs: Int64) {
        if leg?.connection === connection {
            proxy.settle(&leg!, outcome, status: status, retryAfterMs: retryAfterMs)
        }
        if hedge?.connection === connection {
            proxy.settle(&hedge!, outcome, status: status, retryAfterMs: retryAfterMs)
        }
    }

    // MARK: Failures

    /// A connection has come to nothing; it is closed.
    func failed(_ failure: ClientFailure, _ connection: ClientConnection) {
        guard var leg = takeLeg(of: connection) else { return heldFailed(connection) }
        let wasSent = connection.hasSentBytes && !failure.isOfConnecting
        let cause = Cause(
            failure, hasBegunResponse: hasBegunResponse, isRequestComplete: isRequestComplete,
            outOfTime: remainingMs == 0 ? outOfTime : nil)
        notes.ended(leg.note, cause, nowNs: loop.nowNs)
        if hasBegunResponse {
            let origin = leg.origin
            origin.metrics.failed(.truncated)
            discard(leg, .lost)
            return breakOff(cause, of: origin)
        }
        let judgement = judge(failure, leg, wasSent: wasSent)
        let isOutOfTime = failure == .responseTimeout && remainingMs == 0
        proxy.settle(
            &leg,
            isOutOfTime ? hangOutcome : failure.outcome(judgement, deaths: attempt.deaths, isProbe: leg.isProbe))
        let isStale =
            failure == .lost && connection.isReused
            && attempt.mayReplay(isIdempotent: isIdempotent, isReplayable: isReplayable, wasSent: wasSent)
        leg.origin.metrics.failed(FailureReason(failure, willReplay: isStale))
        leg.origin.giveBackClosed(connection)
        attempt.failed(failure)
        // The other one is still under way.
        if self.leg != nil {
            proxy.release(leg.origin)
            return rearm()
        }
        pauseBody()

        if isStale {
            // The origin ended an idle connection just when we used it: nothing is wrong with either (RFC 9112 §9.3.1).
            attempt.replayed()
            next = .fresh(leg.origin, note: leg.note)
            return proxy.later(self)
        }
        proxy.release(leg.origin)
        guard letsRetry(after: leg.note) else { return giveUp() }
        if mayTryAnother(wasSent: wasSent), tryAnotherHost() { return }
        if judgement == .wait { return awaitPardon(untilMs: loop.nowMs + PoisonRule.pardonMs) }
        giveUp()
    }

    /// A request that was sent and died before any answer may have killed the origin; then few others may follow.
    private func judge(_ failure: ClientFailure, _ leg: Leg, wasSent: Bool) -> PoisonRule.Judgement {
        guard failure == .lost, wasSent, !leg.connection.hasReceivedBytes else { return .retry }
        let origin = leg.origin
        let deaths = attempt.deaths(with: origin.id)
        let judgement = proxy.died(fingerprint, of: origin, beganMs: beganMs, deaths: deaths)
        if judgement == .quarantine { proxy.tellQuarantine(fingerprint, of: Self.displayName(request)) }
        // The end of an idle connection says nothing, and that of a probe is told by its outcome.
        let isNews = !leg.isProbe && !leg.connection.isReused && origin.sawDeath(beganNs: leg.beganNs)
        attempt.died(host: leg.host, id: origin.id, judgement, isNews: isNews)
        return judgement
    }

    /// Method and path, for people. Not the query, in which there may be secrets.
    private static func displayName(_ request: borrowing Buffer) -> String {
        let bytes = request.bytes
        var name: [UInt8] = []
        var spaces = 0
        for i in 0..<min(bytes.count, displayNameBytesMax) {
            if bytes[i] == UInt8(ascii: " ") { spaces += 1 }
            if spaces == 2 || bytes[i] == UInt8(ascii: "?") || bytes[i] == UInt8(ascii: "\r") { break }
            // Visible ASCII only: it is written to logs and pages.
            name.append(bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : UInt8(ascii: "."))
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static let displayNameBytesMax = 128

    /// A server error has come, or what a policy thinks as poor. True if it is held, because a better answer may come.
    func failedWithAnswer(
        _ connection: ClientConnection, _ status: Status, _ outcome: Outcome, retryAfterMs: Int64
    ) -> Bool {
        guard !isFinalAnswer else { return false }
        settle(connection, status, outcome, retryAfterMs: retryAfterMs)
        let isRacing = leg != nil && hedge != nil
        let mayGoOn = isRacing || mayTryAnother(wasSent: true)
        let isWorse = status.isServerError && (held.map { !notes.isServerError($0.note) } ?? false)
        guard mayGoOn || isWorse, let erring = takeLeg(of: connection) else { return false }
        notes.ended(erring.note, nowNs: loop.nowNs)
        if isWorse {
            // What a policy found poor is still better than this.
            discard(erring, outcome)
        } else {
            dropHeld()
            held = erring
        }
        if isRacing { return true }
        pauseBody()
        if mayGoOn, tryAnotherHost() { return true }
        if isWorse {
            next = .held
            proxy.later(self)
            return true
        }
        held = nil
        leg = erring
        // It may answer only as far as it is sent the rest.
        if !awaitsContinue { readBody() }
        return false
    }

    private func mayTryAnother(wasSent: Bool) -> Bool {
        attempt.mayTryAnother(
            attemptsMax: proxy.attemptsMax, isIdempotent: isIdempotent, isReplayable: isReplayable, wasSent: wasSent)
    }

    /// Chooses another host, if the budget has it.
    private func tryAnotherHost() -> Bool {
        guard let host = proxy.selectAlternate(tried: attempt.tried, key: key, choice: choice),
            let delayMs = proxy.takeRetry(service: service, retry: attempt.count, remainingMs: remainingMs)
        else { return false }
        next = .host(host)
        if delayMs == 0 {
            proxy.later(self)
        } else {
            alarms.retryMs = loop.nowMs + delayMs
        }
        rearm()
        return true
    }

    private var remainingMs: Int64 {
        alarms.totalMs == .max ? totalTimeoutMs : max(alarms.totalMs - loop.nowMs, 0)
    }

    /// What one attempt may take: less than the whole if there is time and leave for another.
    var tryTimeoutMs: Int64 {
        mayTryAnother(wasSent: true) ? min(proxy.tryTimeoutMs, remainingMs) : remainingMs
    }

    /// Hosts and services have come or gone, and others have their numbers.
    func renumber(hosts: [Int?], services: [Int?]) {
        guard isActive else { return }
        attempt.renumber(hosts)
        leg?.renumber(hosts)
        hedge?.renumber(hosts)
        held?.renumber(hosts)
        if case .host(let host) = next, host != TriedHosts.gone { next = .host(hosts[host] ?? TriedHosts.gone) }
        service = services[service] ?? 0
        choice = choice.renumbered(services)
        hedgeChoice = hedgeChoice.renumbered(services)
        if let check = pendingCheck {
            pendingCheck?.preferred = check.preferred?.renumbered(services)
            pendingCheck?.host = check.host.flatMap { hosts[$0] }
        }
    }

    /// A further attempt that was chosen, or an attempt that waits, is not made.
    func dropNext() {
        switch next.take() {
        case .host: proxy.giveBackRetry(service: service)
        case .fresh(let origin, _): proxy.release(origin)
        case .pardon, .held, nil: break
        }
        if leaveQueue() != nil, attempt.count > 0 { proxy.giveBackRetry(service: service) }
    }

    /// The promise of `timeouts.response`: by now the response should have begun.
    func totalTimePassed() {
        if let place = leaveQueue() { return refused(by: place.origin) }
        attempt.failed(.responseTimeout)
        notes.failed(outOfTime)
        dropNext()
        if let leg = leg.take() { timedOut(leg) }
        if let hedge = hedge.take() { timedOut(hedge) }
        giveUp()
    }

    private func timedOut(_ leg: Leg) {
        leg.origin.metrics.failed(.timeout)
        discard(leg, hangOutcome, outOfTime)
    }

    /// The client asked for less time than the proxy has for an answer.
    private var isShortened: Bool { totalTimeoutMs < proxy.totalTimeoutMs }

    /// Why there is no answer when no time is left.
    private var outOfTime: Cause { isShortened ? .requestTimeout : .responseTimeout }

    /// What it says of a host that has not answered by then: nothing, if the client chose the time. Whoever asks for a
    /// millisecond must not get hosts ejected.
    private var hangOutcome: Outcome { isShortened ? .clientGone : .hang }

    /// No host is left to ask: the client gets the last real answer, or an error if there was none.
    func giveUp(_ error: ProxyResponse? = nil) {
        if let answer = held.take() {
            leg = answer
            isFinalAnswer = true
            // Nothing that was to happen while there was no answer may happen to it.
            alarms = Alarms()
            rearm()
            return answer.connection.goOn()
        }
        let cause = error?.cause ?? notes.lastCause ?? .noHost
        tellLog(cause)
        guard let exchange = exchange.take() else { return end() }
        (error ?? .noOrigin(attempt.failure)).send(
            exchange, identity, proxy.tellsStatus ? proxy.status(of: attempt, from: notes.lastOrigin, cause) : nil)
        end()
    }

    private func heldFailed(_ connection: ClientConnection) {
        guard let held, held.connection === connection else { return }
        self.held = nil
        held.origin.giveBackClosed(connection)
        proxy.release(held.origin)
    }
}

extension ClientFailure {
    /// What it says of the host. `deaths` counts those of the request.
    func outcome(_ judgement: PoisonRule.Judgement, deaths: Int, isProbe: Bool) -> Outcome {
        switch self {
        case .connect(let number): SystemError.isOurs(number) ? .clientGone : .connectFailure
        case .connectTimeout: .connectFailure
        case .responseTimeout, .bodyTimeout: .hang
        case .malformed: .serverError
        // One on probation has to do better than that, whatever the request is.
        case .lost: isProbe || judgement == .retry && deaths == 0 ? .lost : .suspectDeath
        }
    }

    /// No byte of a request can have been sent.
    var isOfConnecting: Bool {
        switch self {
        case .connect, .connectTimeout: true
        case .lost, .responseTimeout, .bodyTimeout, .malformed: false
        }
    }
}
