// SPDX-License-Identifier: Apache-2.0

/// The same host for the same key, as far as its load allows (consistent hashing with bounded loads, Mirrokni, Thorup
/// and Zadimoghaddam, 2016). Hosts have points on a ring by their weights; a key goes to the host whose point follows
/// it. A host that is out, or has more than 1.25 times its share of the requests in flight, is passed over for the one
/// after it: only its keys move, and they spread over all others.
///
/// Does not change once it is built; copies share the ring, so that one serves all workers.
struct ConsistentHash: Sendable {
    /// With so many points per host, shares are within some 8 % of even.
    private static let pointsPerWeight = 160
    /// Heavy weights get fewer points each, so that the ring stays within a mebibyte.
    private static let ringPointsMax = 65_536
    /// After so many points it is quicker to look at the hosts one by one.
    private static let walkPointsMax = 1_024
    /// The bound, as a fraction: 1.25.
    private static let boundNumerator = 5
    private static let boundDenominator = 4

    private struct Point {
        let position: UInt64
        let host: Int32
    }

    private var points: ContiguousArray<Point> = []

    init(_ table: borrowing HostTable) {
        guard table.count > 0 else { return }
        let weights = (0..<table.count).map { table[$0].weight * table.service(table[$0].service).weight }
        let unit = weights.reduce(0, Self.divisor)
        let units = weights.reduce(0, +) / unit
        var copies: [UInt64: UInt64] = [:]
        for host in 0..<table.count {
            // The same host listed twice has its points twice, at different places.
            let copy = copies[table[host].identity, default: 0]
            copies[table[host].identity] = copy + 1
            let base = Hash64.combine(table[host].identity, copy)
            let wanted = weights[host] / unit * Self.pointsPerWeight
            let allowed = max(1, weights[host] / unit * Self.ringPointsMax / units)
            for index in 0..<min(wanted, allowed) {
                points.append(Point(position: Hash64.combine(base, UInt64(index)), host: Int32(host)))
            }
        }
        points.sort { ($0.position, $0.host) < ($1.position, $1.host) }
    }

    private static func divisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : divisor(b, a % b)
    }

    func roll(_ key: UInt64) -> Int {
        Int(Hash64.combine(key, 1) % UInt64(Capacity.scale))
    }

    func select(_ table: borrowing HostTable, _ filter: HostFilter, key: UInt64, nowMs: Int64) -> Int? {
        let position = Hash64.combine(key, 0)
        let usual = walk(from: position, table, filter, key: key, nowMs: nowMs)
        if let host = usual { return host }
        // All that are admitted have too much to do, or are warming up; or none is admitted.
        let start = Int(position % UInt64(table.count))
        var overloaded: Int?
        for step in 0..<table.count {
            let host = (start + step) % table.count
            guard filter.admits(host, of: table) else { continue }
            if isWithinBound(host, table, filter) { return host }
            overloaded = overloaded ?? host
        }
        return overloaded
    }

    private func walk(
        from position: UInt64, _ table: borrowing HostTable, _ filter: HostFilter, key: UInt64, nowMs: Int64
    ) -> Int? {
        var index = firstPoint(from: position)
        for _ in 0..<min(points.count, Self.walkPointsMax) {
            if index == points.count { index = 0 }
            let host = Int(points[index].host)
            if filter.admits(host, of: table), isWithinBound(host, table, filter),
                takes(key, host, table, nowMs: nowMs)
            {
                return host
            }
            index += 1
        }
        return nil
    }

    private func firstPoint(from position: UInt64) -> Int {
        var low = 0
        var high = points.count
        while low < high {
            let middle = (low + high) / 2
            if points[middle].position < position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether the host, with one request more, has at most 1.25 times its share of its tier's requests, rounded up.
    private func isWithinBound(_ host: Int, _ table: borrowing HostTable, _ filter: HostFilter) -> Bool {
        guard filter.quality <= .willing else { return true }
        let tier = table.load(ofTier: filter.tier, of: filter.choice.services)
        let weight = table[host].weight * table.service(table[host].service).weight
        let share = (tier.inFlight + 1) * weight * Self.boundNumerator
        let whole = tier.weightUsable * Self.boundDenominator
        return table[host].inFlight * whole < share
    }

    /// A host that is warming up takes a part of its keys that grows, and keeps those it has.
    private func takes(_ key: UInt64, _ host: Int, _ table: borrowing HostTable, nowMs: Int64) -> Bool {
        let ramp = table.ramp(host, nowMs: nowMs)
        if ramp == HostTable.weightScale { return true }
        return Hash64.combine(key, table[host].identity) % UInt64(HostTable.weightScale) < UInt64(ramp)
    }
}
