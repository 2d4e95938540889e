// SPDX-License-Identifier: Apache-2.0

/// How much is known in favour of a request whose connection has died.
enum Standing: Equatable {
    /// Nothing: neither it nor its path has been answered lately.
    case unknown
    /// It, or another with its path, has been answered lately.
    case trusted
    /// The very same request has been answered since this one began: it does not kill origins.
    case cleared
}

/// Which requests have been answered lately, as one loop saw it. An answer of any status counts: the origin lived.
///
/// Direct-mapped and never full: a newer one takes the place of an older. What is forgotten is merely unknown. A store
/// of 16 bytes for an answer, two when there is a query.
struct SuccessMemory: ~Copyable {
    static let slots = 4_096
    static let trustMs: Int64 = 600_000

    private struct Entry {
        var fingerprint: UInt64 = 0
        var answeredMs: Int64 = .min
    }

    private var entries = ContiguousArray(repeating: Entry(), count: Self.slots)

    /// An origin has answered.
    mutating func answered(_ fingerprint: Fingerprint, nowMs: Int64) {
        store(fingerprint.request, nowMs)
        if fingerprint.path != fingerprint.request { store(fingerprint.path, nowMs) }
    }

    /// What there is to say for a request that began at `beganMs`.
    func standing(_ fingerprint: Fingerprint, beganMs: Int64, nowMs: Int64) -> Standing {
        if let answeredMs = answeredMs(fingerprint.request) {
            if answeredMs > beganMs { return .cleared }
            if nowMs - answeredMs <= Self.trustMs { return .trusted }
        }
        if let answeredMs = answeredMs(fingerprint.path), nowMs - answeredMs <= Self.trustMs { return .trusted }
        return .unknown
    }

    /// It turned out to kill origins after all.
    mutating func forget(_ fingerprint: Fingerprint) {
        let slot = Self.slot(fingerprint.request)
        if entries[slot].fingerprint == fingerprint.request { entries[slot] = Entry() }
    }

    private mutating func store(_ fingerprint: UInt64, _ nowMs: Int64) {
        entries[Self.slot(fingerprint)] = Entry(fingerprint: fingerprint, answeredMs: nowMs)
    }

    private func answeredMs(_ fingerprint: UInt64) -> Int64? {
        let entry = entries[Self.slot(fingerprint)]
        return entry.fingerprint == fingerprint && entry.answeredMs != .min ? entry.answeredMs : nil
    }

    /// Not the bits that the poison board filters by.
    private static func slot(_ fingerprint: UInt64) -> Int {
        Int(truncatingIfNeeded: fingerprint &>> 32) & (slots - 1)
    }
}
