// SPDX-License-Identifier: Apache-2.0

/// The fingerprints whose connections died, in fixed memory: 128 sets of eight. A new one takes the place of the oldest
/// of its set, of those not quarantined first. Pure.
struct PoisonTable: ~Copyable {
    static let capacity = 1_024
    private static let ways = 8
    /// The first quarantine; each further one is twice as long, up to the longest.
    static let quarantineMs: Int64 = 30_000
    static let quarantineMaxMs: Int64 = 600_000
    /// How long the one request that is let through after a quarantine keeps others out. Then another is let through:
    /// its client may have left.
    static let probationMs: Int64 = 5_000
    /// What has not died again for so long is forgotten: if it was not quarantined, and if it was.
    static let suspicionMs: Int64 = 60_000
    static let memoryMs: Int64 = 3_600_000
    /// The same host is counted again only after so long: before, one death was seen by many connections.
    static let sameDeathMs: Int64 = 1_000
    /// So many deaths are taken back, unless there is an answer in between: what looks like a host that lives may be a
    /// balancer in front of many that do not.
    static let acquittalsMax = 8

    enum Verdict: Equatable {
        /// The ordinary attempts.
        case allowed
        /// One attempt and no retry: the quarantine is over, and this request shows whether it should be.
        case probation
        /// No attempt: answer at once with 503 and `Retry-After`.
        case quarantined(untilMs: Int64)
    }

    private struct Entry {
        var key: UInt64 = 0
        var diedMs: Int64 = 0
        var untilMs: Int64 = 0
        var host: Int32 = -1
        /// 0: the entry is free.
        var hosts: UInt16 = 0
        var quarantines: UInt8 = 0
        /// Of `hosts`, those that turned out to live.
        var acquittals: UInt8 = 0
        var isOnProbation = false
        /// Requests that were refused; for display.
        var refusals: UInt32 = 0

        var suspectHosts: Int { Int(hosts) - Int(acquittals) }

        func isForgotten(_ nowMs: Int64) -> Bool {
            quarantines == 0 ? nowMs - diedMs > suspicionMs : nowMs - max(diedMs, untilMs) > memoryMs
        }
    }

    private var entries = ContiguousArray(repeating: Entry(), count: Self.capacity)
    private var bitCounts = InlineArray<64, UInt16>(repeating: 0)
    /// One bit of each key in the table is set here, so that nearly all others need no look at it.
    private(set) var filter: UInt64 = 0
    private(set) var count = 0
    /// Entries that took the place of one that was not forgotten yet.
    private(set) var evictions = 0

    /// The bit of a key in `filter`.
    static func bit(_ key: UInt64) -> UInt64 { 1 &<< (key & 63) }

    /// Whether a request may be sent. After a quarantine the first to ask is on probation.
    mutating func check(_ key: UInt64, nowMs: Int64) -> Verdict {
        guard let index = find(key, nowMs), entries[index].quarantines > 0 else { return .allowed }
        if nowMs < entries[index].untilMs {
            entries[index].refusals &+= 1
            return .quarantined(untilMs: entries[index].untilMs)
        }
        entries[index].isOnProbation = true
        entries[index].untilMs = nowMs + Self.probationMs
        return .probation
    }

    /// Counts a death.
    mutating func died(_ key: UInt64, host: Int, nowMs: Int64) -> PoisonRule.History {
        let index = find(key, nowMs) ?? insert(key, nowMs)
        let isSameDeath = entries[index].host == Int32(host) && nowMs - entries[index].diedMs <= Self.sameDeathMs
        let isNew = !isSameDeath || entries[index].hosts == 0
        if isNew { entries[index].hosts = min(entries[index].hosts, 60_000) + 1 }
        entries[index].host = Int32(host)
        entries[index].diedMs = nowMs
        // An entry that is newer than a death that is taken back has the benefit of it.
        let hosts = max(entries[index].suspectHosts, 1)
        return PoisonRule.History(hosts: hosts, quarantines: Int(entries[index].quarantines), isNew: isNew)
    }

