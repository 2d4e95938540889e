// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What follows when hosts have as many requests as they may: another host, a wait, or 503. It says nothing of the
/// hosts, and a further attempt that is not made is not paid for.
extension Transaction {
    /// Sends the request to a host that was chosen, or has it wait there for its turn. The balancer chooses a host
    /// without room only if none has; then one of those whose queue is not full will do.
    func enter(_ chosen: Int, isProbe: Bool = false) {
        enter(chosen, isProbe: isProbe, passed: attempt.tried)
    }

    private func enter(_ chosen: Int, isProbe: Bool, passed: TriedHosts) {
        var host = chosen
        var passed = passed
        while true {
            switch proxy.admit(self, to: host) {
            case .start:
                return begin(attempt: host, isProbe: isProbe)
            case .wait(let number, let untilMs):
                place = Place(origin: proxy.origins[host], number: number)
                alarms.queueMs = untilMs
                proxy.metrics.hostQueued.add()
                return rearm()
            case .full:
                guard let other = another(than: host, &passed) else { return refused(by: proxy.origins[host]) }
                host = other
            }
        }
    }

    /// A usable host that has neither been tried nor passed over.
    private func another(than host: Int, _ passed: inout TriedHosts) -> Int? {
        guard passed.count < TriedHosts.attemptsMax else { return nil }
        passed.insert(host)
        return proxy.selectUsable(tried: passed, key: key, choice: choice)
    }

    /// Its turn has come, and its place among the host's requests is taken.
    func turnCame() {
        guard let origin = endWait() else { return }
        // What it did not know when it began to wait: its like may have killed origins meanwhile.
        if !attempt.isLast {
            switch proxy.check(fingerprint, among: choice.services) {
            case .allowed: break
            case .probation: attempt.onProbation()
            case .quarantined(let untilMs):
                proxy.release(origin)
                if attempt.count > 0 { proxy.giveBackRetry(service: service) }
                return giveUp(proxy.quarantined(untilMs: untilMs))
            }
        }
        begin(attempt: origin.number, isProbe: false)
    }

    /// The queue has let it go, because its time was up or because the host is. Whoever has waited already is sent to
    /// a host that has room, or nowhere.
    func goElsewhere(mayWait: Bool) {
        guard let origin = endWait() else { return }
        var passed = attempt.tried
        guard let other = another(than: origin.number, &passed), mayWait || proxy.hasRoom(other) else {
            return refused(by: origin)
        }
        enter(other, isProbe: false, passed: passed)
    }

    /// No host has room.
    func refused(by origin: Origin) {
        proxy.countLimited(by: origin)
        if attempt.count > 0 { proxy.giveBackRetry(service: service) }
        giveUp(.hostsFull(isAdaptive: proxy.isAdaptive))
    }

    /// It does not wait any longer.
    func leaveQueue() -> Place? {
        guard let place else { return nil }
        _ = endWait()
        proxy.leave(place)
        return place
    }

    private func endWait() -> Origin? {
        alarms.queueMs = .max
        return place.take()?.origin
    }
}
