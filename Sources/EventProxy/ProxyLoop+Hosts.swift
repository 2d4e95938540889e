// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// Choosing hosts, and learning from what they do.
extension ProxyLoop {
    // MARK: Choosing

    /// Whether a request may be the one that a host on probation is given.
    enum ProbeLeave {
        case never
        /// It cannot be sent again if that fails. But a service may get no others, and its hosts should come back.
        case whenOverdue
        case whenDue
    }

    /// The host of a first attempt: `host`, if it is ready. A host on probation is given one request that can be sent
    /// again.
    func selectFirst(
        key: UInt64, choice: ServiceChoice, probes: ProbeLeave, worst: HostFilter.Quality = .any, host: Int? = nil
    ) -> (host: Int, isProbe: Bool)? {
        refreshHealth()
        if probes != .never, let host = probeHost(among: choice.services), probes == .whenDue || isOverdue(host),
            hasRoom(host),
            snapshot.health.tryProbe(host, nowMs: loop.nowMs)
        {
            refreshHealth()
            return (host, true)
        }
        if let host, table[host].isReady, choice.services.contains(table[host].service) { return (host, false) }
        guard let host = select(TriedHosts(), key, choice, worst: worst) else { return nil }
        return (host, false)
    }

    /// A host whose probe is due. One that this request may not go to must not stand in the way of another.
    private func probeHost(among services: ServiceMask) -> Int? {
        guard let host = health.probeHost else { return nil }
        if services.contains(table[host].service) { return host }
        for other in origins.indices where services.contains(table[other].service) {
            let state = snapshot.health.state(other)
            if state.isEjected, !state.isCheckedOut, state.isProbeDue(nowMs: loop.nowMs) { return other }
        }
        return nil
    }

    private func isOverdue(_ host: Int) -> Bool {
        loop.nowMs - snapshot.health.state(host).timeMs >= Ejection.overdueMs
    }

    /// The host of a further attempt: one that the request has not tried, of another service if there is one.
    func selectAlternate(tried: TriedHosts, key: UInt64, choice: ServiceChoice) -> Int? {
        refreshHealth()
        return select(tried, key, choice)
    }

    /// The host of a request that others had no room for, or that a slow one has: not one that is down or about to go.
    func selectUsable(tried: TriedHosts, key: UInt64, choice: ServiceChoice) -> Int? {
        refreshHealth()
        return select(tried, key, choice, worst: .usable)
    }

    private func select(
        _ tried: TriedHosts, _ key: UInt64, _ choice: ServiceChoice, worst: HostFilter.Quality = .any
    ) -> Int? {
        table.endRests(nowMs: loop.nowMs)
        return balancer.select(
            table, key: key, tried: tried, choice: choice, worst: worst, nowMs: loop.nowMs, random: &random)
    }

    /// Takes over what other workers and the checks have found; one load when nothing has changed.
    func refreshHealth() {
        guard health.refresh(nowMs: loop.nowMs) else { return }
        for host in origins.indices {
            let isOpen = health.isOpen(host)
            if isOpen, !table[host].isAvailable { table.startRamp(host, nowMs: loop.nowMs) }
            table.setAvailable(host, isOpen)
            table.setDraining(host, health.tier(host) == .draining)
            if !table[host].isUsable, origins[host].queue.waiting > 0 { serveQueueLater(origins[host]) }
        }
    }

    // MARK: Budgets

    /// Counts a request, and says which service's budget pays for its retries.
    func beginRequest(host: Int) -> Int {
        let service = table[host].service
        serviceMetrics[service].requests.add()
        budgets[service].requestBegan(nowMs: loop.nowMs)
        return service
    }

    /// Takes a further attempt from the budget, and says how long it waits; nil when the budget does not have it, or
    /// there is no time for it.
    func takeRetry(service: Int, retry: Int, remainingMs: Int64) -> Int64? {
        let delayMs = Backoff.delayMs(retry: retry, remainingMs: remainingMs, using: &random)
        guard let delayMs else { return nil }
        guard !shedsRetries, budgets[service].tryTake(nowMs: loop.nowMs) else {
            serviceMetrics[service].overBudget.add()
            return nil
        }
        return delayMs
    }

    /// An attempt that was taken is not made.
    func giveBackRetry(service: Int) {
        budgets[service].giveBack(nowMs: loop.nowMs)
    }

    func takeHedge(service: Int) -> Bool {
        guard !shedsRetries, budgets[service].tryTake(nowMs: loop.nowMs) else {
            serviceMetrics[service].overBudget.add()
            return false
        }
        serviceMetrics[service].hedges.add()
        return true
    }

    /// When an attempt that begins now has taken longer than nearly all others.
    var hedgeAtMs: Int64 { loop.nowMs + latency.hedgeDelay(nowMs: loop.nowMs) }

