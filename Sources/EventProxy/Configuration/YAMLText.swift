// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// A value on its way into a YAML document.
indirect enum YAMLText: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        let name: String
        let value: YAMLText
    }

    /// A number, a boolean or a word that is none of them.
    case plain(String)
    case quoted(String)
    case list([YAMLText])
    case mapping([Entry])

    /// The document, which ends in a line break.
    var document: String {
        var text = ""
        append(to: &text, indent: 0, isItem: false)
        return text
    }

    /// Writes the value from the beginning of a line; that of an item of a list goes on behind its dash.
    private func append(to text: inout String, indent: Int, isItem: Bool) {
        let margin = String(repeating: " ", count: indent)
        switch self {
        case .plain, .quoted: text += "\(isItem ? "" : margin)\(scalar)\n"
        case .list(let items):
            if isItem { text += "\n" }
            for item in items {
                text += "\(margin)- "
                item.append(to: &text, indent: indent + 2, isItem: true)
            }
        case .mapping(let entries):
            for (position, entry) in entries.enumerated() {
                text += "\(isItem && position == 0 ? "" : margin)\(entry.name):"
                if entry.value.isInline {
                    text += " \(entry.value.scalar)\n"
                } else {
                    text += "\n"
                    entry.value.append(to: &text, indent: indent + 2, isItem: false)
                }
            }
        }
    }

    private var isInline: Bool {
        switch self {
        case .plain, .quoted: true
        case .list, .mapping: false
        }
    }

    /// The value if it stands on one line. What is between double quotes is written as in JSON, which YAML 1.2 reads
    /// the same (section 5.7).
    private var scalar: String {
        switch self {
        case .plain(let text): text
        case .quoted(let text): text.jsonQuoted
        case .list, .mapping: ""
        }
    }
}

extension ProxyConfiguration {
    /// This configuration as a file that says all of it, defaults too; read again it is the same.
    public var yaml: String { writeMapping(self, Self.fileKeys).document }
}
