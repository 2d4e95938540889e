// SPDX-License-Identifier: Apache-2.0

/// How fast a bucket fills, and how much it holds, in nanoseconds of its filling.
struct BucketRate: Sendable, Equatable {
    /// For one token.
    let intervalNs: Int64
    /// For all that it holds.
    let depthNs: Int64

    init(requests: Int, perMs: Int64, burst: Int) {
        intervalNs = max(perMs * 1_000_000 / Int64(requests), 1)
        let (depth, overflow) = intervalNs.multipliedReportingOverflow(by: Int64(burst))
        depthNs = overflow ? .max / 4 : min(depth, .max / 4)
    }
}

/// Token buckets by key, in memory that does not grow. Pure.
///
/// Of a bucket only the time is kept at which it will be full again (the generic cell rate algorithm), so one that is
/// full is as good as one that is forgotten. A key has four places. When all are taken, it takes that of the bucket
/// that is full soonest: whoever comes with ever new keys displaces his own, which have given one token each, and not
/// one that has been emptied.
struct BucketTable: Sendable {
    private static let ways = 4

    private var keys: ContiguousArray<UInt64>
    private var fullNs: ContiguousArray<Int64>
    private let sets: Int

    init(capacity: Int) {
        sets = max(capacity / Self.ways, 1)
        keys = ContiguousArray(repeating: 0, count: sets * Self.ways)
        fullNs = ContiguousArray(repeating: .min, count: sets * Self.ways)
    }

    /// Takes a token. If there is none, gives the time in nanoseconds until there will be one.
    mutating func take(_ key: UInt64, _ rate: BucketRate, nowNs: Int64) -> Int64? {
        let first = Int(key % UInt64(sets)) * Self.ways
        var place = first
        var isKnown = false
        for way in first..<first + Self.ways {
            if keys[way] == key {
                place = way
                isKnown = true
                break
            }
            if fullNs[way] < fullNs[place] { place = way }
        }
        let full = max(isKnown ? fullNs[place] : nowNs, nowNs) + rate.intervalNs
        let missing = full - nowNs - rate.depthNs
        if missing > 0 { return missing }
        keys[place] = key
        fullNs[place] = full
        return nil
    }

    /// Gives a token back that was taken, if its bucket has not been forgotten.
    mutating func giveBack(_ key: UInt64, _ rate: BucketRate) {
        let first = Int(key % UInt64(sets)) * Self.ways
        for place in first..<first + Self.ways where keys[place] == key { fullNs[place] -= rate.intervalNs }
    }
}