    /// Takes one death back: its host lives. Whether that ended a quarantine.
    mutating func acquit(_ key: UInt64, host: Int, nowMs: Int64) -> Bool {
        guard let index = find(key, nowMs), entries[index].suspectHosts > 0,
            entries[index].acquittals < Self.acquittalsMax
        else { return false }
        entries[index].acquittals += 1
        // Its next death is another one.
        if entries[index].host == Int32(host) { entries[index].host = -1 }
        guard entries[index].suspectHosts < PoisonRule.unknownHostsMax, entries[index].quarantines > 0 else {
            return false
        }
        entries[index].quarantines = 0
        entries[index].untilMs = 0
        entries[index].isOnProbation = false
        return true
    }

    /// Begins a quarantine. One that runs is not made longer by requests that were sent before it began.
    mutating func quarantine(_ key: UInt64, nowMs: Int64) -> Bool {
        guard let index = find(key, nowMs) else { return false }
        if nowMs < entries[index].untilMs && !entries[index].isOnProbation { return false }
        let before = Int64(min(entries[index].quarantines, 10))
        entries[index].isOnProbation = false
        entries[index].untilMs = nowMs + min(Self.quarantineMs << before, Self.quarantineMaxMs)
        entries[index].quarantines = UInt8(before) + 1
        return true
    }

    /// It was answered: nothing is held against it any more. Whether there was something.
    mutating func succeeded(_ key: UInt64, nowMs: Int64) -> Bool {
        guard let index = find(key, nowMs) else { return false }
        remove(index)
        return true
    }

    /// Fingerprints that are quarantined now; for metrics.
    func quarantined(nowMs: Int64) -> Int {
        var result = 0
        for entry in entries where entry.hosts > 0 && entry.quarantines > 0 && nowMs < entry.untilMs { result += 1 }
        return result
    }

    /// One that is refused, or of which one is being tried, now.
    struct Quarantine: Equatable {
        let key: UInt64
        let untilMs: Int64
        /// Hosts that died under it.
        let deaths: Int
        /// How often it was quarantined.
        let count: Int
        let refusals: Int
        let isOnProbation: Bool
    }

    /// All of them; for display.
    func quarantines(nowMs: Int64) -> [Quarantine] {
        entries.filter { $0.hosts > 0 && $0.quarantines > 0 && nowMs < $0.untilMs }.map { entry in
            Quarantine(
                key: entry.key, untilMs: entry.untilMs, deaths: entry.suspectHosts, count: Int(entry.quarantines),
                refusals: Int(entry.refusals), isOnProbation: entry.isOnProbation)
        }
    }

    // MARK: The sets

    private func set(_ key: UInt64) -> Range<Int> {
        // Not the bits of the filter, which a key that comes here shares with all others in the table.
        let first = Int(truncatingIfNeeded: (key >> 6) % UInt64(Self.capacity / Self.ways)) * Self.ways
        return first..<first + Self.ways
    }

    private mutating func find(_ key: UInt64, _ nowMs: Int64) -> Int? {
        for index in set(key) where entries[index].hosts > 0 && entries[index].key == key {
            if !entries[index].isForgotten(nowMs) { return index }
            remove(index)
            return nil
        }
        return nil
    }

    private mutating func insert(_ key: UInt64, _ nowMs: Int64) -> Int {
        var best = set(key).lowerBound
        for index in set(key) {
            if entries[index].hosts > 0, entries[index].isForgotten(nowMs) { remove(index) }
            if entries[index].hosts == 0 {
                best = index
                break
            }
            let isLess = (entries[index].quarantines > 0, entries[index].diedMs)
            let most = (entries[best].quarantines > 0, entries[best].diedMs)
            if isLess.0 != most.0 ? most.0 : isLess.1 < most.1 { best = index }
        }
        if entries[best].hosts > 0 {
            remove(best)
            evictions += 1
        }
        entries[best] = Entry(key: key, diedMs: nowMs)
        count += 1
        bitCounts[Int(key & 63)] += 1
        filter |= Self.bit(key)
        return best
    }

    private mutating func remove(_ index: Int) {
        let key = entries[index].key
        entries[index] = Entry()
        count -= 1
        bitCounts[Int(key & 63)] -= 1
        if bitCounts[Int(key & 63)] == 0 { filter &= ~Self.bit(key) }
    }
}
