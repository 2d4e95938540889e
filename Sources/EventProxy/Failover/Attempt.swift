// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What one request has tried so far. Pure.
struct Attempt {
    private(set) var tried = TriedHosts()
    /// Connections that died after the request was sent and before any byte of a response. One that had idled counts,
    /// too: nobody can tell an origin that ended it from one that the request has killed.
    private(set) var deaths = 0
    /// The last reason for which there was no response.
    private(set) var failure: ClientFailure?
    /// A connection that had idled died under this host's request, which was sent again on a fresh one.
    private(set) var hasReplayed = false
    /// A request on probation after a quarantine gets one attempt.
    private(set) var mayRetry = true

    var count: Int { tried.count }
    /// Whether the host may be asked again, over a fresh connection, after an idle one died.
    var mayReplay: Bool { !hasReplayed && mayRetry }

    mutating func began(host: Int) {
        tried.insert(host)
        hasReplayed = false
    }

    mutating func failed(_ failure: ClientFailure) {
        self.failure = failure
    }

    mutating func died() {
        deaths += 1
    }

    mutating func replayed() {
        hasReplayed = true
    }

    mutating func onProbation() {
        mayRetry = false
    }
}
