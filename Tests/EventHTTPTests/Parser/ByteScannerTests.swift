// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// Every function against one that says the rule byte by byte: all byte values in all places of inputs of all lengths
/// up to three words and a bit, each ending at a guard page.
struct ByteScannerTests {
    private static let tokenCharacters = Set(
        raw("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))

    private func expectScan(
        filler: UInt8, _ name: String, _ stops: (UInt8) -> Bool, _ scan: (Span<UInt8>, Int) -> Int
    ) {
        let memory = GuardedBytes()
        for length in 0...26 {
            for start in 0...length {
                let clean = [UInt8](repeating: filler, count: length)
                let end = memory.with(clean) { scan($0, start) }
                if end != length { Issue.record("\(name): \(length) bytes from \(start) gave \(end)") }
            }
        }
        for byte in UInt8.min...UInt8.max {
            for length in [1, 7, 8, 9, 15, 16, 17, 24, 25] {
                for position in 0..<length {
                    var bytes = [UInt8](repeating: filler, count: length)
                    bytes[position] = byte
                    for start in Set([0, position, position / 2, min(position + 1, length)]) {
                        let wanted = start <= position && stops(byte) ? position : length
                        let end = memory.with(bytes) { scan($0, start) }
                        if end != wanted {
                            Issue.record("\(name): \(byte) at \(position) of \(length) from \(start) gave \(end)")
                        }
                    }
                }
            }
        }
    }

    private func expectRandomScan(
        _ name: String, seed: UInt64, _ stops: (UInt8) -> Bool, _ scan: (Span<UInt8>, Int) -> Int
    ) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedBytes()
        for _ in 0..<5000 {
            // Mostly bytes that go on, so that borrows between the bytes of a word get their chance.
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                let byte = UInt8.random(in: 0...255, using: &random)
                return stops(byte) && Int.random(in: 0..<8, using: &random) > 0 ? UInt8(ascii: "a") : byte
            }
            let start = Int.random(in: 0...bytes.count, using: &random)
            let wanted = bytes[start...].firstIndex(where: stops) ?? bytes.count
            let end = memory.with(bytes) { scan($0, start) }
            if end != wanted { Issue.record("\(name), seed \(seed): \(bytes) from \(start) gave \(end)") }
        }
    }

    @Test(arguments: [UInt8(ascii: "a"), 0x09, 0x20, 0x7e, 0x80, 0xff])
    func `a value ends at the first control that is no tab`(_ filler: UInt8) {
        func stops(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte == 0x7f }
        expectScan(filler: filler, "valueEnd", stops) { ByteScanner.valueEnd($0, from: $1) }
        expectRandomScan("valueEnd", seed: UInt64(filler), stops) { ByteScanner.valueEnd($0, from: $1) }
    }

    @Test(arguments: [UInt8(ascii: "a"), 0x21, 0x22, 0x24, 0x7e])
    func `a target ends at the first byte that is not printable ASCII, and at a number sign`(_ filler: UInt8) {
        func stops(_ byte: UInt8) -> Bool { byte <= 0x20 || byte >= 0x7f || byte == 0x23 }
        expectScan(filler: filler, "targetEnd", stops) { ByteScanner.targetEnd($0, from: $1) }
        expectRandomScan("targetEnd", seed: UInt64(filler), stops) { ByteScanner.targetEnd($0, from: $1) }
    }

    @Test(arguments: [UInt8(ascii: "a"), UInt8(ascii: "_"), UInt8(ascii: "~")])
    func `a token ends at the first byte that is none of its characters`(_ filler: UInt8) {
        func stops(_ byte: UInt8) -> Bool { !Self.tokenCharacters.contains(byte) }
        expectScan(filler: filler, "tokenEnd", stops) { ByteScanner.tokenEnd($0, from: $1).end }
        expectRandomScan("tokenEnd", seed: UInt64(filler), stops) { ByteScanner.tokenEnd($0, from: $1).end }
    }

