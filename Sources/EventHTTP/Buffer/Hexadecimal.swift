// SPDX-License-Identifier: Apache-2.0

/// Numbers as lower-case hexadecimal digits, eight at a time.
package enum Hexadecimal {
    /// The eight digits of a number: the first one in the lowest byte, the order in which bytes are written.
    package static func digits(_ number: UInt32) -> UInt64 {
        // Half a byte into each byte, the most significant one first.
        var digits = UInt64(number.byteSwapped)
        digits = (digits | digits &<< 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits &<< 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits &>> 4 | digits &<< 8) & 0x0F0F_0F0F_0F0F_0F0F
        // Six more carries those beyond 9 into the upper half; letters are 39 beyond the digits.
        let letters = (digits &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
        return digits &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }
}
