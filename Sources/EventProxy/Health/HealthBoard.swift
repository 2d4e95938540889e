// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The health of all hosts, shared by all workers without locks.
///
/// Healthy traffic only reads. Each host's state is one word, changed by compare and exchange; how many hosts are
/// ejected or unavailable is another, in which an ejection is booked before it happens: so workers that eject at the
/// same moment can together not exceed the cap, nor eject the last available host. Hosts are numbered through all
/// services, one after the other, which stand in for each other.
///
/// When hosts come and go another board follows, with the same words for the hosts that stay: loops that still read the
/// old one see the same of them.
final class HealthBoard: Sendable {
    /// No more than this share of hosts is ejected: beyond, the others would break under the load, or it is not the
    /// hosts that fail. But when what fails is a service, and most of the others are well, all of its hosts may be.
    /// Hosts that take no connections do not count towards it: they bear no load either way.
    static let ejectedPercentMax = 50
    static let hostsMax = 65_535

    /// What all boards of a process count together.
    fileprivate final class Totals: Sendable {
        /// Low half: ejected. High half: unavailable, that is ejected or checked out. Booked before, released after.
        let booked = Atomic<UInt64>(0)
        let changes = Atomic<Int>(0)
        let refusedEjections = Atomic<Int>(0)
    }

    /// What workers share about one host; each in an allocation of its own, which keeps them off each other's lines.
    fileprivate final class Cell: Sendable {
        let state = Atomic<UInt64>(0)
        let streak = Atomic<UInt32>(0)
        let ejectedMs = Atomic<Int64>(.min)
        let ejections = Atomic<Int>(0)
        /// Fills a cache line of 64 bytes, so that a neighbour's failures are not paid for.
        private let padding = InlineArray<4, UInt64>(repeating: 0)
    }

    let hostCount: Int
    /// The numbers of each service's hosts.
    let services: [Range<Int>]
    let ejectedMax: Int
    private let cells: [Cell]
    private let totals: Totals

    convenience init(hostCounts: [Int]) {
        self.init((0..<hostCounts.reduce(0, +)).map { _ in Cell() }, hostCounts, Totals())
    }

    /// The board after `old`: for each host its number there, or nil for one that is new. Whoever is on the old board
    /// only is retired by `retire`.
    convenience init(after old: HealthBoard, hosts: [Int?], hostCounts: [Int]) {
        self.init(hosts.map { host in host.map { old.cells[$0] } ?? Cell() }, hostCounts, old.totals)
    }

    private init(_ cells: [Cell], _ hostCounts: [Int], _ totals: Totals) {
        precondition(cells.count <= Self.hostsMax && cells.count == hostCounts.reduce(0, +))
        self.cells = cells
        services = hostCounts.reduce(into: []) { services, count in
            let first = services.last?.upperBound ?? 0
            services.append(first..<first + count)
        }
        self.totals = totals
        hostCount = cells.count
        ejectedMax = hostCount <= 1 ? 0 : max(1, hostCount * Self.ejectedPercentMax / 100)
    }

    /// A host is on no later board: nothing that is still told of it counts any more.
    func retire(_ host: Int) {
        let change = update(host) { state in
            state.isRetired = true
            return true
        }
        guard let old = change?.old else { return }
        unbook(ejected: old.isEjected ? 1 : 0, unavailable: old.isAvailable ? 0 : 1)
    }

    // MARK: Reading

    /// Changes with every state: as long as it is the same, what a loop has copied is current.
    var generation: Int { totals.changes.load(ordering: .acquiring) }

    func state(_ host: Int) -> HostState { HostState(bits: cells[host].state.load(ordering: .relaxed)) }
    func streak(_ host: Int) -> FailureStreak { FailureStreak(bits: cells[host].streak.load(ordering: .relaxed)) }
    /// When it was last ejected; `.min` for never.
    func ejectedMs(_ host: Int) -> Int64 { cells[host].ejectedMs.load(ordering: .relaxed) }
    /// How often it was ejected; for metrics.
    func ejections(_ host: Int) -> Int { cells[host].ejections.load(ordering: .relaxed) }
    /// Ejections that the cap, or being the last host, prevented; for metrics.
    var ejectionsRefused: Int { totals.refusedEjections.load(ordering: .relaxed) }

    var ejectedCount: Int { Counts(bits: totals.booked.load(ordering: .relaxed)).ejected }
    var availableCount: Int { hostCount - Counts(bits: totals.booked.load(ordering: .relaxed)).unavailable }

    // MARK: What requests tell

    /// A host has answered below 500. True if that brought an ejected one back: it was sent after the ejection, or
    /// the host was ejected because it said nothing.
    func succeeded(_ host: Int, sentMs: Int64, nowMs: Int64) -> Bool {
        // Not through a local: that would count references, in memory that all workers share.
        if cells[host].streak.load(ordering: .relaxed) != 0 { cells[host].streak.store(0, ordering: .relaxed) }
        guard HostState(bits: cells[host].state.load(ordering: .relaxed)).isEjected else { return false }
        return succeededThoughEjected(host, sentMs, nowMs)
    }

