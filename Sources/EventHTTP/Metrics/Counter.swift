// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A number that one thread counts up and every thread may read. Counting is a load and a store, no locked instruction:
/// that is why only one thread may do it.
package struct Counter: ~Copyable, Sendable {
    private let value = Atomic<UInt64>(0)

    package init() {}

    package func add(_ amount: UInt64 = 1) {
        value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    package var total: UInt64 { value.load(ordering: .relaxed) }
}

/// A level that one thread sets and every thread may read.
package struct Gauge: ~Copyable, Sendable {
    private let value: Atomic<Int64>

    package init(_ initial: Int64 = 0) {
        value = Atomic(initial)
    }

    package func set(_ level: Int64) {
        value.store(level, ordering: .relaxed)
    }

    package func add(_ amount: Int64) {
        set(level &+ amount)
    }

    package var level: Int64 { value.load(ordering: .relaxed) }
}

/// How long things took, in buckets from a quarter of a millisecond to ten seconds, which one thread fills and every
/// thread may read.
package struct DurationHistogram: ~Copyable, Sendable {
    /// The longest duration of each bucket but the last, which takes all others. The steps of 1, 2.5 and 5 are the
    /// ones that Prometheus' own clients have.
    package static let boundsUs: [Int64] = [
        250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000,
    ]
    package static let bucketCount = 16

    private let buckets = InlineArray<16, Counter> { _ in Counter() }
    private let sumUs = Counter()

    package init() {}

    package func observe(us: Int64) {
        buckets[Self.bucket(us)].add()
        sumUs.add(UInt64(max(us, 0)))
    }

    /// In constants rather than by the table, which would have to be fetched and counted as a reference.
    static func bucket(_ us: Int64) -> Int {
        switch us {
        case ...250: 0
        case ...500: 1
        case ...1_000: 2
        case ...2_500: 3
        case ...5_000: 4
        case ...10_000: 5
        case ...25_000: 6
        case ...50_000: 7
        case ...100_000: 8
        case ...250_000: 9
        case ...500_000: 10
        case ...1_000_000: 11
        case ...2_500_000: 12
        case ...5_000_000: 13
        case ...10_000_000: 14
        default: 15
        }
    }

    /// What was observed so far; further observations may be in one of the numbers and not in the other.
    package var snapshot: Snapshot {
        var snapshot = Snapshot()
        for bucket in 0..<Self.bucketCount { snapshot.counts[bucket] = buckets[bucket].total }
        snapshot.sumUs = sumUs.total
        return snapshot
    }

    package struct Snapshot: Sendable, Equatable {
        package var counts: [UInt64] = Array(repeating: 0, count: DurationHistogram.bucketCount)
        package var sumUs: UInt64 = 0

        package init() {}

        package static func += (sum: inout Snapshot, other: Snapshot) {
            for bucket in sum.counts.indices { sum.counts[bucket] += other.counts[bucket] }
            sum.sumUs += other.sumUs
        }
    }
}

/// Fills a cache line of 64 bytes. First and last in what one thread writes, it keeps neighbours in memory off its
/// lines.
package struct CacheLinePadding: Sendable {
    private let words = InlineArray<8, UInt64>(repeating: 0)

    package init() {}
}
