// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct HashTests {
    @Test func `hashes are the same everywhere`() {
        // These may change with the algorithm, but not from machine to machine: replicas hash alike.
        let known: [(String, UInt64)] = [
            ("", 8_550_048_307_152_868_150), ("a", 3_583_017_579_035_333_075), ("GET /fail", 1_490_854_026_735_704_017),
            ("0123456789abcdef0123456789", 11_373_400_239_984_400_594),
        ]
        for (text, hash) in known { #expect(Hash64.hash(Array(text.utf8).span, seed: 1) == hash, "\(text)") }
    }

    @Test func `each bit of the input changes each bit of the hash about half of the time`() {
        var random = SplitMix64(seed: 11)
        let rounds = 2_000
        for length in [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40] {
            for bit in [0, length * 4, length * 8 - 1] {
                var flips = [Int](repeating: 0, count: 64)
                for _ in 0..<rounds {
                    var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                    let seed = random.next()
                    let before = Hash64.hash(bytes.span, seed: seed)
                    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                    let changed = before ^ Hash64.hash(bytes.span, seed: seed)
                    for index in 0..<64 where changed >> UInt64(index) & 1 == 1 { flips[index] += 1 }
                }
                // Six standard deviations of 22.
                #expect(flips.allSatisfy { abs($0 - rounds / 2) < 135 }, "bit \(bit) of \(length) bytes: \(flips)")
            }
        }
    }

    @Test func `each bit of the seed and of combined words changes about half of the hash`() {
        var random = SplitMix64(seed: 12)
        let text = Array("GET /index.html".utf8)
        var flipped = [0, 0, 0]
        for round in 0..<6_400 {
            let bit = UInt64(1) << UInt64(round % 64)
            let (a, b) = (random.next(), random.next())
            flipped[0] += (Hash64.hash(text.span, seed: a) ^ Hash64.hash(text.span, seed: a ^ bit)).nonzeroBitCount
            flipped[1] += (Hash64.combine(a, b) ^ Hash64.combine(a ^ bit, b)).nonzeroBitCount
            flipped[2] += (Hash64.combine(a, b) ^ Hash64.combine(a, b ^ bit)).nonzeroBitCount
        }
        for count in flipped { #expect(abs(Double(count) / 6_400 - 32) < 0.5, "\(flipped)") }
    }

    @Test func `low and high bits of hashes of similar keys are uniform`() {
        var low = [Int](repeating: 0, count: 256)
        var high = low
        var combined = low
        for index in 0..<100_000 {
            let hash = Hash64.hash(Array("/user/\(index)".utf8).span, seed: 3)
            low[Int(hash & 255)] += 1
            high[Int(hash >> 56)] += 1
            combined[Int(Hash64.combine(7, UInt64(index)) >> 56)] += 1
        }
        // 255 degrees of freedom: five standard deviations of 22.6 above.
        for counts in [low, high, combined] { #expect(counts.chiSquare() < 370) }
    }

    @Test func `nothing collides that differs in length, zeros, parts or order`() {
        var seen = Set<UInt64>()
        var count = 0
        for length in 0...100 {
            seen.insert(Hash64.hash([UInt8](repeating: 0, count: length).span, seed: 0))
            count += 1
        }
        let one = Hash64.hash([1].span, seed: 0)
        let parts: [([UInt8], [UInt8])] = [
            ([1, 2], [3]), ([1], [2, 3]), ([], [1, 2, 3]), ([1, 2, 3], []), ([3], [1, 2]),
        ]
        for (first, second) in parts {
            seen.insert(Hash64.hash(second.span, seed: Hash64.hash(first.span, seed: 0)))
            count += 1
        }
        #expect(seen.count == count && !seen.contains(one))
        for index in 0..<200_000 as Range<UInt64> { seen.insert(Hash64.combine(index, index &* 3)) }
        #expect(seen.count == count + 200_000)
    }

    @Test func `a word that makes a factor zero does not erase what came before`() {
        // The constant that words are mixed with, as the first word of the second block.
        let zero: [UInt8] = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(0xBB67_AE85_84CA_A73B) >> UInt64(8 * $0)) }
        let tail = zero + [UInt8](repeating: 9, count: 8)
        let one = Hash64.hash(([UInt8](repeating: 1, count: 16) + tail).span, seed: 0)
        let other = Hash64.hash(([UInt8](repeating: 2, count: 16) + tail).span, seed: 0)
        #expect(one != other)
    }

    @Test func `random numbers below a bound are uniform`() {
        for bound in [2, 3, 7, 100] {
            var random = SplitMix64(seed: UInt64(bound))
            var counts = [Int](repeating: 0, count: bound)
            for _ in 0..<100_000 { counts[random.below(bound)] += 1 }
            let freedom = Double(bound - 1)
            #expect(counts.chiSquare() < freedom + 5 * (2 * freedom).squareRoot(), "\(counts)")
        }
    }

    @Test func `SplitMix64 gives the published numbers`() {
        var random = SplitMix64(seed: 1_234_567)
        let numbers = (0..<3).map { _ in random.next() }
        #expect(numbers == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }
}
