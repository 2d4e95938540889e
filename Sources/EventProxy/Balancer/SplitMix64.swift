// SPDX-License-Identifier: Apache-2.0

/// A small and fast source of random numbers (Steele, Lea and Flood, 2014), the same everywhere for a seed. Balancers
/// take it as a parameter, so that a run can be repeated from the seed that was printed. Not for secrets.
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number in `0..<bound` by one multiplication. Some numbers are likelier by `bound` in 2^64, which is nothing
    /// beside the bounds we have, and costs no loop.
    mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0)
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
