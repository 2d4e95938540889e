// SPDX-License-Identifier: Apache-2.0

/// A fast 64-bit hash of bytes, for keys of the consistent hash and for fingerprints of requests: two words are
/// multiplied to 128 bits and the halves folded, 16 bytes at a time.
///
/// Clients choose what is hashed. So a table keyed by it takes a random seed, and folding keeps what went in: with the
/// product alone, a word that makes one factor zero would erase all that came before it, whatever the seed.
/// Not for signatures.
enum Hash64 {
    private static let blockBytes = 16
    private static let wordBytes = 8
    // Odd, with about half of the bits set: the fractions of the square roots of 2, 3, 5 and 7.
    private static let first: UInt64 = 0x6A09_E667_F3BC_C909
    private static let second: UInt64 = 0xBB67_AE85_84CA_A73B
    private static let third: UInt64 = 0x3C6E_F372_FE94_F82B
    private static let fourth: UInt64 = 0xA54F_F53A_5F1D_36F1

    /// The hash of some bytes. To hash several parts, take the hash of one as the seed of the next; since lengths
    /// count, `ab` and `c` differ from `a` and `bc`.
    static func hash(_ bytes: Span<UInt8>, seed: UInt64) -> UInt64 {
        var state = mix(seed ^ first, second)
        var offset = 0
        while bytes.count - offset > blockBytes {
            let low = word(bytes, at: offset)
            let high = word(bytes, at: offset + wordBytes)
            state = mix(low ^ second, high ^ state)
            offset += blockBytes
        }
        let low = partialWord(bytes, from: offset, to: min(offset + wordBytes, bytes.count))
        let high = partialWord(bytes, from: min(offset + wordBytes, bytes.count), to: bytes.count)
        state = mix(low ^ second, high ^ state)
        return mix(state ^ third, UInt64(bytes.count) ^ fourth)
    }

    /// A hash of two words, each bit of which depends on all of theirs.
    static func combine(_ a: UInt64, _ b: UInt64) -> UInt64 {
        mix(mix(a ^ first, b ^ second) ^ third, a ^ fourth)
    }

    private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low ^ a ^ b
    }

    /// Eight bytes, little endian, so that a hash is the same on every machine.
    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
        var value: UInt64 = 0
        for i in 0..<wordBytes { value |= UInt64(bytes[offset &+ i]) &<< UInt64(8 &* i) }
        return value
    }

    /// Up to eight bytes; those that are missing count as zero.
    @inline(__always)
    private static func partialWord(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> UInt64 {
        if end - start == wordBytes { return word(bytes, at: start) }
        var value: UInt64 = 0
        var i = end
        while i > start {
            i -= 1
            value = value &<< 8 | UInt64(bytes[i])
        }
        return value
    }
}
