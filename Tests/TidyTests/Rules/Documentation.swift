// SPDX-License-Identifier: Apache-2.0

extension Rule {
    /// A doc comment on whatever is public, also on the cases of enums and the requirements of protocols, which are
    /// public without saying so. What a reader of the rendered pages sees is the name and this.
    static let publicSymbols = Rule("every public symbol says what it is") { file in
        guard file.path.hasPrefix("Sources/") else { return [] }
        var findings: [Finding] = []
        /// Where public enums and protocols begin that have not ended yet.
        var open: [(indent: Int, kind: Substring)] = []
        for (index, line) in file.code.enumerated() where !line.isEmpty {
            let indent = Rule.indent(line)
            open.removeAll { $0.indent >= indent }
            if let outer = open.last, indent == outer.indent + 4 {
                let isCase = outer.kind == "enum" && line.dropFirst(indent).hasPrefix("case ")
                let isRequirement = outer.kind == "protocol" && Declarations.declaration(line) != nil
                if isCase || isRequirement, !isDocumented(file, index) {
                    findings.append(file.finding(index + 1, "\(outer.kind) is public, and this has no doc comment"))
                }
            }
            guard let found = Declarations.declaration(line), found.modifiers.contains("public") else { continue }
            if line.contains("{"), found.kind == "enum" || found.kind == "protocol" {
                open.append((indent, found.kind))
            }
            if !isWellKnown(found), !isDocumented(file, index) {
                findings.append(file.finding(index + 1, "\(found.kind) \(found.name) is public and has no doc comment"))
            }
        }
        return findings
    }

    /// What protocols of the standard library ask for: everybody knows what it is.
    private static func isWellKnown(_ found: Declarations.Declaration) -> Bool {
        // Operators have no name.
        ["description", "hash", "deinit", ""].contains(found.name)
    }

    private static func isDocumented(_ file: SourceFile, _ index: Int) -> Bool {
        for line in file.lines[..<index].reversed() {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("///") { return true }
            // Attributes and their arguments stand between.
            if !text.hasPrefix("@") && !text.hasPrefix("copy ") && !text.hasPrefix("#if") { return false }
        }
        return false
    }
}
