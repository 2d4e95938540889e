// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// A second attempt beside one that is slow to answer, so that a host that hangs does not show (“The Tail at Scale”,
/// Dean and Barroso, 2013). The first answer wins; the other connection is closed. Paid from the retry budget.
extension Transaction {
    /// GET and HEAD without content, which cost an origin little and change nothing.
    var isHedgeable: Bool {
        (method == .get || method == .head) && isRequestComplete && !wantsUpgrade && attempt.mayHedge && proxy.mayHedge
    }

    /// The attempt has taken longer than nearly all others do.
    func beginHedge() {
        guard leg != nil, hedge == nil, next == nil, !hasBegunResponse, !isFinalAnswer else { return }
        guard isHedgeable, attempt.count < proxy.attemptsMax else { return }
        // It is extra load, and nothing to wait for.
        guard let host = proxy.selectUsable(tried: attempt.tried, key: key, choice: hedgeChoice), proxy.hasRoom(host),
            proxy.takeHedge(service: service), proxy.admit(self, to: host) == .start
        else { return }
        attempt.began(host: host)
        let second = startLeg(proxy.origins[host], isProbe: false, onFreshConnection: false)
        hedge = second
        startSending(second.connection)
    }

    /// The answer of one attempt is passed on: the other is not needed.
    func win(_ connection: ClientConnection) {
        guard hedge != nil, let first = leg, let second = hedge else { return }
        hedge = nil
        if second.connection === connection {
            leg = second
            proxy.serviceMetrics[service].hedgesWon.add()
            // It had its time, and was overtaken.
            discard(first, .hang, .hedgeLost)
        } else {
            discard(second, .clientGone, .hedgeLost)
        }
    }
}
