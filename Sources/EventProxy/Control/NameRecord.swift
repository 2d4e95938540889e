// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What is known of a name: the hosts that it has, or had when the resolver last said. Pure.
///
/// A resolver that fails takes no host away, however long it fails: what it said last is the best that is known. If it
/// says that the name has no address, that may be a slip, too, so it has to say so for a while; but not for ever, as
/// the addresses of a service that was scaled to zero may be others' by then.
struct NameRecord {
    enum Change: Equatable {
        case none
        /// The name has other hosts than before, or they have other weights.
        case moved
        /// The first of a row of lookups that brought nothing.
        case failing
        /// The first after such a row that did.
        case recovered
    }

    private(set) var places: [HostPlace] = []
    /// Why the last lookup brought nothing; nil if it did.
    private(set) var failure: String?
    private var emptySinceMs: Int64?

    /// Nothing is known, or what was known elsewhere.
    init(_ places: [HostPlace] = []) {
        self.places = places
    }

    /// Takes the result of a lookup in. `holdMs` is how long the last addresses are kept although there are none.
    mutating func record(
        _ result: Result<NameAnswer, Resolver.Failure>, holdMs: Int64, nowMs: Int64
    ) -> Change {
        switch result {
        case .success(let found) where !found.places.isEmpty: return succeeded(found.places)
        case .success: return failed("it has no address", isFinal: true, holdMs, nowMs)
        case .failure(let failure): return failed(failure.reason, isFinal: failure.isFinal, holdMs, nowMs)
        }
    }

    private mutating func succeeded(_ found: [HostPlace]) -> Change {
        let wasFailing = failure != nil
        failure = nil
        emptySinceMs = nil
        // Resolvers turn the order from answer to answer, which is no change.
        let sorted = found.sorted { $0.address.description < $1.address.description }
        if sorted == places { return wasFailing ? .recovered : .none }
        places = sorted
        return .moved
    }

    private mutating func failed(_ reason: String, isFinal: Bool, _ holdMs: Int64, _ nowMs: Int64) -> Change {
        let isFirst = failure == nil
        failure = reason
        guard isFinal else {
            emptySinceMs = nil
            return isFirst ? .failing : .none
        }
        let sinceMs = emptySinceMs ?? nowMs
        emptySinceMs = sinceMs
        if !places.isEmpty, nowMs - sinceMs >= holdMs {
            places = []
            return .moved
        }
        return isFirst ? .failing : .none
    }
}
