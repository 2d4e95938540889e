// SPDX-License-Identifier: Apache-2.0

/// What was answered lately, from counts that only grow: the difference to those of a quarter to half a minute ago.
/// Pure.
struct RecentLatency {
    static let halfMs: Int64 = 15_000

    private struct Bases {
        var older: [UInt64]
        var newer: [UInt64]
    }

    private var bases: [Overview.HostKey: Bases] = [:]

    /// Called once every `halfMs`: hosts that are gone are forgotten.
    mutating func rotate(_ totals: [Overview.HostKey: HostTotals]) {
        var next: [Overview.HostKey: Bases] = [:]
        for (key, total) in totals {
            // What a new host has answered so far is all recent.
            let before = bases[key]?.newer ?? Array(repeating: 0, count: LatencyQuantile.bucketCount)
            next[key] = Bases(older: before, newer: total.latencies)
        }
        bases = next
    }

    /// The counts of a host since then.
    func since(_ key: Overview.HostKey, _ totals: HostTotals) -> [UInt64] {
        guard let older = bases[key]?.older else { return totals.latencies }
        // A host that went and came back has begun anew.
        return zip(totals.latencies, older).map { $0 >= $1 ? $0 - $1 : $0 }
    }
}

extension LatencyQuantile {
    /// The latency in microseconds that so many of a thousand of `counts` do not exceed; nil when there are none.
    static func quantile(perMille: UInt64, of counts: [UInt64]) -> Int64? {
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        let rank = (total * perMille + 999) / 1_000
        var seen: UInt64 = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return highestUs(bucket) }
        }
        return nil
    }
}
