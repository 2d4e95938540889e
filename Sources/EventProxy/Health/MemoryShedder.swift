// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Whether requests are refused because memory runs out. Pure.
///
/// Beyond its limit the kernel ends a process, and with it all of its requests. So from 90 % of it on new requests are
/// refused, until it is clearly less, so that the decision does not flap.
struct MemoryShedder {
    static let usedPercentMax: UInt64 = 90
    static let usedPercentGood: UInt64 = 85
    /// How often the caller samples.
    static let intervalMs: Int64 = 1_000

    private(set) var sheds = false

    /// Takes a sample in; nil where there is no limit. True if the decision has changed.
    mutating func sample(_ use: MemoryUse?) -> Bool {
        let before = sheds
        if let use {
            let limit = sheds ? Self.usedPercentGood : Self.usedPercentMax
            sheds = use.usedBytes > use.limitBytes / 100 * limit
        } else {
            sheds = false
        }
        return sheds != before
    }
}
