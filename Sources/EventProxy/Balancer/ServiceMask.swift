// SPDX-License-Identifier: Apache-2.0

/// The services that a request may go to.
struct ServiceMask: Equatable {
    /// Routes can name services up to this number.
    static let servicesMax = 64

    /// Computed, since a constant would be looked up behind a lock that was taken once.
    static var all: ServiceMask { ServiceMask(bits: .max, isAll: true) }

    private let bits: UInt64
    let isAll: Bool

    private init(bits: UInt64, isAll: Bool) {
        self.bits = bits
        self.isAll = isAll
    }

    /// These services alone, numbered as the table of hosts does.
    init(_ services: some Sequence<Int>) {
        bits = services.reduce(0) { bits, service in
            precondition((0..<Self.servicesMax).contains(service))
            return bits | 1 << UInt64(service)
        }
        isAll = false
    }

    @inline(__always)
    func contains(_ service: Int) -> Bool {
        isAll || bits >> UInt64(truncatingIfNeeded: service) & 1 == 1
    }
}

/// The services among which a host is chosen, and a number for them.
struct ServiceChoice {
    static var all: ServiceChoice { ServiceChoice(number: 0, services: .all) }

    /// Tells it from all others, counting from 1; 0 is the choice among all.
    let number: Int
    let services: ServiceMask

    /// The same services after they were given other numbers; those that are not there any more fall out.
    func renumbered(_ moved: [Int?]) -> ServiceChoice {
        if services.isAll { return self }
        let kept = moved.indices.filter { services.contains($0) }.compactMap { moved[$0] }
        return ServiceChoice(number: number, services: ServiceMask(kept.filter { $0 < ServiceMask.servicesMax }))
    }
}

/// What balancers ask of the table when a request may go to some services only: the sums over those, made when they are
/// asked for.
extension HostTable {
    /// The part of its traffic that a tier of these services could keep; nil if none of them is in it.
    private func capacity(ofTier tier: Int, of services: ServiceMask) -> Int? {
        var usable = 0
        var whole = 0
        for index in 0..<serviceCount where services.contains(index) && service(index).tier == tier {
            usable += service(index).weightUsable * service(index).weight
            whole += service(index).weightOfHosts * service(index).weight
        }
        return whole > 0 ? Capacity.part(usable: usable, of: whole) : nil
    }

    /// The tier whose turn it is, as `TierShares` has it. `roll` is called if it matters.
    func tier(of services: ServiceMask, roll: () -> Int) -> Int {
        var first: Int?
        var sum = 0
        for tier in 0..<tierCount {
            guard let capacity = capacity(ofTier: tier, of: services) else { continue }
            if first == nil, capacity == Capacity.scale { return tier }
            first = first ?? tier
            sum += capacity
        }
        guard let first, sum > 0 else { return first ?? 0 }
        let position = roll()
        var running = 0
        for tier in first..<tierCount {
            running = min(Capacity.scale, running + (capacity(ofTier: tier, of: services) ?? 0))
            if position < (sum < Capacity.scale ? running * Capacity.scale / sum : running) { return tier }
        }
        return first
    }

    /// What is going on at the willing hosts of a tier of these services, and what they could take.
    func load(ofTier tier: Int, of services: ServiceMask) -> (inFlight: Int, weightUsable: Int) {
        if services.isAll { return (self.tier(tier).inFlight, self.tier(tier).weightUsable) }
        var inFlight = 0
        var weightUsable = 0
        for index in 0..<serviceCount where services.contains(index) && service(index).tier == tier {
            weightUsable += service(index).weightUsable * service(index).weight
            for host in service(index).hosts where self[host].isWilling { inFlight += self[host].inFlight }
        }
        return (inFlight, weightUsable)
    }

    func hostCount(of services: ServiceMask) -> Int {
        if services.isAll { return count }
        var hosts = 0
        for index in 0..<serviceCount where services.contains(index) { hosts += service(index).hosts.count }
        return hosts
    }
}
