// SPDX-License-Identifier: Apache-2.0

/// One value of a YAML document and where it stands.
struct YAMLNode: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping([YAMLEntry])
        /// A value that was refused with a finding of its own (an alias, a value with a tag): whoever reads it stays
        /// silent.
        case refused
    }

    let content: Content
    let position: SourcePosition

    /// The value of the first entry whose key is `name`, if this is a mapping that has one.
    func value(of name: String) -> YAMLNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key.scalar?.text == name }?.value
    }

    var scalar: YAMLScalar? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar
    }
}

/// A key and its value. Keys of YAML are any value; whether this one is a name is for the reader of the mapping to say.
struct YAMLEntry: Sendable, Equatable {
    let key: YAMLNode
    let value: YAMLNode
}

/// A text and whether it was written in quotes (or as a block), in which case it is a string whatever it looks like.
struct YAMLScalar: Sendable, Equatable {
    let text: String
    let isQuoted: Bool

    /// What a text without quotes means in the core schema of YAML 1.2 (section 10.3.2).
    enum Meaning: Sendable {
        case null, boolean, number, text
    }

    var meaning: Meaning {
        if isQuoted { return .text }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "false", "False", "FALSE": return .boolean
        case ".inf", ".Inf", ".INF", "+.inf", "-.inf", ".nan", ".NaN", ".NAN": return .number
        default: return looksLikeNumber ? .number : .text
        }
    }

    /// `[-+]? ( 0o[0-7]+ | 0x[0-9a-fA-F]+ | [0-9]+ ( . [0-9]* )? ( [eE] [-+]? [0-9]+ )? | . [0-9]+ … )`
    private var looksLikeNumber: Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.starts(with: "0x".utf8) { return rest.count > 2 && rest.dropFirst(2).allSatisfy(isHexDigit) }
        if rest.starts(with: "0o".utf8) { return rest.count > 2 && rest.dropFirst(2).allSatisfy(isDigit) }
        var digits = rest.prefix(while: isDigit).count
        rest = rest.dropFirst(digits)
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit).count
            rest = rest.dropFirst(1 + fraction)
            digits += fraction
        }
        guard digits > 0 else { return false }
        guard let exponent = rest.first else { return true }
        guard exponent == UInt8(ascii: "e") || exponent == UInt8(ascii: "E") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }
}

func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}
