// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let functionLinesMax = 70

    /// From its name to its closing brace, which the formatter puts under its first letter.
    static let functionLength = Rule("a function does one thing") { file in
        file.code.indices.compactMap { start in
            guard let indent = indentOfFunction(file.code[start]),
                let end = endOfBlock(file.code, from: start, indent: indent), end - start + 1 > functionLinesMax
            else { return nil }
            return file.finding(
                start + 1, "a function of \(end - start + 1) lines, \(functionLinesMax) are allowed; split it")
        }
    }

    /// The spaces before a function, an initialiser and the like; nil if the line begins none, or ends it as well.
    private static func indentOfFunction(_ line: String) -> Int? {
        guard let found = Declarations.declaration(line),
            ["func", "init", "deinit", "subscript"].contains(found.kind)
        else { return nil }
        let opened = line.utf8.count { $0 == UInt8(ascii: "{") }
        if opened > 0, opened == line.utf8.count(where: { $0 == UInt8(ascii: "}") }) { return nil }
        return indent(line)
    }

    private static func endOfBlock(_ code: [String], from start: Int, indent: Int) -> Int? {
        for end in code.indices.dropFirst(start + 1) where !code[end].isEmpty {
            let depth = Self.indent(code[end])
            // A requirement, which has no body.
            if depth < indent { return nil }
            if depth == indent, code[end].dropFirst(depth).hasPrefix("}") { return end }
        }
        return nil
    }

    static func indent(_ line: some StringProtocol) -> Int { line.utf8.prefix { $0 == UInt8(ascii: " ") }.count }
}
