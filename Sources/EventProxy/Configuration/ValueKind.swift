// SPDX-License-Identifier: Apache-2.0

/// What the value of a key may be: the words for it, the function that reads it, and the one that writes it. The former
/// reports what it does not accept and returns `nil`; what the latter writes, it reads as the same value.
struct ValueKind<Value>: Sendable {
    /// What the value must be, as a message says it after "must be".
    let wants: String
    /// The same for programs.
    let schema: ValueSchema
    let read: @Sendable (_ node: YAMLNode, _ findings: inout Findings) -> Value?
    let write: @Sendable (_ value: Value) -> YAMLText

    init(
        _ wants: String, schema: ValueSchema = .text(), write: @escaping @Sendable (_ value: Value) -> YAMLText,
        read: @escaping @Sendable (_ node: YAMLNode, _ findings: inout Findings) -> Value?
    ) {
        self.wants = wants
        self.schema = schema
        self.read = read
        self.write = write
    }

    /// A value that is written as one text. `parse` returns the value or why the text is none.
    static func text(
        _ wants: String, schema: ValueSchema = .text(), write: @escaping @Sendable (_ value: Value) -> YAMLText,
        _ parse: @escaping @Sendable (YAMLScalar) -> Parsed<Value>
    ) -> ValueKind {
        ValueKind(wants, schema: schema, write: write) { node, findings in
            guard let scalar = node.scalar, scalar.meaning != .null else {
                findings.reportMismatch(node, wants: wants)
                return nil
            }
            switch parse(scalar) {
            case .value(let value): return value
            case .mismatch(let remedy):
                findings.reportMismatch(node, wants: wants, remedy: remedy)
                return nil
            }
        }
    }
}

extension ValueKind<String> {
    /// A text that stands for itself, written in quotes.
    static func text(
        _ wants: String, schema: ValueSchema = .text(), _ parse: @escaping @Sendable (YAMLScalar) -> Parsed<Value>
    ) -> ValueKind {
        text(wants, schema: schema, write: { .quoted($0) }, parse)
    }
}

/// What became of a text.
enum Parsed<Value> {
    case value(Value)
    /// It is not what was wanted; the remedy, if one can be guessed, completes the message.
    case mismatch(remedy: String?)
}

extension ValueKind where Value: ConfigurationSection {
    /// A mapping with the keys of `Value`.
    static var section: ValueKind {
        ValueKind(
            mappingWanted(Value.keys), schema: .mapping(Value.keys) { Value() },
            write: { writeMapping($0, Value.keys) }
        ) { node, findings in
            var section = Value()
            readMapping(node, Value.keys, into: &section, &findings)
            return section
        }
    }
}

extension ValueKind {
    /// A list, of at least one item unless it may be empty.
    static func list<Element>(
        of element: ValueKind<Element>, unique: Unique<Element>, mayBeEmpty: Bool = false
    ) -> ValueKind where Value == [Element] {
        let wants = mayBeEmpty ? "a list" : "a list of at least one item"
        let write: @Sendable ([Element]) -> YAMLText = { elements in
            mayBeEmpty && elements.isEmpty ? .plain("[]") : .list(elements.map(element.write))
        }
        let schema = ValueSchema.list(of: element.schema, mayBeEmpty: mayBeEmpty)
        return ValueKind(wants, schema: schema, write: write) { node, findings in
            guard case .sequence(let nodes) = node.content else {
                var remedy: String?
                if case .mapping = node.content { remedy = "begin each item with '- '" }
                findings.reportMismatch(node, wants: wants, remedy: remedy)
                return nil
            }
            if nodes.isEmpty, !mayBeEmpty {
                findings.report(node.position, "\(findings.path) must be \(wants), found none")
            }
            var elements: [Element] = []
            var firstLines: [String: Int] = [:]
            for (index, node) in nodes.enumerated() {
                let read = findings.within("[\(index)]") { element.read(node, &$0) }
                guard let item = read else { continue }
                elements.append(item)
                guard let identity = unique.identity(item) else { continue }
                let position = unique.key.flatMap { node.value(of: $0)?.position } ?? node.position
                if let line = firstLines[identity] {
                    findings.report(position, "\(unique.name(item)) is already on line \(line)")
                } else {
                    firstLines[identity] = position.line
                }
            }
            return elements
        }
    }
}

/// What no two items of a list may share.
struct Unique<Element>: Sendable {
    /// The key whose place stands for the item; `nil` for the item itself.
    let key: String?
    /// `nil` if the item lacks what would identify it, which has then been reported.
    let identity: @Sendable (Element) -> String?
    /// The item, as a message names it.
    let name: @Sendable (Element) -> String
}

