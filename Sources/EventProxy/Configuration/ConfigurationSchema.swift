// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// A JSON value whose objects keep their order: enough to write a schema.
indirect enum JSONValue: Sendable, Equatable {
    case text(String)
    case number(Int64)
    case boolean(Bool)
    case list([JSONValue])
    case object([Entry])

    struct Entry: Sendable, Equatable {
        let name: String
        let value: JSONValue

        init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Lines with an indent of two.
    func document(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .text(let text): return text.jsonQuoted
        case .number(let number): return "\(number)"
        case .boolean(let value): return value ? "true" : "false"
        case .list(let values):
            return "[" + values.map { $0.document(indent: inner) }.joined(separator: ", ") + "]"
        case .object(let entries):
            let lines = entries.map { "\(inner)\($0.name.jsonQuoted): \($0.value.document(indent: inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }
}

/// What JSON Schema (draft 2020-12) says of a value: keywords and what they want. `path` is the key's, without indexes.
struct ValueSchema: Sendable {
    let keywords: @Sendable (_ path: String) -> [JSONValue.Entry]

    init(_ keywords: [JSONValue.Entry]) {
        self.keywords = { _ in keywords }
    }

    init(of path: @escaping @Sendable (_ path: String) -> [JSONValue.Entry]) {
        keywords = path
    }

    static func text(pattern: String? = nil) -> ValueSchema {
        var keywords = [JSONValue.Entry("type", .text("string"))]
        if let pattern { keywords.append(.init("pattern", .text(pattern))) }
        return ValueSchema(keywords)
    }

    static func integer<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) -> ValueSchema {
        ValueSchema([
            .init("type", .text("integer")), .init("minimum", .number(Int64(range.lowerBound))),
            .init("maximum", .number(Int64(range.upperBound))),
        ])
    }

    static let share = ValueSchema([
        .init("type", .text("number")), .init("minimum", .number(0)), .init("maximum", .number(1)),
    ])

    /// A mapping whose keys are not known, of texts or what YAML takes for something else.
    static let texts = ValueSchema([
        .init("type", .text("object")),
        .init(
            "additionalProperties",
            .object([.init("type", .list(["string", "number", "boolean"].map { .text($0) }))])),
    ])

    static let boolean = ValueSchema([.init("type", .text("boolean"))])

    static func choice(_ names: [String]) -> ValueSchema {
        ValueSchema([.init("enum", .list(names.map { .text($0) }))])
    }

    /// Either of two.
    static func either(_ first: ValueSchema, _ second: ValueSchema) -> ValueSchema {
        ValueSchema { path in
            [.init("anyOf", .list([.object(first.keywords(path)), .object(second.keywords(path))]))]
        }
    }

    static func list(of element: ValueSchema, mayBeEmpty: Bool) -> ValueSchema {
        ValueSchema { path in
            let list: [JSONValue.Entry] = [
                .init("type", .text("array")), .init("items", .object(element.keywords(path))),
            ]
            return mayBeEmpty ? list : list + [.init("minItems", .number(1))]
        }
    }

    /// A mapping with these keys and no others, whose defaults are those of `root`.
    static func mapping<Root>(_ keys: [Key<Root>], _ root: @escaping @Sendable () -> Root) -> ValueSchema {
        ValueSchema { path in
            let root = root()
            var keywords = [JSONValue.Entry("type", .text("object"))]
            let required = keys.filter(\.isRequired)
            if !required.isEmpty { keywords.append(.init("required", .list(required.map { .text($0.name) }))) }
            keywords.append(.init("additionalProperties", .boolean(false)))
            keywords.append(
                .init("properties", .object(keys.map { .init($0.name, property($0, path, root)) })))
            return keywords
        }
    }

    private static func property<Root>(_ key: Key<Root>, _ path: String, _ root: Root) -> JSONValue {
        let path = path.isEmpty ? key.name : "\(path).\(key.name)"
        let keywords = key.schema.keywords(path)
        let isSection = keywords.contains { $0.name == "properties" }
        let words = [ConfigurationDocumentation.text(path), isSection ? nil : "Must be \(key.wants)."]
        let description = words.compactMap(\.self).joined(separator: " ")
        var entries = keywords
        if !description.isEmpty { entries.insert(.init("description", .text(description)), at: 0) }
        if !isSection, !key.isRequired, let value = key.write(root).json { entries.append(.init("default", value)) }
        return .object(entries)
    }
}

extension YAMLText {
    /// The value that YAML has here. Nil for a mapping.
    var json: JSONValue? {
        switch self {
        case .plain("true"): .boolean(true)
        case .plain("false"): .boolean(false)
        case .plain("[]"): .list([])
        case .plain("{}"): .object([])
        case .plain(let text): Int64(text).map { .number($0) } ?? .text(text)
        case .quoted(let text): .text(text)
        case .list(let items): .list(items.compactMap(\.json))
        case .mapping: nil
        }
    }
}

extension ProxyConfiguration {
    /// The JSON Schema of the file, from the table of keys that it is read by.
    public static var jsonSchema: String {
        let head: [JSONValue.Entry] = [
            .init("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
            .init("title", .text("Configuration of proxy-server")),
        ]
        let file = ValueSchema.mapping(fileKeys) { ProxyConfiguration() }.keywords("")
        return JSONValue.object(head + file).document() + "\n"
    }

    /// A file with every key, its default, and a line of what it is for.
    public static var exampleYAML: String {
        let configuration = ProxyConfiguration(services: [
            Service(name: "service-app-1", hosts: [Host(address: "10.99.246.53", port: 8081)]),
            Service(name: "service-app-2", hosts: [Host(address: "10.98.58.70", port: 8081)]),
        ])
        return """
            # yaml-language-server: $schema=config.schema.json
            # Every key of proxy-server's configuration with its default. Only the services are needed.

            """ + writeMapping(configuration, fileKeys).annotated { ConfigurationDocumentation.text($0) }
    }
}

extension YAMLText {
    /// The longest line of a comment.
    private static let commentCharactersMax = 100

    /// The document with a comment before each key, unless its like has had one. `comment` says which, by the key's
    /// path.
    func annotated(_ comment: (String) -> String?) -> String {
        var lines: [Substring] = []
        var open: [(indent: Int, name: Substring)] = []
        var told: Set<String> = []
        for line in document.split(separator: "\n", omittingEmptySubsequences: false) {
            let indent = line.prefix { $0 == " " || $0 == "-" }.count
            let name = line.dropFirst(indent).prefix { $0 != ":" }
            guard name.count < line.count - indent else {
                lines.append(line)
                continue
            }
            open.removeAll { $0.indent >= indent }
            open.append((indent, name))
            let path = open.map(\.name).joined(separator: ".")
            if let text = comment(path), told.insert(path).inserted {
                // Before the dash of an item, where there is one.
                let margin = String(repeating: " ", count: line.prefix { $0 == " " }.count)
                for row in Self.wrapped(text) { lines.append("\(margin)# \(row)") }
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }

    private static func wrapped(_ text: String) -> [String] {
        var rows: [String] = []
        for word in text.split(separator: " ") {
            if let last = rows.last, last.count + word.count < commentCharactersMax {
                rows[rows.count - 1] += " " + word
            } else {
                rows.append(String(word))
            }
        }
        return rows
    }
}
