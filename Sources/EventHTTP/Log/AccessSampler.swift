// SPDX-License-Identifier: Apache-2.0

/// Says which of many lines are a given share of them: those for which the multiples of the golden ratio, modulo 1, are
/// below the share (a Weyl sequence). They are spread more evenly than by chance, and in step with nothing: not with
/// origins that take turns, nor with clients that repeat themselves. One addition, no lock, the same in each run.
struct AccessSampler {
    private let bound: UInt64
    private let isAll: Bool
    private var position: UInt64 = 0

    init(share: Double) {
        isAll = share >= 1
        bound = share <= 0 || isAll ? 0 : UInt64(share * 0x1p64)
    }

    mutating func next() -> Bool {
        if isAll { return true }
        position &+= 0x9E37_79B9_7F4A_7C15
        return position < bound
    }
}
