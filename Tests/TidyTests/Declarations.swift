// SPDX-License-Identifier: Apache-2.0

/// Finds what Swift code declares.
enum Declarations {
    private static let types: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
    private static let values: Set<Substring> = ["func", "var", "let", "init", "subscript", "deinit", "associatedtype"]
    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "private", "fileprivate", "open", "static", "final", "mutating", "nonmutating",
        "consuming", "borrowing", "override", "convenience", "required", "lazy", "weak", "unowned", "indirect",
        "nonisolated", "isolated", "set", "unsafe", "dynamic", "prefix", "postfix", "infix",
    ]

    /// Something that a line declares.
    struct Declaration: Equatable {
        let kind: Substring
        let name: Substring
        let modifiers: [Substring]

        var isType: Bool { Declarations.types.contains(kind) }
    }

    static func declaration(_ line: String) -> Declaration? {
        var before: [Substring] = []
        let words = SwiftCode.words(line)
        var isAttribute = false
        for (index, item) in words.enumerated() {
            let word = item.word
            if types.contains(word) || values.contains(word) {
                // `class func` and `class var` are modifiers of what follows.
                if word == "class", index + 1 < words.count, values.contains(words[index + 1].word) { continue }
                guard !item.isMember else { return nil }
                let name = isNamed(word) ? name(line, words, after: index) : word
                return Declaration(kind: word, name: name, modifiers: before)
            }
            if modifiers.contains(word) {
                before.append(word)
                isAttribute = false
            } else if line.hasPrefix(String(repeating: " ", count: Rule.indent(line)) + "@") || isAttribute {
                // An attribute, or what stands in its parentheses.
                isAttribute = true
            } else {
                return nil
            }
        }
        return nil
    }

    /// Empty for an operator.
    private static func name(
        _ line: String, _ words: [(word: Substring, isMember: Bool)], after index: Int
    ) -> Substring {
        guard index + 1 < words.count else { return "" }
        let between = line[words[index].word.endIndex..<words[index + 1].word.startIndex]
        return between.allSatisfy { $0 == " " || $0 == "`" } ? words[index + 1].word : ""
    }

    private static func isNamed(_ kind: Substring) -> Bool {
        kind != "init" && kind != "subscript" && kind != "deinit"
    }

    /// The types that others in the module can name: those at the top of a file that are not private.
    static func types(_ code: [String]) -> [(line: Int, name: Substring)] {
        code.enumerated().compactMap { index, line in
            guard !line.isEmpty, Rule.indent(line) == 0, let found = declaration(line), found.isType,
                !found.modifiers.contains("private"), !found.modifiers.contains("fileprivate")
            else { return nil }
            return (index + 1, found.name)
        }
    }

    /// All that is declared at the top of a file, and one level down: functions, properties and types.
    static func names(_ code: [String]) -> Set<Substring> {
        // What is for debug builds alone stands a step to the right.
        let top = code.first { !$0.isEmpty }?.hasPrefix("#if") ?? false ? 4 : 0
        return Set(
            code.compactMap { line in
                guard !line.isEmpty, Rule.indent(line) <= top + 4, let found = declaration(line), isNamed(found.kind)
                else { return nil }
                return found.name
            })
    }
}
