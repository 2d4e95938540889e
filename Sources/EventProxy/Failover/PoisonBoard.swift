// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Queries of death as all workers know them.
///
/// An ordinary request pays one relaxed load for its check, and one when it is answered. Only a request that shares a
/// bit of 64 with one whose connection died takes the lock; it is held for a look at eight entries.
final class PoisonBoard: Sendable {
    typealias Verdict = PoisonTable.Verdict

    private let filter = Atomic<UInt64>(0)
    private let table = Mutex(PoisonTable())
    /// What people call the fingerprints that were quarantined.
    private let names = Mutex<[UInt64: String]>([:])
    private static let namesMax = 256
    private let refusals = Atomic<Int>(0)
    private let suspectDeaths = Atomic<Int>(0)
    private let sharedDeaths = Atomic<Int>(0)
    private let acquittals = Atomic<Int>(0)
    private let quarantines = Atomic<Int>(0)
    private let probations = Atomic<Int>(0)

    /// Whether and how a request may be sent.
    func check(_ fingerprint: Fingerprint, nowMs: Int64) -> Verdict {
        isFiltered(fingerprint) ? checkTable(fingerprint, nowMs) : .allowed
    }

    /// A request's connection died after it was sent and before any byte of an answer. `requestDeaths` counts this
    /// request's own, this one included; `standing` is what the loop's `SuccessMemory` has to say in its favour.
    ///
    /// After `.quarantine` the loop should also forget that the request was ever answered. A death that `isCounted` can
    /// be taken back once.
    func died(
        _ fingerprint: Fingerprint, host: Int, standing: Standing, requestDeaths: Int, nowMs: Int64
    ) -> (judgement: PoisonRule.Judgement, isCounted: Bool) {
        if standing == .cleared {
            sharedDeaths.wrappingAdd(1, ordering: .relaxed)
            return (.retry, false)
        }
        suspectDeaths.wrappingAdd(1, ordering: .relaxed)
        return table.withLock { table in
            var begun = 0
            let history = table.died(fingerprint.request, host: host, nowMs: nowMs)
            var judgement = PoisonRule.judge(standing, requestDeaths: requestDeaths, history)
            if judgement == .quarantine, table.quarantine(fingerprint.request, nowMs: nowMs) { begun += 1 }
            if standing == .unknown, fingerprint.path != fingerprint.request {
                // Whoever varies the query would else kill two origins with each.
                let ofPath = table.died(fingerprint.path, host: host, nowMs: nowMs)
                if PoisonRule.isPathDeadly(ofPath) {
                    judgement = .quarantine
                    if table.quarantine(fingerprint.path, nowMs: nowMs) { begun += 1 }
                }
            }
            if begun > 0 { quarantines.wrappingAdd(begun, ordering: .relaxed) }
            publish(table)
            return (judgement, history.isNew)
        }
    }

    /// A death is taken back, as its host lives. Whether a quarantine ended with that.
    func acquit(_ fingerprint: Fingerprint, host: Int, nowMs: Int64) -> Bool {
        acquittals.wrappingAdd(1, ordering: .relaxed)
        return table.withLock { table in
            var isLifted = table.acquit(fingerprint.request, host: host, nowMs: nowMs)
            if fingerprint.path != fingerprint.request, table.acquit(fingerprint.path, host: host, nowMs: nowMs) {
                isLifted = true
            }
            publish(table)
            return isLifted
        }
    }

    /// A request was answered, with whatever status: neither it nor its path is held suspect any more.
    func succeeded(_ fingerprint: Fingerprint, nowMs: Int64) {
        guard isFiltered(fingerprint) else { return }
        table.withLock { table in
            _ = table.succeeded(fingerprint.request, nowMs: nowMs)
            if fingerprint.path != fingerprint.request { _ = table.succeeded(fingerprint.path, nowMs: nowMs) }
            publish(table)
        }
    }

    private func isFiltered(_ fingerprint: Fingerprint) -> Bool {
        let bits = PoisonTable.bit(fingerprint.request) | PoisonTable.bit(fingerprint.path)
        return filter.load(ordering: .relaxed) & bits != 0
    }

    @inline(never)
    private func checkTable(_ fingerprint: Fingerprint, _ nowMs: Int64) -> Verdict {
        let verdict = table.withLock { table in
            var verdict = table.check(fingerprint.request, nowMs: nowMs)
            if verdict == .allowed, fingerprint.path != fingerprint.request {
                verdict = table.check(fingerprint.path, nowMs: nowMs)
            }
            publish(table)
            return verdict
        }
        switch verdict {
        case .allowed: break
        case .probation: probations.wrappingAdd(1, ordering: .relaxed)
        case .quarantined: refusals.wrappingAdd(1, ordering: .relaxed)
        }
        return verdict
    }

    /// Under the lock, so that an older filter never overwrites a newer one.
    private func publish(_ table: borrowing PoisonTable) {
        if filter.load(ordering: .relaxed) != table.filter { filter.store(table.filter, ordering: .relaxed) }
    }

    // MARK: For people

    /// A fingerprint that is quarantined, by the name that it was given.
    struct Listed: Equatable {
        let name: String
        let quarantine: PoisonTable.Quarantine
    }

    /// Remembers what a request that has been quarantined is called, for `listed`.
    func name(_ fingerprint: Fingerprint, _ name: String) {
        names.withLock { names in
            if names.count >= Self.namesMax {
                let kept = Set(table.withLock { $0.quarantines(nowMs: .min) }.map(\.key))
                names = names.filter { kept.contains($0.key) }
            }
            guard names.count < Self.namesMax else { return }
            names[fingerprint.request] = name
            names[fingerprint.path] = name
        }
    }

    /// What is quarantined now; what ends last comes first.
    func listed(nowMs: Int64) -> [Listed] {
        let quarantines = table.withLock { $0.quarantines(nowMs: nowMs) }
        return names.withLock { names in
            quarantines.sorted { $0.untilMs > $1.untilMs }.map { quarantine in
                Listed(name: names[quarantine.key] ?? "a request that is not remembered", quarantine: quarantine)
            }
        }
    }

    /// For metrics, and the log.
    struct Counts: Equatable {
        /// Requests answered without touching an origin.
        var refusals = 0
        /// Connections that died under requests that may have been the cause, and under requests that were not.
        var suspectDeaths = 0
        var sharedDeaths = 0
        /// Of the suspect ones, those whose hosts turned out to live.
        var acquittals = 0
        /// Quarantines begun, and requests let through after one.
        var quarantines = 0
        var probations = 0
        /// Now: fingerprints in the table, and those of them that are quarantined.
        var remembered = 0
        var quarantined = 0
    }

    func counts(nowMs: Int64) -> Counts {
        var counts = Counts(
            refusals: refusals.load(ordering: .relaxed), suspectDeaths: suspectDeaths.load(ordering: .relaxed),
            sharedDeaths: sharedDeaths.load(ordering: .relaxed), acquittals: acquittals.load(ordering: .relaxed),
            quarantines: quarantines.load(ordering: .relaxed),
            probations: probations.load(ordering: .relaxed))
        table.withLock { table in
            counts.remembered = table.count
            counts.quarantined = table.quarantined(nowMs: nowMs)
        }
        return counts
    }
}