    @inline(never)
    private func succeededThoughEjected(_ host: Int, _ sentMs: Int64, _ nowMs: Int64) -> Bool {
        // Read again, so that the time belongs to the ejection that is seen.
        let state = HostState(bits: cells[host].state.load(ordering: .acquiring))
        let isOfLater = sentMs >= ejectedMs(host)
        return state.isEjected && (isOfLater || state.reason == .hang) && bringBack(host, nowMs: nowMs)
    }

    /// A host has failed a request. The streak with this failure.
    func failed(_ host: Int, _ outcome: Outcome) -> FailureStreak {
        let cell = cells[host]
        var bits = cell.streak.load(ordering: .relaxed)
        while true {
            let next = FailureStreak(bits: bits).adding(outcome)
            let (exchanged, original) = cell.streak.weakCompareExchange(
                expected: bits, desired: next.bits, ordering: .relaxed)
            if exchanged { return next }
            bits = original
        }
    }

    enum EjectionResult: Equatable {
        case ejected(untilMs: Int64)
        /// It is ejected already, or checks keep it out.
        case wasOut
        /// As many are ejected as may be, or it is the last available one.
        case refused
    }

    /// Ejects a host, or one on probation again and for longer.
    func eject(
        _ host: Int, _ reason: EjectionReason, nowMs: Int64, using random: inout some RandomNumberGenerator
    ) -> EjectionResult {
        let before = state(host)
        if before.isEjected { return before.isProbing ? ejectAgain(host, reason, nowMs, &random) : .wasOut }
        if before.isCheckedOut { return .wasOut }
        guard book(host, reason) else {
            totals.refusedEjections.wrappingAdd(1, ordering: .relaxed)
            return .refused
        }
        let jitter = random.next()
        // Before the word: who sees the ejection must see its time, or a success from before would undo it.
        cells[host].ejectedMs.store(nowMs, ordering: .relaxed)
        let change = update(host) { state in
            if state.isEjected { return false }
            let level = Ejection.decayed(level: state.level, healthyMs: nowMs - state.timeMs)
            Self.setEjected(&state, level, reason, nowMs, jitter)
            return true
        }
        // Booked as ejected and unavailable; of a host that was already out by then, once too often.
        guard let change else {
            unbook(ejected: 1, unavailable: 1)
            return .wasOut
        }
        if change.old.isCheckedOut { unbook(ejected: 0, unavailable: 1) }
        noteEjection(host)
        return .ejected(untilMs: change.new.timeMs)
    }

    // MARK: Probation

    /// Asks for the one probe that an ejected host gets when its time is up. Whoever is given it sends one request
    /// there, and says how it went: `succeeded`, `eject` or `probeAbandoned`.
    func tryProbe(_ host: Int, nowMs: Int64) -> Bool {
        return update(host) { state in
            guard state.isProbeDue(nowMs: nowMs) else { return false }
            state.isProbing = true
            state.timeMs = nowMs + Ejection.probeMs
            return true
        } != nil
    }

    /// The probe said nothing of the host: another may follow at once.
    func probeAbandoned(_ host: Int, nowMs: Int64) {
        _ = update(host) { state in
            guard state.isProbing else { return false }
            state.isProbing = false
            state.timeMs = nowMs
            return true
        }
    }

    private func ejectAgain(
        _ host: Int, _ reason: EjectionReason, _ nowMs: Int64, _ random: inout some RandomNumberGenerator
    ) -> EjectionResult {
        let jitter = random.next()
        cells[host].ejectedMs.store(nowMs, ordering: .relaxed)
        let change = update(host) { state in
            guard state.isEjected, state.isProbing else { return false }
            Self.setEjected(&state, state.level, reason, nowMs, jitter)
            return true
        }
        guard let change else { return .wasOut }
        noteEjection(host)
        return .ejected(untilMs: change.new.timeMs)
    }

    // MARK: What active checks tell

    /// A verdict of active checks. True if it is a new one. Neither capped nor refused, not even for the last host, nor
    /// in the moment in which an ejection books that there is another: when none is available, tiers say what is used.
    func checked(_ host: Int, _ verdict: CheckVerdict, isUnreachable: Bool = false, nowMs: Int64) -> Bool {
        let change = update(host) { state in
            if state.check == verdict, state.isUnreachable == isUnreachable { return false }
            let wasAvailable = state.isAvailable
            state.check = verdict
            state.isUnreachable = isUnreachable
            // In service from now on: slow start counts from here.
            if !wasAvailable, state.isAvailable { state.timeMs = nowMs }
            return true
        }
        guard let change else { return false }
        switch (change.old.isAvailable, change.new.isAvailable) {
        case (true, false): _ = totals.booked.wrappingAdd(Counts(ejected: 0, unavailable: 1).bits, ordering: .relaxed)
        case (false, true): unbook(ejected: 0, unavailable: 1)
        default: break
        }
        return change.old.check != verdict
    }

