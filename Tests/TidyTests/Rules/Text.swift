// SPDX-License-Identifier: Apache-2.0

// What every file must be like, whatever it says.

extension Rule {
    /// The licence is in the first line, or in the second where a tool wants the first for itself.
    static let licence = Rule("each file names its licence") { file in
        guard file.isCode else { return [] }
        let first = file.lines.first ?? ""
        let index = first.hasPrefix("#!") || first.hasPrefix("// swift-tools-version") ? 1 : 0
        let wanted = "SPDX-License-Identifier: Apache-2.0"
        if index < file.lines.count, file.lines[index].contains(wanted) { return [] }
        return [file.finding(index + 1, "the line `\(wanted)` is missing here")]
    }

    static let fileLinesMax = 400

    static let fileLength = Rule("a file can be read in one sitting") { file in
        guard file.isCode, file.lines.count > fileLinesMax else { return [] }
        return [
            file.finding(fileLinesMax + 1, "\(file.lines.count) lines, \(fileLinesMax) are allowed; split the file")
        ]
    }

    static let lineCharactersMax = 120

    static let lineLength = Rule("a line fits on the screen") { file in
        guard file.isCode else { return [] }
        return file.lines.enumerated().flatMap { index, line -> [Finding] in
            var findings: [Finding] = []
            if line.utf8.count > lineCharactersMax, line.count > lineCharactersMax {
                findings.append(
                    file.finding(
                        index + 1, "\(line.count) characters, \(lineCharactersMax) are allowed; break the line"))
            }
            if let last = line.utf8.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") {
                findings.append(file.finding(index + 1, "white space at the end of the line"))
            }
            return findings
        }
    }

    /// What nobody should read, and what to do instead.
    private static let banned: [(word: String, instead: String)] = [
        ("TODO", "do it, or file an issue"), ("FIXME", "mend it, or file an issue"), ("XXX", "say what is wrong"),
        ("HACK", "say why it must be so"), ("WIP", "finish it"),
        ("simply", "leave it out"), ("obviously", "leave it out"), ("trivially", "leave it out"),
        ("blacklist", "deny list"), ("whitelist", "allow list"),
        ("stupid", "say what it does"), ("crap", "say what it does"), ("damn", "say what it does"),
    ]

    static let words = Rule("words say what is meant") { file in
        // This folder has to name them.
        guard file.isCode || file.isDocumentation, !file.path.hasPrefix("Tests/TidyTests/") else { return [] }
        return file.lines.enumerated().flatMap { index, line -> [Finding] in
            let text = String(line)
            let found = banned.filter { text.contains($0.word) }
            if found.isEmpty { return [] }
            let words = SwiftCode.words(text).map(\.word)
            return found.filter { words.contains($0.word[...]) }.map { word, instead in
                file.finding(index + 1, "“\(word)”: \(instead)")
            }
        }
    }
}
