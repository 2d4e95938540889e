// SPDX-License-Identifier: Apache-2.0

/// Where the names of requests, traces and spans come from: xoshiro256** (Blackman and Vigna, 2018), seeded by the
/// system. Its 256 bits of state make two processes that ever give out the same name a matter of 2^-100; SplitMix64,
/// with 64, would do so after some four billion requests. Names tell requests apart, they are no secrets.
struct IdentifierSource: RandomNumberGenerator, Sendable {
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    /// State from `random`, which is the system's or, so that a simulation can be repeated, one with a known seed.
    init(using random: inout some RandomNumberGenerator) {
        a = random.next()
        b = random.next()
        c = random.next()
        d = random.next() | 1  // All zeros is the one state that leads nowhere.
    }

    /// A source of its own for one of several event loops.
    func forWorker(_ worker: Int) -> IdentifierSource {
        var other = self
        var mask = SplitMix64(seed: UInt64(truncatingIfNeeded: worker))
        other.a ^= mask.next()
        other.b ^= mask.next()
        other.c ^= mask.next()
        return other
    }

    mutating func next() -> UInt64 {
        let product = b &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let shifted = b << 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = (d << 45) | (d >> 19)
        return result
    }

    /// 64 bits that are not all zero, which would be no span (W3C Trace Context §3.2.2.4).
    mutating func nextSpan() -> UInt64 {
        while true {
            let span = next()
            if span != 0 { return span }
        }
    }
}
