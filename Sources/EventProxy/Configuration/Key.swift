// SPDX-License-Identifier: Apache-2.0

/// A part of the configuration that is a mapping in the file. Its defaults are those of its properties, and its keys
/// are declared one a line: the name in the file, the property, what the value may be.
protocol ConfigurationSection: Sendable {
    static var keys: [Key<Self>] { get }
    /// All defaults; required properties hold a blank that a finding keeps from being used.
    init()
}

/// A key of the mapping that `Root` is read from.
struct Key<Root>: Sendable {
    let name: String
    /// What the value must be, as a message says it after "must be".
    let wants: String
    let isRequired: Bool
    let schema: ValueSchema
    let read: @Sendable (_ value: YAMLNode, _ root: inout Root, _ findings: inout Findings) -> Void
    /// The value as a file would have it.
    let write: @Sendable (_ root: Root) -> YAMLText

    /// A key whose value is stored in `property`.
    static func key<Value>(
        _ name: String, _ property: any WritableKeyPath<Root, Value> & Sendable, _ kind: ValueKind<Value>,
        required: Bool = false
    ) -> Key {
        Key(
            name: name, wants: kind.wants, isRequired: required, schema: kind.schema,
            read: { value, root, findings in
                if let value = kind.read(value, &findings) { root[keyPath: property] = value }
            },
            write: { kind.write($0[keyPath: property]) })
    }

    /// The same key, which has no meaning beside another one of its mapping. Reported where the second of them is.
    func excluding(_ other: String, if hasBoth: any KeyPath<Root, Bool> & Sendable) -> Key {
        Key(
            name: name, wants: wants, isRequired: isRequired, schema: schema,
            read: { value, root, findings in
                read(value, &root, &findings)
                guard root[keyPath: hasBoth] else { return }
                findings.report(value.position, "\(findings.path) cannot stand beside \(other); remove one of them")
            },
            write: write)
    }
}

extension Key where Root: ConfigurationSection {
    /// A key whose value is a mapping of further keys of the same `Root`.
    static func group(_ name: String, _ keys: [Key<Root>], required: Bool = false) -> Key {
        Key(
            name: name, wants: mappingWanted(keys), isRequired: required,
            schema: .mapping(keys) { Root() },
            read: { value, root, findings in readMapping(value, keys, into: &root, &findings) },
            write: { writeMapping($0, keys) })
    }
}

/// "a mapping (keys: address, port)"
func mappingWanted<Root>(_ keys: [Key<Root>]) -> String {
    "a mapping (keys: \(keys.map(\.name).joined(separator: ", ")))"
}

/// Reads a mapping into `root`: every key is known, occurs once, and is there if it must be.
func readMapping<Root>(_ node: YAMLNode, _ keys: [Key<Root>], into root: inout Root, _ findings: inout Findings) {
    guard case .mapping(let entries) = node.content else {
        findings.reportMismatch(node, wants: mappingWanted(keys))
        return
    }
    var firstLines: [String: Int] = [:]
    // A required key that a misspelt one stands for is not reported a second time as missing.
    var meant: Set<String> = []
    for entry in entries {
        guard let name = entry.key.scalar?.text else {
            if entry.key.content != .refused {
                findings.report(entry.key.position, "a key \(findings.place) must be a name, found \(found(entry.key))")
            }
            continue
        }
        guard let key = keys.first(where: { $0.name == name }) else {
            let nearest = name.nearest(of: keys.map(\.name))
            if let nearest { meant.insert(nearest) }
            findings.report(entry.key.position, unknown(name, nearest, keys, findings.place))
            continue
        }
        if let line = firstLines[name] {
            findings.report(
                entry.key.position, "duplicate key '\(name)' \(findings.place); it is already on line \(line)")
        } else {
            firstLines[name] = entry.key.position.line
        }
        findings.within(name) { key.read(entry.value, &root, &$0) }
    }
    for key in keys where key.isRequired && firstLines[key.name] == nil && !meant.contains(key.name) {
        findings.report(node.position, "missing key '\(key.name)' \(findings.place); it must be \(key.wants)")
    }
}

/// The mapping that `readMapping` would read into `root`, with all keys but those of empty lists.
func writeMapping<Root>(_ root: Root, _ keys: [Key<Root>]) -> YAMLText {
    let entries = keys.map { YAMLText.Entry(name: $0.name, value: $0.write(root)) }
    return .mapping(entries.filter { $0.value != .list([]) })
}

private func unknown<Root>(_ name: String, _ nearest: String?, _ keys: [Key<Root>], _ place: String) -> String {
    let message = "unknown key \(name.quotedForMessage) \(place)"
    if let nearest { return message + " (did you mean '\(nearest)'?)" }
    return message + "; the keys are " + keys.map(\.name).joined(separator: ", ")
}

/// What a value is, for "must be …, found …".
func found(_ node: YAMLNode) -> String {
    switch node.content {
    case .sequence: return "a list"
    case .mapping: return "a mapping"
    case .refused: return "a value that is not allowed"
    case .scalar(let scalar):
        switch scalar.meaning {
        case .null: return "nothing"
        case .number: return "the number \(scalar.text.forMessage)"
        case .boolean: return "the boolean \(scalar.text)"
        case .text:
            return scalar.isQuoted
                ? "the quoted text \(scalar.text.quotedForMessage)"
                : scalar.text.quotedForMessage
        }
    }
}

extension Findings {
    /// Reports that the value at the current path is not what it must be, with a remedy if there is one.
    mutating func reportMismatch(_ node: YAMLNode, wants: String, remedy: String? = nil) {
        // What was refused has been reported, with a better reason.
        guard node.content != .refused else { return }
        let subject = path.isEmpty ? "the file" : path
        let remedy = remedy.map { "; " + $0 } ?? ""
        report(node.position, "\(subject) must be \(wants), found \(found(node))\(remedy)")
    }
}
