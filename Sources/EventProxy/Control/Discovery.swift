// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// Resolves the names of the hosts, again and again, and tells when their addresses have changed.
///
/// With the system's resolver on a thread for each lookup: it knows /etc/hosts, search domains and what else the
/// machine is set up for, and follows changes of resolv.conf. A resolver of our own on the loop (c-ares) would know
/// when an answer ends, but an interval of seconds serves as well, and Kubernetes' answers live for five.
final class Discovery: DeadlineOwner {
    typealias LookUp =
        @Sendable (
            HostName, @escaping @Sendable (Result<NameAnswer, Resolver.Failure>) -> Void
        ) -> Bool

    /// Lookups under way at a time; further names wait for one of them.
    static let lookUpsMax = 16
    /// What holds for less is asked for again after that.
    static let ttlMsMin: Int64 = 1_000
    /// So that many proxies do not ask in step.
    static let jitterPercent: Int64 = 10

    private struct Entry {
        var record = NameRecord()
        var nextMs: Int64 = 0
        var isUnderWay = false
        var isKnown = false
    }

    private let loop: EventLoop
    private let logger: Logger
    private let lookUp: LookUp
    /// Hears of each lookup that has ended, and whether addresses have changed.
    var told: (_ haveChanged: Bool) -> Void = { _ in }
    private var entries: [HostName: Entry] = [:]
    private var intervalMs: Int64 = 5_000
    private var holdMs: Int64 = 30_000
    private var underWay = 0
    private var deadline: TimerWheel.ID?
    private var bound: LoopBound<Discovery>?
    private var random = SystemRandomNumberGenerator()

    init(
        on loop: EventLoop, logger: Logger,
        lookUp: @escaping LookUp = NameAnswer.lookUp
    ) {
        self.loop = loop
        self.logger = logger
        self.lookUp = lookUp
        deadline = loop.addDeadline(self)
        bound = LoopBound(self, on: loop)
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    /// The addresses of all names that are followed.
    var addresses: KnownAddresses {
        var known = KnownAddresses()
        for (name, entry) in entries { known[name] = entry.record.places }
        return known
    }

    /// Every name has been looked up at least once.
    var isComplete: Bool { entries.values.allSatisfy(\.isKnown) }

    /// Follows these names and no others. Those that are new are looked up at once, unless `known` has them.
    func follow(
        _ names: Set<HostName>, known: KnownAddresses = KnownAddresses(), intervalMs: Int64, holdMs: Int64
    ) {
        self.intervalMs = intervalMs
        self.holdMs = holdMs
        for name in entries.keys where !names.contains(name) { entries[name] = nil }
        for name in names where entries[name] == nil {
            var entry = Entry()
            if !known[name].isEmpty {
                entry.record = NameRecord(known[name])
                entry.isKnown = true
                // How long records hold is not known any more.
                let nextMs = name.port == nil ? min(intervalMs, Self.ttlMsMin) : intervalMs
                entry.nextMs = loop.nowMs + jittered(nextMs)
            }
            entries[name] = entry
        }
        // A shorter interval holds at once.
        for (name, entry) in entries { entries[name]?.nextMs = min(entry.nextMs, loop.nowMs + intervalMs) }
        begin()
    }

    func deadlinePassed() { begin() }

    /// Begins the lookups that are due, and waits for the next.
    private func begin() {
        for name in entries.keys {
            guard let entry = entries[name], !entry.isUnderWay, entry.nextMs <= loop.nowMs else { continue }
            guard underWay < Self.lookUpsMax else { break }
            let isBegun = lookUp(name) { [bound] result in bound?.submit { $0.ended(name, result) } }
            if isBegun {
                underWay += 1
                entries[name]?.isUnderWay = true
            } else {
                entries[name]?.nextMs = loop.nowMs + intervalMs
            }
        }
        arm()
    }

    /// When the next lookup is due; nil while none waits.
    var nextMs: Int64? { entries.values.filter { !$0.isUnderWay }.map(\.nextMs).min() }

    private func arm() {
        guard let deadline, let nextMs, underWay < Self.lookUpsMax else { return }
        loop.setDeadline(deadline, atMs: max(nextMs, loop.nowMs + 1))
    }

    private func ended(_ name: HostName, _ result: Result<NameAnswer, Resolver.Failure>) {
        underWay -= 1
        if entries[name] != nil {
            entries[name]?.isUnderWay = false
            entries[name]?.isKnown = true
            entries[name]?.nextMs = loop.nowMs + jittered(untilNextMs(after: result))
            let change = entries[name]?.record.record(result, holdMs: holdMs, nowMs: loop.nowMs) ?? .none
            tell(change, name)
            told(change == .moved)
        }
        begin()
    }

    /// The interval, unless the answer does not hold as long.
    private func untilNextMs(after result: Result<NameAnswer, Resolver.Failure>) -> Int64 {
        guard case .success(let answer) = result, let ttlMs = answer.ttlMs else { return intervalMs }
        return min(intervalMs, max(ttlMs, Self.ttlMsMin))
    }

    private func tell(_ change: NameRecord.Change, _ name: HostName) {
        guard let record = entries[name]?.record else { return }
        let places = record.places
        let count = "\(places.count) address\(places.count == 1 ? "" : "es")"
        switch change {
        case .none: break
        case .moved where places.isEmpty:
            logger.warning("\(name.name) has no address any more: \(record.failure ?? "")")
        case .moved:
            let list = places.prefix(16).map { name.port == nil ? $0.address.description : $0.address.host }
            logger.notice("\(name.name) has \(count): \(list.joined(separator: " "))\(places.count > 16 ? " …" : "")")
        case .failing:
            let remedy =
                places.isEmpty
                ? "its service has no hosts until it can be" : "the \(count) that it had stay in use"
            logger.warning("cannot resolve \(name.name): \(record.failure ?? ""); \(remedy)")
        case .recovered: logger.notice("\(name.name) can be resolved again, and has the \(count) that it had")
        }
    }

    private func jittered(_ ms: Int64) -> Int64 {
        let range = ms * Self.jitterPercent / 100
        return ms + Int64.random(in: -range...range, using: &random)
    }
}

/// The first lookup of all names, before anything is served.
enum FirstLookup {
    /// Longer is not waited for: what is not known by then, the proxy begins without.
    static let withinMs: Int64 = 5_000

    static func addresses(of names: Set<HostName>, logger: Logger) -> KnownAddresses {
        if names.isEmpty { return KnownAddresses() }
        let loop = EventLoop()
        let discovery = Discovery(on: loop, logger: logger)
        discovery.told = { [unowned discovery, unowned loop] _ in if discovery.isComplete { loop.stop() } }
        discovery.follow(names, intervalMs: withinMs, holdMs: 0)
        loop.schedule(afterMs: withinMs) { [weak loop] in loop?.stop() }
        loop.run()
        return discovery.addresses
    }
}