    @Test func `each byte is a token character or not as RFC 9110 says`() {
        for byte in UInt8.min...UInt8.max {
            #expect(ByteScanner.isToken(byte) == Self.tokenCharacters.contains(byte), "\(byte)")
        }
    }

    @Test(arguments: [
        ("", 0, false), ("abc", 0, false), ("a_c", 0, true), ("a.c", 0, true), ("_", 0, true), ("a_c", 2, false),
        ("abc:_", 0, false), ("a-c", 0, false), ("abc_:", 0, true),
    ])
    func `a token tells of an underscore or a dot before its end`(_ input: String, _ start: Int, _ wanted: Bool) {
        #expect(guarded(raw(input)) { ByteScanner.tokenEnd($0, from: start).hasAliasCharacter } == wanted)
    }

    @Test func `a byte is found at its first place from the start on`() {
        let memory = GuardedBytes()
        for byte in [0, 1, 0x0a, 0x2c, 0x7f, 0x80, 0xff] as [UInt8] {
            for length in 0...24 {
                for position in 0...length {
                    var bytes = [UInt8](repeating: byte ^ 0x55, count: length)
                    if position < length { bytes[position] = byte }
                    for start in 0...length {
                        let wanted = bytes[start...].firstIndex(of: byte)
                        let found = memory.with(bytes) { ByteScanner.firstIndex(of: byte, in: $0, from: start) }
                        if found != wanted { Issue.record("\(byte) in \(bytes) from \(start), not \(wanted ?? -1)") }
                    }
                }
            }
        }
    }

    private static let texts: [StaticString] = [
        "", "a", "te", "date", "x-real-ip", "abcdefg", "abcdefgh", "abcdefghi", "transfer-encoding", "100-continue",
        "abcdefghijklmnopqrstuvwxy",
    ]

    @Test func `bytes equal a text when each of them does`() {
        let memory = GuardedBytes()
        for text in Self.texts {
            let original = raw(text.description)
            #expect(memory.with(original) { $0.equals(text) && $0.equalsIgnoringCase(text) && $0.hasPrefix(text) })
            #expect(memory.with(original + [65]) { !$0.equals(text) && !$0.equalsIgnoringCase(text) })
            #expect(memory.with(original + [65]) { $0.hasPrefix(text) })
            for position in original.indices {
                #expect(memory.with(original[..<position]) { !$0.equals(text) && !$0.equalsIgnoringCase(text) })
                #expect(memory.with(original[..<position]) { ByteScanner.equalPrefix($0, text) && !$0.hasPrefix(text) })
                for byte in UInt8.min...UInt8.max {
                    var changed = original
                    changed[position] = byte
                    let isSame = byte == original[position]
                    let isLetter = (0x61...0x7a).contains(original[position])
                    let isSameLetter = isSame || (isLetter && byte == original[position] ^ 0x20)
                    let right = memory.with(changed) {
                        $0.equals(text) == isSame && $0.hasPrefix(text) == isSame
                            && ByteScanner.equalPrefix($0, text) == isSame
                            && $0.equalsIgnoringCase(text) == isSameLetter
                    }
                    if !right { Issue.record("\(text) with \(byte) at \(position)") }
                }
            }
        }
    }

    @Test func `two names are the same when only letter case differs`() {
        let memory = GuardedBytes()
        for byte in UInt8.min...UInt8.max {
            for other in UInt8.min...UInt8.max {
                let letters = (0x41...0x5a).contains(byte & 0xdf) && byte < 0x80
                let wanted = byte == other || (letters && other == byte ^ 0x20)
                let isSame = memory.with([0x61, byte]) { a in
                    [0x41, other].withUnsafeBufferPointer {
                        ByteScanner.equalIgnoringCase(a, Span(_unsafeElements: $0))
                    }
                }
                if isSame != wanted { Issue.record("\(byte) and \(other)") }
            }
        }
        #expect(!memory.with(raw("ab")) { ByteScanner.equalIgnoringCase($0, $0.dropping(1)) })
        #expect(memory.with([UInt8]()) { ByteScanner.equalIgnoringCase($0, $0) })
    }
}
