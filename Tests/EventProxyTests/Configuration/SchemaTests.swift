// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventProxy

/// The published schema and example, which cannot drift from the code.
struct SchemaTests {
    /// The folder of the package.
    private static let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

    private static func committed(_ name: String) -> String { Files.text("/\(root)/docs/\(name)") }

    /// The paths of all keys, and their schemas.
    private static func properties(_ schema: JSONValue, _ path: String = "") -> [(path: String, schema: JSONValue)] {
        var found: [(String, JSONValue)] = []
        for entry in schema["properties"]?.entries ?? [] {
            let path = path.isEmpty ? entry.name : "\(path).\(entry.name)"
            found.append((path, entry.value))
            found += properties(entry.value, path)
            if let items = entry.value["items"] { found += properties(items, path) }
        }
        return found
    }

    private static let all = properties(
        .object(ValueSchema.mapping(ProxyConfiguration.fileKeys) { ProxyConfiguration() }.keywords("")))

    @Test func `the committed schema and example are the code's; make config-docs writes them`() {
        #expect(Self.committed("config.schema.json") == ProxyConfiguration.jsonSchema)
        #expect(Self.committed("config.example.yaml") == ProxyConfiguration.exampleYAML)
    }

    @Test func `every key is documented, and nothing else is`() {
        let paths = Set(Self.all.map(\.path)).subtracting(["proxy"])
        // The comment "Key `…`" of the property, and then make config-docs.
        #expect(paths.filter { ConfigurationDocumentation.text($0) == nil } == [])
        let names = paths.map(ConfigurationDocumentation.name)
        #expect(Set(ConfigurationDocumentation.texts.keys).subtracting(paths).subtracting(names) == [])
    }

    @Test func `every default is of the type that the schema says`() {
        for (path, schema) in Self.all {
            guard let value = schema["default"] else { continue }
            let type: String? =
                switch value {
                case .text: "string"
                case .number: "integer"
                case .boolean: "boolean"
                case .list: "array"
                case .object: "object"
                }
            let isNumber = type == "integer" && schema["type"] == .text("number")
            let isListed = schema["enum"].map { $0.values.contains(value) } ?? (schema["anyOf"] != nil)
            #expect(isListed || schema["type"] == .text(type ?? "") || isNumber, "\(path)")
        }
    }

    @Test func `the example is right, says every key, and changes no default`() throws {
        let example = ProxyConfiguration.exampleYAML
        let read = try parse(example)
        #expect(read == ProxyConfiguration(services: read.services))
        // There is no route that would change nothing, so the example has none.
        for (path, _) in Self.all where path != "proxy" && !path.hasPrefix("proxy.routes.") {
            let name = path.split(separator: ".").last ?? ""
            #expect(example.contains("\(name):"), "\(path)")
        }
    }
}

extension JSONValue {
    fileprivate var entries: [Entry] {
        guard case .object(let entries) = self else { return [] }
        return entries
    }

    fileprivate var values: [JSONValue] {
        guard case .list(let values) = self else { return [] }
        return values
    }

    fileprivate subscript(name: String) -> JSONValue? { entries.first { $0.name == name }?.value }
}