    /// An active check that began at `sentMs` passed. A host that was ejected because it took no connections, or gave
    /// no answers, does so again; one that answered with errors has to answer a request. True if it came back.
    ///
    /// `hasAnswered` says that it was more than a connection, which the kernel of a host that hangs makes as well.
    func checkPassed(_ host: Int, hasAnswered: Bool = true, sentMs: Int64, nowMs: Int64) -> Bool {
        let now = HostState(bits: cells[host].state.load(ordering: .acquiring))
        guard now.isEjected, now.reason == .connectFailure || hasAnswered && now.reason == .hang else { return false }
        guard sentMs >= ejectedMs(host) else { return false }
        return bringBack(host, nowMs: nowMs)
    }

    private func bringBack(_ host: Int, nowMs: Int64) -> Bool {
        let change = update(host) { state in
            guard state.isEjected else { return false }
            state.isEjected = false
            state.isProbing = false
            state.timeMs = nowMs
            return true
        }
        guard let change else { return false }
        cells[host].streak.store(0, ordering: .relaxed)
        unbook(ejected: 1, unavailable: change.new.isAvailable ? 1 : 0)
        return true
    }
}

// MARK: - Words and counts

extension HealthBoard {
    /// Both counts in one word, so that both limits are judged at once.
    private struct Counts {
        var ejected: Int
        var unavailable: Int

        var bits: UInt64 { UInt64(unavailable) << 32 | UInt64(ejected) }

        init(ejected: Int, unavailable: Int) {
            self.ejected = ejected
            self.unavailable = unavailable
        }

        init(bits: UInt64) {
            ejected = Int(bits & 0xFFFF_FFFF)
            unavailable = Int(bits >> 32)
        }
    }

    /// Books an ejection if there is room for one.
    private func book(_ host: Int, _ reason: EjectionReason) -> Bool {
        var bits = totals.booked.load(ordering: .relaxed)
        while true {
            var counts = Counts(bits: bits)
            if reason != .connectFailure, counts.ejected >= ejectedMax, !areOthersWell(than: host) { return false }
            if counts.unavailable + 1 >= hostCount { return false }
            counts.ejected += 1
            counts.unavailable += 1
            let (exchanged, original) = totals.booked.weakCompareExchange(
                expected: bits, desired: counts.bits, ordering: .relaxed)
            if exchanged { return true }
            bits = original
        }
    }

    /// Whether half of all services are well without the one that a host is of. Not exact while other workers eject,
    /// which does no harm: the cap is there for when everything fails.
    private func areOthersWell(than host: Int) -> Bool {
        let others = services.filter { !$0.contains(host) }
        return isHalfOfServices(
            others.count { hosts in isWell(available: hosts.count { state($0).isAvailable }, of: hosts.count) })
    }

    /// Whether a service is, of whose hosts so many are available: most of them.
    func isWell(available: Int, of count: Int) -> Bool { available * 2 > count }

    func isHalfOfServices(_ count: Int) -> Bool { count > 0 && count * 2 >= services.count }

    private func unbook(ejected: Int, unavailable: Int) {
        _ = totals.booked.wrappingSubtract(Counts(ejected: ejected, unavailable: unavailable).bits, ordering: .relaxed)
    }

    private func noteEjection(_ host: Int) {
        cells[host].ejections.wrappingAdd(1, ordering: .relaxed)
        cells[host].streak.store(0, ordering: .relaxed)
    }

    private static func setEjected(
        _ state: inout HostState, _ level: Int, _ reason: EjectionReason, _ nowMs: Int64, _ jitter: UInt64
    ) {
        // From a number that was drawn before, as a change may have to be tried again.
        var drawn = SplitMix64(seed: jitter)
        state.isEjected = true
        state.isProbing = false
        state.reason = reason
        state.timeMs = nowMs + Ejection.durationMs(level: level, reason, using: &drawn)
        state.level = min(level + 1, Ejection.levelMax)
    }

    /// Changes a host's word as a whole; nil if `change` says that there is nothing to change.
    private func update(
        _ host: Int, _ change: (inout HostState) -> Bool
    ) -> (old: HostState, new: HostState)? {
        let cell = cells[host]
        var bits = cell.state.load(ordering: .relaxed)
        while true {
            let old = HostState(bits: bits)
            var new = old
            guard !old.isRetired, change(&new) else { return nil }
            let (exchanged, original) = cell.state.weakCompareExchange(
                expected: bits, desired: new.bits, ordering: .acquiringAndReleasing)
            if exchanged {
                // After the word, so that whoever sees the new generation sees the word too.
                totals.changes.wrappingAdd(1, ordering: .releasing)
                return (old, new)
            }
            bits = original
        }
    }
}
