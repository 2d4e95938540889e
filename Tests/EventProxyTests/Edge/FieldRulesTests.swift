// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP
@testable import EventProxy

struct FieldRulesTests {
    private typealias Changes = ProxyConfiguration.FieldChanges

    private static func changes(set: [String] = [], add: [String] = [], remove: [String] = []) -> Changes {
        func field(_ text: String) -> Changes.Field {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            return Changes.Field(parts[0], parts[1])
        }
        var changes = Changes()
        changes.set = set.map(field)
        changes.add = add.map(field)
        changes.remove = remove
        return changes
    }

    /// The end-to-end lines that an origin gets, without those that the proxy adds.
    private func apply(_ changes: [Changes], to lines: [String]) throws -> [String] {
        let peer = Peer(address: try #require(SocketAddress("192.0.2.1", port: 1)))
        return try withRequest("GET / HTTP/1.1", lines) { head in
            guard let authority = head.authority else { return [] }
            return writtenLines { buffer, pool in
                RequestWriter.append(head, host: authority, to: &buffer, pool: pool) { writer in
                    let via = FieldLines(["Via": "1.1 us"])
                    let rules = FieldRules.unlessEmpty(changes)
                    ForwardedFields.request(head, from: peer, host: authority, via: via, rules: rules, to: &writer)
                }
            }.dropFirst(2).dropLast(5).map { $0 }
        }
    }

    private static let came = ["A: 1", "B: 2", "a: 3"]

    @Test(
        arguments: [
            // Whatever their case, and however often they came.
            ([changes(remove: ["a"])], ["B: 2"]),
            ([changes(remove: ["A", "b", "C"])], []),
            ([changes(set: ["a=9"])], ["B: 2", "a: 9"]),
            ([changes(set: ["C=9"])], came + ["C: 9"]),
            ([changes(add: ["A=9", "C=8"])], came + ["A: 9", "C: 8"]),
            ([changes(set: ["B=x"], add: ["B=y"], remove: ["A"])], ["B: x", "B: y"]),
            // The second change is done to what the first has left.
            ([changes(set: ["C=1"]), changes(remove: ["c"])], came),
            ([changes(set: ["C=1"]), changes(set: ["c=2"])], came + ["c: 2"]),
            ([changes(set: ["C=1"]), changes(add: ["C=2"])], came + ["C: 1", "C: 2"]),
            ([changes(remove: ["B"]), changes(add: ["B=4"])], ["A: 1", "a: 3", "B: 4"]),
            ([changes()], came),
        ] as [([ProxyConfiguration.FieldChanges], [String])])
    func `fields are left out, then added`(changes: [ProxyConfiguration.FieldChanges], expected: [String]) throws {
        #expect(try apply(changes, to: Self.came) == expected)
    }

    @Test func `what changes nothing is no rule`() {
        #expect(FieldRules.unlessEmpty([]) == nil)
        #expect(FieldRules.unlessEmpty([Self.changes(), Self.changes()]) == nil)
    }
}
