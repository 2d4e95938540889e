// SPDX-License-Identifier: Apache-2.0

/// All hosts as one event loop sees them: what the configuration says of each, whether it is healthy, and how busy this
/// loop keeps it. Hosts are numbered through all services. Balancers read it; the proxy writes it.
///
/// Sums over services and tiers are kept up to date when health changes, which is rare, so that choosing is cheap.
struct HostTable: ~Copyable {
    static let weightMax = 256
    /// Weights are multiplied by this, so that a host which is warming up has a part of its weight.
    static let weightScale = 1024

    /// A host as the configuration has it.
    struct HostShape {
        var weight = 1
        /// Tells this host from all others and outlives a reload, say a hash of its address. Only the consistent hash
        /// needs it: with numbers, a host that goes would move the keys of those behind it.
        var identity: UInt64 = 0
    }

    /// A service as the configuration has it. Tiers are asked in the order of their numbers, whatever those are.
    struct ServiceShape {
        var weight = 1
        var tier = 0
        var hosts: [HostShape]
    }

    struct Host {
        let service: Int
        let tier: Int
        let weight: Int
        let identity: UInt64
        fileprivate(set) var inFlight = 0
        fileprivate(set) var isAvailable = true
        fileprivate(set) var isDraining = false
        /// It has as many requests as it may.
        fileprivate(set) var isFull = false
        /// Until when it asked to be left alone, if that is obeyed (`Retry-After`), and after how many others it did.
        fileprivate(set) var restEndMs = Int64.min
        fileprivate var restNumber = 0
        /// When the host has all of its weight; long ago for one that is warm.
        fileprivate(set) var rampEndMs = Int64.min
        fileprivate(set) var estimate = LatencyEstimate()

        /// May get new requests.
        var isUsable: Bool { isAvailable && !isDraining }
        var isResting: Bool { restEndMs != .min }
        /// And has not asked to be left alone.
        var isWilling: Bool { isUsable && !isResting }
        /// One more could be sent at once.
        var isReady: Bool { isWilling && !isFull }
    }

    struct Service {
        let hosts: Range<Int>
        let weight: Int
        let tier: Int
        let weightOfHosts: Int
        fileprivate(set) var weightUsable = 0
        /// How many of its hosts are ready.
        fileprivate(set) var readyCount = 0
        /// When the last of its hosts is warm.
        fileprivate(set) var rampEndMs = Int64.min
    }

    struct Tier {
        /// Of its heaviest host.
        fileprivate(set) var weightMax = 0
        fileprivate(set) var weight = 0
        fileprivate(set) var weightUsable = 0
        /// Requests at usable hosts.
        fileprivate(set) var inFlight = 0
        /// Its share of `Capacity.scale` ends here, and begins where the tier before it ends.
        fileprivate(set) var shareEnd = 0
    }

    private var hosts: ContiguousArray<Host> = []
    private var services: ContiguousArray<Service> = []
    private var tiers: ContiguousArray<Tier> = []
    /// When the first of those that rest has rested.
    private var nextRestEndMs = Int64.max
    private var restCount = 0
    let slowStartMs: Int64

    /// All hosts are available and warm. `slowStartMs` 0 turns the slow start off. A service whose name has no address
    /// at the moment has no hosts.
    init(_ shapes: [ServiceShape], slowStartMs: Int64) {
        precondition(!shapes.isEmpty && slowStartMs >= 0)
        self.slowStartMs = slowStartMs
        let ranks = Set(shapes.map(\.tier)).sorted()
        for shape in shapes {
            let tier = ranks.firstIndex(of: shape.tier)!
            for host in shape.hosts {
                hosts.append(
                    Host(
                        service: services.count, tier: tier, weight: Self.checked(host.weight), identity: host.identity)
                )
            }
            services.append(
                Service(
                    hosts: hosts.count - shape.hosts.count..<hosts.count, weight: Self.checked(shape.weight),
                    tier: tier,
                    weightOfHosts: shape.hosts.reduce(0) { $0 + $1.weight }))
        }
        tiers = ContiguousArray(repeating: Tier(), count: ranks.count)
        healthChanged()
    }

    private static func checked(_ weight: Int) -> Int {
        precondition((1...weightMax).contains(weight))
        return weight
    }

    var count: Int { hosts.count }
    var serviceCount: Int { services.count }
    var tierCount: Int { tiers.count }

    subscript(host: Int) -> Host { hosts[host] }
    func service(_ index: Int) -> Service { services[index] }
    func tier(_ index: Int) -> Tier { tiers[index] }

    // MARK: What changes

    /// Takes over what is known of the hosts that were in `old`: for each host there its number here, or nil.
    mutating func adopt(_ old: borrowing HostTable, moved: [Int?]) {
        for (before, now) in moved.enumerated() {
            guard let now else { continue }
            let host = old[before]
            hosts[now].inFlight = host.inFlight
            hosts[now].isAvailable = host.isAvailable
            hosts[now].isDraining = host.isDraining
            hosts[now].isFull = host.isFull
            hosts[now].estimate = host.estimate
            hosts[now].restEndMs = host.restEndMs
            hosts[now].restNumber = host.restNumber
            hosts[now].rampEndMs = host.rampEndMs
            services[hosts[now].service].rampEndMs = max(services[hosts[now].service].rampEndMs, host.rampEndMs)
        }
        restCount = old.restCount
        healthChanged()
    }

