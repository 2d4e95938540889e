// SPDX-License-Identifier: Apache-2.0

/// SipHash-2-4 (Aumasson and Bernstein, 2012): a number that nobody who lacks the key can tell from a random one.
struct SipHash: Sendable {
    let low: UInt64
    let high: UInt64

    func callAsFunction(_ bytes: [UInt8]) -> UInt64 {
        var v = (
            low ^ 0x736f_6d65_7073_6575, high ^ 0x646f_7261_6e64_6f6d, low ^ 0x6c79_6765_6e65_7261,
            high ^ 0x7465_6462_7974_6573
        )
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word |= UInt64(byte) << UInt64(8 * (index & 7))
            guard index & 7 == 7 else { continue }
            Self.take(word, &v)
            word = 0
        }
        Self.take(word | UInt64(truncatingIfNeeded: bytes.count) << 56, &v)
        v.2 ^= 0xff
        for _ in 0..<4 { Self.round(&v) }
        return v.0 ^ v.1 ^ v.2 ^ v.3
    }

    private static func take(_ word: UInt64, _ v: inout (UInt64, UInt64, UInt64, UInt64)) {
        v.3 ^= word
        round(&v)
        round(&v)
        v.0 ^= word
    }

    private static func round(_ v: inout (UInt64, UInt64, UInt64, UInt64)) {
        v.0 &+= v.1
        v.1 = rotated(v.1, 13) ^ v.0
        v.0 = rotated(v.0, 32)
        v.2 &+= v.3
        v.3 = rotated(v.3, 16) ^ v.2
        v.0 &+= v.3
        v.3 = rotated(v.3, 21) ^ v.0
        v.2 &+= v.1
        v.1 = rotated(v.1, 17) ^ v.2
        v.2 = rotated(v.2, 32)
    }

    private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }
}
