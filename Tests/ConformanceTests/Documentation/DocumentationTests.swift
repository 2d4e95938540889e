// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// docs/conformance.md is what the tables say.
struct DocumentationTests {
    private static let path =
        #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 } + "/docs/conformance.md"

    @Test func `every citation is in the list of requirements, and every requirement that has tests has some`() {
        let keys = Requirement.all.map(\.key)
        let cited = Set(Topic.all.flatMap(\.cases).flatMap(\.cites))
        #expect(Set(keys).count == keys.count)
        #expect(cited.subtracting(keys).sorted() == [])
        for requirement in Requirement.all {
            #expect(cited.contains(requirement.key) == (requirement.coverage == .cases), "\(requirement.key)")
        }
    }

    @Test func `no two cases of a topic have one name`() {
        for topic in Topic.all { #expect(Set(topic.cases.map(\.name)).count == topic.cases.count, "\(topic.name)") }
    }

    @Test func `the committed list is what the tables say; make conformance-docs writes it`() throws {
        if getenv("CONFORMANCE_DOCS") != nil { try Files.write(Self.text, to: Self.path) }
        #expect(Files.text(Self.path) == Self.text)
    }

    // MARK: What it says

    private static var text: String {
        let played = Topic.all.reduce(0) { $0 + $1.cases.count * $1.roles.count }
        var text = """
            # Conformance

            What RFC 9112, RFC 9110 and our own table of attacks ask of an HTTP/1.1 server, client and
            intermediary, and the tests that cover it. Written by `make conformance-docs` from the tables in
            `Tests/ConformanceTests`: change those.

            Each case is a conversation over a raw socket with the real executable: app-server as an origin
            server, proxy-server as an intermediary and as a client of a scripted origin. Beside what a case is
            about, whatever our side sends must be read without a fault by a reader that forgives nothing, no
            origin may see a request that was hidden in another, and a fresh client must be served afterwards.

            | topic | cases | app-server | proxy-server |
            |---|---|---|---|

            """
        for topic in Topic.all {
            let marks = [Stage.Role.server, .proxy].map { topic.roles.contains($0) ? "yes" : "" }
            text += "| \(topic.name) | \(topic.cases.count) | \(marks[0]) | \(marks[1]) |\n"
        }
        text += "\nPlayed in all: \(played).\n"
        text += section("RFC 9112, HTTP/1.1", Requirement.rfc9112)
        text += section("RFC 9110, HTTP semantics", Requirement.rfc9110 + Requirement.rfc6455)
        text += section("Attacks", Requirement.attacks)
        text += section("Defects of other servers", Requirement.vulnerabilities)
        return text
    }

    private static func section(_ title: String, _ requirements: [Requirement]) -> String {
        let tested = requirements.filter { $0.coverage == .cases }
        var text = "\n## \(title)\n\n"
        for requirement in tested {
            text += "- **\(requirement.key)** \(requirement.text)\n"
            for topic in Topic.all {
                let names = topic.cases.filter { $0.cites.contains(requirement.key) }.map(\.name)
                if !names.isEmpty { text += "  - \(topic.name): \(names.joined(separator: "; "))\n" }
            }
        }
        let others = requirements.filter { $0.coverage != .cases }
        if others.isEmpty { return text }
        text += "\nNot covered by these cases:\n\n"
        for requirement in others {
            text += "- **\(requirement.key)** \(requirement.text) "
            switch requirement.coverage {
            case .cases: break
            case .elsewhere(let tests): text += "Tested by \(tests).\n"
            case .none(let reason): text += "Not tested: \(reason).\n"
            }
        }
        return text
    }
}
