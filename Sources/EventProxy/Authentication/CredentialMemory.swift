// SPDX-License-Identifier: Apache-2.0

/// What is kept of a credential: a number of 128 bits, from which nobody without this process's key gets it back.
struct CredentialTag: Sendable, Equatable {
    let low: UInt64
    let high: UInt64
}

/// Credentials that were right a short time ago, so that their passwords need not be hashed for each request. In memory
/// that does not grow: a credential has four places, and takes the one whose time is up soonest. Pure.
///
/// A tag is made from the hash, too. So a password that is changed, or a user who is removed, is forgotten with the
/// reload that does so, and all others are not.
struct CredentialMemory: Sendable {
    static let capacity = 4_096
    static let validMs: Int64 = 300_000
    private static let ways = 4

    private var tags: ContiguousArray<CredentialTag>
    private var untilMs: ContiguousArray<Int64>

    init(capacity: Int = CredentialMemory.capacity) {
        tags = ContiguousArray(repeating: CredentialTag(low: 0, high: 0), count: capacity)
        untilMs = ContiguousArray(repeating: .min, count: capacity)
    }

    func holds(_ tag: CredentialTag, nowMs: Int64) -> Bool {
        places(of: tag).contains { tags[$0] == tag && untilMs[$0] > nowMs }
    }

    mutating func remember(_ tag: CredentialTag, nowMs: Int64) {
        let places = places(of: tag)
        let known = places.first { tags[$0] == tag }
        guard let place = known ?? places.min(by: { untilMs[$0] < untilMs[$1] }) else { return }
        tags[place] = tag
        untilMs[place] = nowMs + Self.validMs
    }

    private func places(of tag: CredentialTag) -> Range<Int> {
        let first = Int(tag.low % UInt64(tags.count / Self.ways)) * Self.ways
        return first..<first + Self.ways
    }
}
