// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What one request has tried so far, and whether it may try again. Pure.
struct Attempt {
    /// A request that was sent and whose connection then died may have killed the origin. One more host at most.
    static let deathsMax = 2

    private(set) var tried = TriedHosts()
    /// Connections that died after the request was sent and before any byte of a response. One that had idled counts,
    /// too: nobody can tell an origin that ended it from one that the request has killed.
    private(set) var deaths = 0
    /// The last reason for which there was no response.
    private(set) var failure: ClientFailure?
    /// A connection that had idled died under this host's request, which was sent again on a fresh one.
    private(set) var hasReplayed = false

    var count: Int { tried.count }

    mutating func began(host: Int) {
        tried.insert(host)
        hasReplayed = false
    }

    mutating func failed(_ failure: ClientFailure, afterSending: Bool) {
        self.failure = failure
        if failure == .lost, afterSending { deaths += 1 }
    }

    mutating func replayed() {
        hasReplayed = true
    }

    /// Whether the host may be asked again, over a fresh connection, after an idle one died.
    func mayReplay(isIdempotent: Bool, isReplayable: Bool, wasSent: Bool) -> Bool {
        guard !hasReplayed, deaths < Self.deathsMax, isReplayable else { return false }
        return isIdempotent || !wasSent
    }

    /// Whether another host may be asked (RFC 9110 §9.2.2): for a request that does no more when it is done twice, or
    /// of which no byte has reached an origin.
    func mayTryAnother(attemptsMax: Int, isIdempotent: Bool, isReplayable: Bool, wasSent: Bool) -> Bool {
        guard count < attemptsMax, deaths < Self.deathsMax, isReplayable else { return false }
        return isIdempotent || !wasSent
    }
}
