// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Finds the first byte that is not what a rule of the grammar allows, eight at a time.
///
/// The one place of the parser with `unsafe`: words are loaded from memory that `Span` vouches for, and never beyond
/// its end. Tests run every function with the last byte at the end of a page that is followed by an unreadable one.
enum ByteScanner {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Sets the high bit of each byte of the result whose byte in `word` is less than `bound` (1...128). A borrow may
    /// mark the byte above one that is marked, so only the lowest mark counts, and that one is exact.
    @inline(__always)
    private static func below(_ word: UInt64, _ bound: UInt8) -> UInt64 {
        (word &- ones &* UInt64(bound)) & ~word & highs
    }

    @inline(__always)
    private static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        below(word ^ (ones &* UInt64(byte)), 1)
    }

    /// Steps over words while `stop` marks no byte, then over bytes while `isStop` is false.
    @inline(__always)
    private static func scan(
        _ bytes: Span<UInt8>, from start: Int, stop: (UInt64) -> UInt64, isStop: (UInt8) -> Bool
    ) -> Int {
        precondition(start >= 0 && start <= bytes.count)
        return unsafe bytes.withUnsafeBytes { memory in
            let count = memory.count
            var position = start
            while position &+ 8 <= count {
                let word = unsafe UInt64(
                    littleEndian: memory.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                let marks = stop(word)
                if marks != 0 {
                    position &+= marks.trailingZeroBitCount >> 3
                    return position
                }
                position &+= 8
            }
            while position < count, unsafe !isStop(memory[position]) { position &+= 1 }
            return position
        }
    }

    /// The first byte at or after `start` that cannot be in a field value (RFC 9110 §5.5): a control other than HTAB.
    static func valueEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start
        while true {
            position = scan(
                bytes, from: position,
                stop: { (below($0, 0x20) | equal($0, 0x7f)) },
                isStop: { $0 < 0x20 || $0 == 0x7f })
            guard position < bytes.count, bytes[position] == 0x09 else { return position }
            position += 1
        }
    }

    /// The first byte at or after `start` that cannot be in a request target: a control, SP, `#`, or one beyond ASCII.
    static func targetEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        scan(
            bytes, from: start,
            stop: { below($0, 0x21) | equal($0, 0x7f) | equal($0, 0x23) | ($0 & highs) },
            isStop: { $0 < 0x21 || $0 >= 0x7f || $0 == 0x23 })
    }

    /// The first byte at or after `start` that is no token character (RFC 9110 §5.6.2), and whether `_` or `.` came
    /// before it.
    static func tokenEnd(_ bytes: Span<UInt8>, from start: Int) -> (end: Int, hasAliasCharacter: Bool) {
        var position = plainEnd(bytes, from: start)
        var hasAlias = false
        // What is not a letter, digit or hyphen is rare, and so is a name that goes on after it.
        while position < bytes.count {
            let byte = bytes[position]
            if !isToken(byte) { break }
            hasAlias = hasAlias || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            position &+= 1
        }
        return (position, hasAlias)
    }

    /// A position up to which there are only letters, digits and hyphens: nearly always the first other byte, never
    /// beyond it.
    @inline(__always)
    private static func plainEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        precondition(start >= 0 && start <= bytes.count)
        return unsafe bytes.withUnsafeBytes { memory in
            var position = start
            while position &+ 8 <= memory.count {
                let word = unsafe UInt64(
                    littleEndian: memory.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                let others = ~plain(word) & highs
                if others != 0 { return position &+ others.trailingZeroBitCount >> 3 }
                position &+= 8
            }
            return position
        }
    }

    /// Sets the high bit of each byte that is a letter, a digit or a hyphen.
    @inline(__always)
    private static func plain(_ word: UInt64) -> UInt64 {
        let letters = range(word | ones &* 0x20, 0x61, 0x7a)
        return (letters | range(word, 0x30, 0x39) | range(word, 0x2d, 0x2d)) & ~word & highs
    }

    /// Sets the high bit of each byte between `low` and `high`, as far as it is ASCII. With the high bit of every byte
    /// set before the subtraction, no byte borrows from the next.
    @inline(__always)
    private static func range(_ word: UInt64, _ low: UInt8, _ high: UInt8) -> UInt64 {
        let above = (word | highs) &- ones &* UInt64(low)
        let beyond = (word | highs) &- ones &* UInt64(high &+ 1)
        return above & ~beyond
    }

    /// A bit for each of the 128 ASCII characters, set for ``!#$%&'*+-.^_`|~``, digits and letters. Constants and not a
    /// table, which Swift would initialise lazily and check on every access.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x03ff6cfa00000000
        let high: UInt64 = 0x57ffffffc7fffffe
        return byte < 0x80 && ((byte < 0x40 ? low : high) >> UInt64(byte & 0x3f)) & 1 != 0
    }

    static func firstIndex(of byte: UInt8, in bytes: Span<UInt8>, from start: Int) -> Int? {
        precondition(start >= 0 && start <= bytes.count)
        return unsafe bytes.withUnsafeBytes { memory in
            guard start < memory.count, let base = memory.baseAddress else { return nil }
            guard let found = unsafe memchr(base + start, Int32(byte), memory.count - start) else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// Whether two runs of token characters are the same, letter case aside.
    static func equalIgnoringCase(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        for i in a.indices where lowercase(a[i]) != lowercase(b[i]) { return false }
        return true
    }

    @inline(__always)
    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// Whether the bytes, at most as many as `text` has, are how it begins.
    static func equalPrefix(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
        precondition(bytes.count <= text.utf8CodeUnitCount)
        return equal(bytes, text, caseMask: 0)
    }

    /// Whether the bytes are those of `text`, which has as many. With the mask 0x20 letter case does not matter; the
    /// text is then in lower case.
    static func equal(_ bytes: Span<UInt8>, _ text: StaticString, caseMask: UInt8) -> Bool {
        let wanted = unsafe UnsafeRawPointer(text.utf8Start)
        return unsafe bytes.withUnsafeBytes { memory in
            let count = memory.count
            var position = 0
            let mask = ones &* UInt64(caseMask)
            while position &+ 8 <= count {
                let word = unsafe memory.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                let other = unsafe wanted.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                let difference = word ^ other
                if difference & ~mask != 0 || (difference != 0 && !areLetters(other, where: difference)) {
                    return false
                }
                position &+= 8
            }
            while position < count {
                let other = unsafe wanted.load(fromByteOffset: position, as: UInt8.self)
                let difference = unsafe memory[position] ^ other
                if difference & ~caseMask != 0 || (difference != 0 && !isLowercase(other)) { return false }
                position &+= 1
            }
            return true
        }
    }

    /// Whether a token is `text`, which has as many characters, all of them lower-case letters, digits and hyphens;
    /// letter case does not matter. A token has no control, so the bit that makes a letter lower-case makes no other
    /// character one of those.
    @inline(__always)
    static func equalToken(_ token: Span<UInt8>, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        precondition(token.count == count && count > 0)
        let wanted = unsafe UnsafeRawPointer(text.utf8Start)
        return unsafe token.withUnsafeBytes { memory in
            var position = 0
            while position &+ 8 <= count {
                let word = unsafe memory.loadUnaligned(fromByteOffset: position, as: UInt64.self) | ones &* 0x20
                if unsafe word != wanted.loadUnaligned(fromByteOffset: position, as: UInt64.self) { return false }
                position &+= 8
            }
            while position < count {
                if unsafe memory[position] | 0x20 != wanted.load(fromByteOffset: position, as: UInt8.self) {
                    return false
                }
                position &+= 1
            }
            return true
        }
    }

    /// Only letters have a case: where a bit of `difference` is set, the byte of `word` must be one. Without this, CR
    /// would pass for a hyphen.
    private static func areLetters(_ word: UInt64, where difference: UInt64) -> Bool {
        var rest = difference
        while rest != 0 {
            let shift = UInt64(rest.trailingZeroBitCount & ~7)
            if !isLowercase(UInt8(truncatingIfNeeded: word >> shift)) { return false }
            rest &= ~(0xff << shift)
        }
        return true
    }

    @inline(__always)
    private static func isLowercase(_ byte: UInt8) -> Bool {
        byte &- 0x61 < 26
    }
}