extension ValueKind where Value: FixedWidthInteger & Sendable {
    /// A whole number in decimal digits.
    static func integer(_ range: ClosedRange<Value>) -> ValueKind {
        .text(
            "a whole number from \(range.lowerBound) to \(range.upperBound)", schema: .integer(range),
            write: { .plain("\($0)") }
        ) { parseInteger($0, range) }
    }
}

private func parseInteger<Value: FixedWidthInteger>(_ scalar: YAMLScalar, _ range: ClosedRange<Value>) -> Parsed<Value>
{
    let text = scalar.text
    guard !text.isEmpty, text.utf8.allSatisfy(isDigit) else { return .mismatch(remedy: nil) }
    // YAML 1.1 reads 010 as eight and YAML 1.2 as ten; nobody should have to know.
    if text.utf8.first == UInt8(ascii: "0"), text.utf8.count > 1 { return .mismatch(remedy: "remove the leading zero") }
    guard let value = Value(text), range.contains(value) else { return .mismatch(remedy: nil) }
    if scalar.isQuoted { return .mismatch(remedy: "remove the quotes") }
    return .value(value)
}

extension ValueKind<Bool> {
    /// `true` or `false`. `yes`, `on` and their like were dropped from YAML, because `NO` is also a country.
    static var boolean: ValueKind {
        .text("true or false", schema: .boolean, write: { .plain($0 ? "true" : "false") }) { scalar in
            let word = scalar.text.lowercased()
            let isTrue = ["true", "yes", "on", "y"].contains(word)
            guard isTrue || ["false", "no", "off", "n"].contains(word) else { return .mismatch(remedy: nil) }
            if scalar.meaning == .boolean { return .value(isTrue) }
            if scalar.isQuoted, word == "true" || word == "false" { return .mismatch(remedy: "remove the quotes") }
            return .mismatch(remedy: "write \(isTrue)")
        }
    }
}

extension ValueKind where Value: CaseIterable & RawRepresentable<String> & Sendable {
    /// One of the names of `Value`'s cases.
    static var choice: ValueKind {
        let names = Value.allCases.map(\.rawValue)
        return .text(
            "one of \(names.joined(separator: ", "))", schema: .choice(names), write: { .plain($0.rawValue) }
        ) { scalar in
            if let value = Value(rawValue: scalar.text) { return .value(value) }
            return .mismatch(remedy: scalar.text.lowercased().nearest(of: names).map { "did you mean '\($0)'?" })
        }
    }
}

extension ValueKind<Int64> {
    /// The longest duration a key may ask for.
    static let durationMsMax: Int64 = 24 * 60 * 60 * 1000

    /// A duration in milliseconds, written as a whole number and a unit.
    static var duration: ValueKind {
        .text("a duration from 1ms to 24h such as 250ms or 10s", schema: durationSchema, write: writeDuration) {
            parseDuration($0, minMs: 1)
        }
    }

    /// A duration that may be none.
    static var durationOrZero: ValueKind {
        .text("a duration from 0s to 24h such as 250ms or 10s", schema: durationSchema, write: writeDuration) {
            parseDuration($0, minMs: 0)
        }
    }

    private static let durationSchema = ValueSchema.text(pattern: "^[0-9]+(ms|s|m|h)$")

    /// In the largest unit that leaves a whole number.
    private static func writeDuration(_ milliseconds: Int64) -> YAMLText {
        if milliseconds == 0 { return .plain("0s") }
        let unit = unitsMs.last { milliseconds % $0.factor == 0 } ?? unitsMs[0]
        return .plain("\(milliseconds / unit.factor)\(unit.name)")
    }

    private static let unitsMs: [(name: String, factor: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60 * 1000), ("h", 60 * 60 * 1000),
    ]

    private static func parseDuration(_ scalar: YAMLScalar, minMs: Int64) -> Parsed<Int64> {
        let digits = scalar.text.utf8.prefix(while: isDigit)
        let unit = String(scalar.text.utf8.dropFirst(digits.count)) ?? ""
        if scalar.meaning == .number || unit.isEmpty {
            return .mismatch(remedy: "add a unit to the number: ms, s, m or h")
        }
        guard !digits.isEmpty else { return .mismatch(remedy: nil) }
        guard let factor = unitsMs.first(where: { $0.name == unit })?.factor else {
            return .mismatch(remedy: "write a whole number and ms, s, m or h without a space")
        }
        guard let count = Int64(String(digits) ?? ""), count >= minMs, count <= durationMsMax / factor else {
            return .mismatch(remedy: nil)
        }
        return .value(count * factor)
    }
}