    // MARK: Learning

    func began(_ origin: Origin) {
        if origin.number != TriedHosts.gone { table.began(origin.number) }
    }

    /// What an attempt came to, once; `status` is that of its answer, if there was one.
    func settle(_ leg: inout Leg, _ outcome: Outcome, status: Status? = nil, retryAfterMs: Int64 = 0) {
        guard !leg.isSettled else { return }
        leg.isSettled = true
        let nowMs = loop.nowMs
        let latencyNs = max(loop.nowNs - leg.askedNs, 0)
        // One that has left the configuration meanwhile is nobody's business any more.
        guard leg.host != TriedHosts.gone else { return }
        table.ended(leg.host, hostOutcome(outcome), latencyNs: latencyNs, nowMs: nowMs)
        if retryAfterMs > 0 { table.rest(leg.host, forMs: retryAfterMs, nowMs: nowMs) }
        if let status {
            leg.origin.metrics.answered(status, us: latencyNs / 1_000)
            serviceMetrics[table[leg.host].service].firstByte.observe(us: latencyNs / 1_000)
        }
        if isAdaptive, status != nil || outcome == .hang {
            adapt(service: table[leg.host].service, us: latencyNs / 1_000, beganMs: leg.beganNs / 1_000_000)
        }
        if outcome == .success { latency.record(us: latencyNs / 1_000, nowMs: nowMs) }
        let change = health.report(
            outcome, of: leg.host, isProbe: leg.isProbe, sentMs: leg.beganNs / 1_000_000, nowMs: nowMs,
            to: &detectors[leg.host], using: &random)
        if let change { tell(change, leg.origin) }
    }

    /// Hosts that died under a request which another one has answered: it was not the request.
    func lost(_ hosts: TriedHosts, beganMs: Int64) {
        let nowMs = loop.nowMs
        for position in 0..<hosts.count {
            let host = hosts[position]
            if host == TriedHosts.gone { continue }
            let change = health.report(
                .lost, of: host, sentMs: beganMs, nowMs: nowMs, to: &detectors[host], using: &random)
            if let change { tell(change, origins[host]) }
        }
    }

    private func hostOutcome(_ outcome: Outcome) -> HostOutcome {
        switch outcome {
        case .success: .answered
        case .serverError, .connectFailure, .lost: .failed
        case .hang, .suspectDeath, .clientGone: .abandoned
        }
    }

    private func tell(_ change: HealthChange, _ origin: Origin) {
        let name = String(decoding: origin.label, as: UTF8.self)
        switch change {
        case .ejected(let reason, let untilMs):
            setup.logger.warning("\(name) gets no requests for \(untilMs - loop.nowMs) ms: \(reason.text)")
        case .returned:
            setup.logger.notice("\(name) answers again and gets requests")
        case .notEjected(let reason):
            // Each failure of such a host brings another.
            guard let count = refusedEjectionLines.count(nowMs: loop.nowMs) else { return }
            setup.logger.warning("\(name) stays in use (\(count) times), as too many others are out: \(reason.text)")
        }
    }

    /// A request was answered, with whatever status: it kills nobody.
    func answered(_ fingerprint: Fingerprint) {
        memory.answered(fingerprint, nowMs: loop.nowMs)
        poison.succeeded(fingerprint, nowMs: loop.nowMs)
    }

    /// A connection died after its request was sent and before any answer.
    func died(_ fingerprint: Fingerprint, of origin: Origin, beganMs: Int64, deaths: Int) -> PoisonRule.Judgement {
        // One that has left the configuration was about to end anyway, and cannot be examined.
        if origin.number == TriedHosts.gone { return deaths < PoisonRule.requestDeathsMax ? .retry : .stop }
        let standing = memory.standing(fingerprint, beganMs: beganMs, nowMs: loop.nowMs)
        let (judgement, isCounted) = poison.died(
            fingerprint, host: origin.id, standing: standing, requestDeaths: deaths, nowMs: loop.nowMs)
        // A single host is not saved anyway.
        if isCounted, origins.count > 1 { origin.examine(fingerprint, setup, snapshot) }
        if judgement == .quarantine { memory.forget(fingerprint) }
        return judgement
    }

    /// Tells what was quarantined.
    func tellQuarantine(_ fingerprint: Fingerprint, of name: String) {
        poison.name(fingerprint, name)
        setup.logger.error("origins die under \(name): it is answered 503 for a while")
    }
}

extension EjectionReason {
    var text: String {
        switch self {
        case .consecutiveFailures: "it failed several requests in a row"
        case .successRate: "it fails most requests"
        case .connectFailure: "it takes no connections"
        case .hang: "it does not answer"
        }
    }
}
