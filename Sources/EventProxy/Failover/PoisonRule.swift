// SPDX-License-Identifier: Apache-2.0

/// What follows when a connection died after its request was sent and before any byte of an answer. Pure.
///
/// Either the request killed the origin (a query of death), or it merely shared an origin that was dying anyway. One
/// death does not tell which; what else is known does.
///
/// | standing of the request | its own deaths | quarantined before | hosts its like died on | judgement |
/// |---|---|---|---|---|
/// | cleared: answered since it began | any | any | any | retry |
/// | any other | any | yes | any | quarantine |
/// | trusted: it or its path answered lately | any | no | 4 or more | quarantine |
/// | trusted | 1 | no | fewer | retry |
/// | trusted | 2 or more | no | fewer | wait |
/// | unknown | any | no | 2 or more | quarantine |
/// | unknown | 1 | no | 1 | retry |
/// | unknown | 2 or more | no | 1 | stop |
///
/// So a request kills at most two origins, and one when it is repeated after a quarantine. Hosts that turned out to
/// live (`PostMortem`) are not counted.
///
/// A slow request can share the deaths of two origins under another one that kills. If it is trusted, it waits a while
/// for what tells the two cases apart: an answer to the same request, which clears it.
enum PoisonRule {
    /// A request that is not cleared may have killed so many origins; then it is not sent again.
    static let requestDeathsMax = 2
    /// So many hosts that died make an unknown request suspect.
    static let unknownHostsMax = 2
    /// And so many a trusted one, with no answer in between: a deployment can make any request deadly.
    static let trustedHostsMax = 4
    /// How long a trusted request waits to be cleared, and how often it is looked whether it was.
    static let pardonMs: Int64 = 2_000
    static let pardonIntervalMs: Int64 = 50

    enum Judgement: Equatable {
        /// Another host may be asked, within the ordinary attempts.
        case retry
        /// This request is answered with an error (502).
        case stop
        /// The same, unless it is cleared within `pardonMs`.
        case wait
        /// The same, and its like is answered at once for a while.
        case quarantine
    }

    /// What is remembered of a fingerprint, this death included.
    struct History: Equatable {
        /// Different hosts that died, or one again after it had come back. Not those that turned out to live.
        var hosts: Int
        /// How often it was quarantined.
        var quarantines: Int
        /// This death is one that was not counted yet.
        var isNew = true
    }

    /// `requestDeaths` counts this request's own, this one included.
    static func judge(_ standing: Standing, requestDeaths: Int, _ history: History) -> Judgement {
        precondition(requestDeaths >= 1 && history.hosts >= 1)
        switch standing {
        case .cleared:
            return .retry
        case .trusted, .unknown:
            let hostsMax = standing == .trusted ? trustedHostsMax : unknownHostsMax
            if history.quarantines > 0 || history.hosts >= hostsMax { return .quarantine }
            if requestDeaths < requestDeathsMax { return .retry }
            return standing == .trusted ? .wait : .stop
        }
    }

    /// Of a path whose queries are each different: never answered, whatever the query.
    static func isPathDeadly(_ history: History) -> Bool {
        history.quarantines > 0 || history.hosts >= trustedHostsMax
    }
}
