// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct HexadecimalTests {
    @Test func `eight digits are those of the standard library, whatever the number`() {
        var random = SystemRandomNumberGenerator()
        let edges: [UInt32] = [0, 1, 9, 10, 15, 16, 0x0123_4567, 0x89AB_CDEF, 0x9A9A_9A9A, 0xF0F0_F0F0, .max]
        for number in edges + (0..<10_000).map({ _ in UInt32.random(in: .min ... .max, using: &random) }) {
            let digits = Hexadecimal.digits(number)
            let text = String(decoding: (0..<8).map { UInt8(truncatingIfNeeded: digits >> (8 * $0)) }, as: UTF8.self)
            let plain = String(number, radix: 16)
            #expect(text == String(repeating: "0", count: 8 - plain.count) + plain)
        }
    }
}
