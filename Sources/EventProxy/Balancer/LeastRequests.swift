// SPDX-License-Identifier: Apache-2.0

/// Of two hosts chosen at random, the one that costs less (Mitzenmacher's power of two choices): its latency times the
/// requests that it would then be working on. Has no state of its own.
///
/// Weights, and with them the slow start, decide how often a host is drawn, and divide the requests that are already
/// at it, but not the one to come. Dividing the whole cost, as is usual, starves a light host whenever little is going
/// on: an idle host of a tenth of the weight then costs ten times an idle one of all of it, and loses every time
/// (Envoy's issues 19437 and 29259). So with little load the shares follow the weights, with much the requests in
/// flight do.
enum LeastRequests {
    /// Draws at random before all candidates are looked at. Usually the first will do.
    private static let drawsMax = 4

    static func select(
        _ table: borrowing HostTable, _ filter: HostFilter, nowMs: Int64, random: inout SplitMix64
    ) -> Int? {
        guard let one = drawByWeight(table, filter, nowMs: nowMs, &random) else { return nil }
        guard let other = drawAnother(than: one, table, filter, &random) else { return one }
        let oneWeight = table.overallWeight(one, nowMs: nowMs)
        let otherWeight = table.overallWeight(other, nowMs: nowMs)
        // Of two hosts each is drawn every time. So the lighter stands for election only as often as its weight is a
        // part of the other's, or one that is warming up and quick would get everything.
        if otherWeight < oneWeight, random.below(oneWeight) >= otherWeight { return one }
        let most = max(oneWeight, otherWeight)
        let oneCost = cost(of: one, weight: oneWeight, of: most, table, nowMs: nowMs)
        let otherCost = cost(of: other, weight: otherWeight, of: most, table, nowMs: nowMs)
        // If they are alike it is the one that was drawn by its weight.
        return otherCost < oneCost ? other : one
    }

    /// One of the hosts that are admitted, with a probability by its weight.
    private static func drawByWeight(
        _ table: borrowing HostTable, _ filter: HostFilter, nowMs: Int64, _ random: inout SplitMix64
    ) -> Int? {
        let most = table.tier(filter.tier).weightMax * HostTable.weightScale
        for _ in 0..<drawsMax {
            let host = random.below(table.count)
            guard filter.admits(host, of: table) else { continue }
            let weight = table.overallWeight(host, nowMs: nowMs)
            if weight == most || random.below(most) < weight { return host }
        }
        var sum = 0
        for host in 0..<table.count where filter.admits(host, of: table) {
            sum += table.overallWeight(host, nowMs: nowMs)
        }
        guard sum > 0 else { return nil }
        var position = random.below(sum)
        for host in 0..<table.count where filter.admits(host, of: table) {
            position -= table.overallWeight(host, nowMs: nowMs)
            if position < 0 { return host }
        }
        return nil
    }

    /// One of the other hosts that are admitted, each with the same probability.
    private static func drawAnother(
        than taken: Int, _ table: borrowing HostTable, _ filter: HostFilter, _ random: inout SplitMix64
    ) -> Int? {
        for _ in 0..<drawsMax {
            let host = random.below(table.count)
            if host != taken, filter.admits(host, of: table) { return host }
        }
        var candidates = 0
        for host in 0..<table.count where host != taken && filter.admits(host, of: table) { candidates += 1 }
        guard candidates > 0 else { return nil }
        var position = random.below(candidates)
        for host in 0..<table.count where host != taken && filter.admits(host, of: table) {
            if position == 0 { return host }
            position -= 1
        }
        return nil
    }

    private static func cost(
        of host: Int, weight: Int, of most: Int, _ table: borrowing HostTable, nowMs: Int64
    ) -> Double {
        let queue = Double(table[host].inFlight) * Double(most) / Double(weight)
        return table.latencyNs(host, nowMs: nowMs) * (queue + 1)
    }
}
