// SPDX-License-Identifier: Apache-2.0

/// What Swift code says when comments are left out, and strings but for what is interpolated in them.
enum SwiftCode {
    /// The lines, as many as came.
    static func strip(_ lines: [Substring]) -> [String] {
        var stripper = Stripper()
        return lines.map { stripper.strip(Array($0.utf8)) }
    }

    /// The words of a line of code: letters, digits and `_`. `isMember` if a dot stands before it.
    static func words(_ line: String) -> [(word: Substring, isMember: Bool)] {
        var words: [(Substring, Bool)] = []
        let utf8 = line.utf8
        var start: String.Index?
        var before = UInt8(ascii: " ")
        var last = before
        for position in utf8.indices {
            let byte = utf8[position]
            if isWord(byte) {
                if start == nil {
                    start = position
                    before = last
                }
            } else if let begun = start {
                words.append((line[begun..<position], before == UInt8(ascii: ".")))
                start = nil
            }
            last = byte
        }
        if let start { words.append((line[start...], before == UInt8(ascii: "."))) }
        return words
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}

private struct Stripper {
    private var isInComment = false
    /// Of a string over several lines, how many # it has; nil outside.
    private var openText: Int?

    private var line: [UInt8] = []
    private var position = 0
    private var out: [UInt8] = []

    mutating func strip(_ line: [UInt8]) -> String {
        self.line = line
        position = 0
        out.removeAll(keepingCapacity: true)
        if isInComment { skipComment() }
        if let hashes = openText { skipText(hashes: hashes, quotes: 3) }
        while position < line.count {
            switch line[position] {
            case UInt8(ascii: "/") where next == UInt8(ascii: "/"): position = line.count
            case UInt8(ascii: "/") where next == UInt8(ascii: "*"):
                isInComment = true
                position += 2
                skipComment()
            case UInt8(ascii: "\""), UInt8(ascii: "#"): takeText()
            default:
                out.append(line[position])
                position += 1
            }
        }
        while out.last == UInt8(ascii: " ") { out.removeLast() }
        return String(decoding: out, as: UTF8.self)
    }

    private var next: UInt8? { position + 1 < line.count ? line[position + 1] : nil }

    private mutating func skipComment() {
        while position < line.count {
            if line[position] == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
                isInComment = false
                position += 2
                return
            }
            position += 1
        }
    }

    /// A string, or a # that is something else.
    private mutating func takeText() {
        let hashes = count(UInt8(ascii: "#"), at: position)
        let quotes = count(UInt8(ascii: "\""), at: position + hashes)
        guard quotes > 0 else {
            out += line[position..<position + hashes]
            position += hashes
            return
        }
        out += [UInt8(ascii: "\""), UInt8(ascii: "\"")]
        // Two quotes are a string that is empty; more than three, one of several lines that begins with quotes.
        if quotes == 2 {
            position += hashes + 2 + hashes
        } else {
            position += hashes + (quotes >= 3 ? 3 : 1)
            skipText(hashes: hashes, quotes: quotes >= 3 ? 3 : 1)
        }
    }

    private func count(_ byte: UInt8, at start: Int) -> Int {
        var end = start
        while end < line.count, line[end] == byte { end += 1 }
        return end - start
    }

    /// Goes behind the end of a string, but keeps what is interpolated in it.
    private mutating func skipText(hashes: Int, quotes: Int) {
        openText = quotes == 3 ? hashes : nil
        while position < line.count {
            if line[position] == UInt8(ascii: "\"") {
                let found = count(UInt8(ascii: "\""), at: position)
                if found >= quotes, count(UInt8(ascii: "#"), at: position + (quotes == 3 ? found : 1)) >= hashes {
                    position += (quotes == 3 ? found : 1) + hashes
                    openText = nil
                    return
                }
                position += 1
            } else if line[position] == UInt8(ascii: "\\"), count(UInt8(ascii: "#"), at: position + 1) >= hashes {
                position += 1 + hashes
                if position < line.count, line[position] == UInt8(ascii: "(") { takeInterpolation() }
                position += 1
            } else {
                position += 1
            }
        }
    }

    /// What stands in parentheses, up to the last one. A string in it is taken for code, which does no harm.
    private mutating func takeInterpolation() {
        var depth = 0
        while position < line.count {
            let byte = line[position]
            out.append(byte == UInt8(ascii: "\"") ? UInt8(ascii: " ") : byte)
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 { return }
            position += 1
        }
    }
}
