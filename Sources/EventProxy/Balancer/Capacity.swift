// SPDX-License-Identifier: Apache-2.0

/// How much of the traffic a group of hosts can take when some of them are out.
///
/// A group is meant to have 40 % more than it needs (Envoy's overprovisioning factor), so it keeps all of its traffic
/// until less than 1/1.4 of its weight is healthy. Then its part shrinks with what is left, gradually: the survivors of
/// a service that has lost most of its hosts are not run over by the load of all.
enum Capacity {
    /// Parts of the traffic are counted in these.
    static let scale = 65_536
    private static let overprovisioningPercent = 140

    /// The part of its traffic that a group keeps, of `scale`; none if it has no hosts.
    static func part(usable: Int, of total: Int) -> Int {
        total == 0 ? 0 : min(scale, usable * overprovisioningPercent * scale / (total * 100))
    }
}

/// Which tier gets how much: each as much as it has capacity for of what those before it left.
enum TierShares {
    /// Where the share of each tier ends, in `Capacity.scale`. When all tiers together lack capacity, each gets its
    /// part of all the same; when there is none at all, the first tier gets everything.
    static func ends(_ capacities: some Collection<Int>) -> [Int] {
        let sum = capacities.reduce(0, +)
        var running = 0
        return capacities.map { capacity in
            guard sum > 0 else { return Capacity.scale }
            running = min(Capacity.scale, running + capacity)
            return sum < Capacity.scale ? running * Capacity.scale / sum : running
        }
    }
}