    /// A request goes to a host.
    mutating func began(_ host: Int) {
        hosts[host].inFlight += 1
        if hosts[host].isWilling { tiers[hosts[host].tier].inFlight += 1 }
    }

    /// The response of a host has come, or will not. `nowMs` is the clock that balancers are given.
    mutating func ended(_ host: Int, _ outcome: HostOutcome, latencyNs: Int64, nowMs: Int64) {
        precondition(hosts[host].inFlight > 0)
        hosts[host].inFlight -= 1
        if hosts[host].isWilling { tiers[hosts[host].tier].inFlight -= 1 }
        hosts[host].estimate.ended(outcome, latencyNs: latencyNs, nowMs: nowMs)
    }

    /// Health has decided: down or ejected, or neither any more.
    mutating func setAvailable(_ host: Int, _ isAvailable: Bool) {
        guard hosts[host].isAvailable != isAvailable else { return }
        hosts[host].isAvailable = isAvailable
        healthChanged()
    }

    /// The host has said that it is about to go: it gets no new request while another host can.
    mutating func setDraining(_ host: Int, _ isDraining: Bool) {
        guard hosts[host].isDraining != isDraining else { return }
        hosts[host].isDraining = isDraining
        healthChanged()
    }

    /// The host has as many requests as it may, or fewer again. It keeps its share: it is not out.
    mutating func setFull(_ host: Int, _ isFull: Bool) {
        guard hosts[host].isFull != isFull else { return }
        hosts[host].isFull = isFull
        if hosts[host].isWilling { services[hosts[host].service].readyCount += isFull ? -1 : 1 }
    }

    /// There is a host that is neither down nor draining, and has not asked to be left alone.
    var hasWilling: Bool {
        for tier in tiers where tier.weightUsable > 0 { return true }
        return false
    }

    /// The host is new or back: it starts cold, and nothing that was known of its latency holds.
    mutating func startRamp(_ host: Int, nowMs: Int64) {
        hosts[host].estimate = LatencyEstimate()
        guard slowStartMs > 0 else { return }
        hosts[host].rampEndMs = nowMs + slowStartMs
        let service = hosts[host].service
        services[service].rampEndMs = max(services[service].rampEndMs, nowMs + slowStartMs)
    }

    private mutating func healthChanged() {
        limitResting()
        for tier in tiers.indices { tiers[tier] = Tier() }
        for service in services.indices {
            services[service].weightUsable = 0
            services[service].readyCount = 0
        }
        for host in hosts {
            let weight = host.weight * services[host.service].weight
            tiers[host.tier].weight += weight
            tiers[host.tier].weightMax = max(tiers[host.tier].weightMax, weight)
            guard host.isWilling else { continue }
            tiers[host.tier].weightUsable += weight
            tiers[host.tier].inFlight += host.inFlight
            services[host.service].weightUsable += host.weight
            if host.isReady { services[host.service].readyCount += 1 }
        }
        let ends = TierShares.ends(tiers.map { Capacity.part(usable: $0.weightUsable, of: $0.weight) })
        for tier in tiers.indices { tiers[tier].shareEnd = ends[tier] }
    }
}

// MARK: - Patience

/// Hosts that have answered with `Retry-After` (RFC 9110 §10.2.3), whichever way hosts are chosen.
extension HostTable {
    /// More is not believed.
    static let restMsMax: Int64 = 60_000

    /// As many hosts may be down, draining or resting when another one rests; never the last one.
    private var restingMax: Int { count == 1 ? 0 : max(1, count * HealthBoard.ejectedPercentMax / 100) }

    /// The host asks for no requests for so long. It gets none while others are to be had; if too many ask, the one
    /// that asked first is used again.
    mutating func rest(_ host: Int, forMs: Int64, nowMs: Int64) {
        guard forMs > 0, hosts[host].isUsable else { return }
        restCount += 1
        hosts[host].restNumber = restCount
        hosts[host].restEndMs = nowMs + min(forMs, Self.restMsMax)
        healthChanged()
    }

    /// Lets those go on that have rested; a comparison when there are none.
    mutating func endRests(nowMs: Int64) {
        guard nowMs >= nextRestEndMs else { return }
        for host in hosts.indices where hosts[host].isResting && nowMs >= hosts[host].restEndMs {
            hosts[host].restEndMs = .min
        }
        healthChanged()
    }

    private mutating func limitResting() {
        // What was asked for is forgotten with the host's state.
        for host in hosts.indices where !hosts[host].isUsable { hosts[host].restEndMs = .min }
        var notWilling = 0
        for host in hosts where !host.isWilling { notWilling += 1 }
        while notWilling > restingMax, let first = firstAtRest() {
            hosts[first].restEndMs = .min
            notWilling -= 1
        }
        nextRestEndMs = .max
        for host in hosts where host.isResting { nextRestEndMs = min(nextRestEndMs, host.restEndMs) }
    }

    private func firstAtRest() -> Int? {
        var first: Int?
        for host in hosts.indices where hosts[host].isResting {
            if first.map({ hosts[host].restNumber < hosts[$0].restNumber }) ?? true { first = host }
        }
        return first
    }
}
