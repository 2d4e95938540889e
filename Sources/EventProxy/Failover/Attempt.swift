// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What one request has tried so far, and whether it may try again. Pure.
struct Attempt {
    private(set) var tried = TriedHosts()
    /// Hosts whose connection died after the request was sent and before any byte of a response. One that had idled
    /// counts, too: nobody can tell an origin that ended it from one that the request has killed. But a host that then
    /// took a fresh connection, and ended that, is still one host: another may be asked.
    private(set) var deaths = 0
    private var deadOrigin: Int?
    /// Hosts that died on a fresh connection. If the request is answered after all, it was not what they died of.
    private(set) var suspects = TriedHosts()
    /// The last reason for which there was no response.
    private(set) var failure: ClientFailure?
    /// A connection that had idled died under this host's request, which was sent again on a fresh one.
    private(set) var hasReplayed = false
    /// Nothing is tried after this: the request may have killed an origin too many, or is on probation for that.
    private(set) var isLast = false

    var count: Int { tried.count }

    mutating func began(host: Int) {
        tried.insert(host)
        hasReplayed = false
    }

    mutating func failed(_ failure: ClientFailure) {
        self.failure = failure
    }

    /// How many hosts it will have been with this one, told by its identity.
    func deaths(with id: Int) -> Int {
        deadOrigin == id ? deaths : deaths + 1
    }

    /// A connection to a host died under the request, which was judged. `isNews` if that says something of the host.
    mutating func died(host: Int, id: Int, _ judgement: PoisonRule.Judgement, isNews: Bool = false) {
        deaths = deaths(with: id)
        deadOrigin = id
        if isNews, !suspects.contains(host) { suspects.insert(host) }
        if judgement != .retry { isLast = true }
    }

    /// Its like was quarantined, and this one shows whether it still should be.
    mutating func onProbation() {
        isLast = true
    }

    /// Another request of the very same kind was answered since this one began: it did not kill the hosts.
    mutating func pardoned() {
        isLast = false
    }

    /// The request was answered: gives the hosts that died under it, once.
    mutating func answered() -> TriedHosts {
        defer { suspects = TriedHosts() }
        return suspects
    }

    /// Hosts have come or gone.
    mutating func renumber(_ moved: [Int?]) {
        tried.renumber(moved)
        suspects.renumber(moved)
    }

    mutating func replayed() {
        hasReplayed = true
    }

    /// Whether two hosts may be asked at the same time. Not after a death: with two more at work, three could die.
    var mayHedge: Bool { deaths == 0 && !isLast }

    /// Whether the host may be asked again, over a fresh connection, after an idle one died.
    func mayReplay(isIdempotent: Bool, isReplayable: Bool, wasSent: Bool) -> Bool {
        !hasReplayed && !isLast && isReplayable && (isIdempotent || !wasSent)
    }

    /// Whether another host may be asked (RFC 9110 §9.2.2): for a request that does no more when it is done twice, or
    /// of which no byte has reached an origin.
    func mayTryAnother(attemptsMax: Int, isIdempotent: Bool, isReplayable: Bool, wasSent: Bool) -> Bool {
        count < attemptsMax && !isLast && isReplayable && (isIdempotent || !wasSent)
    }
}
