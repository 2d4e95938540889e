// SPDX-License-Identifier: Apache-2.0
import Testing

/// Files that break one rule each, and files that look as if they did.
struct Offender: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rule: Rule
    let files: [SourceFile]
    /// Lines of the first file.
    let findings: [Int]

    init(_ what: String, _ rule: Rule, _ path: String, _ text: String, beside: [SourceFile] = [], _ findings: [Int]) {
        testDescription = what
        self.rule = rule
        files = [SourceFile(path, text)] + beside
        self.findings = findings
    }
}

struct OffenderTests {
    private static let licence = "// SPDX-License-Identifier: Apache-2.0"

    private static let texts = [
        Offender("no licence", .licence, "a.swift", "import Glibc\n", [1]),
        Offender("a licence", .licence, "a.swift", licence + "\n", []),
        Offender("no licence behind #!", .licence, "run", "#!/usr/bin/env bash\nset -e\n", [2]),
        Offender("a licence too late", .licence, "Package.swift", "// swift-tools-version: 6.3\n\n\(licence)\n", [2]),
        Offender("documents need none", .licence, "a.md", "# Title\n", []),
        Offender("a long file", .fileLength, "a.c", String(repeating: "\n", count: Rule.fileLinesMax + 1), [401]),
        Offender("a file just as long as may be", .fileLength, "a.c", String(repeating: "\n", count: 400), []),
        Offender("a long line", .lineLength, "Makefile", "\n" + String(repeating: "x", count: 121) + "\n", [2]),
        Offender("bytes are not characters", .lineLength, "a.py", String(repeating: "é", count: 120) + "\n", []),
        Offender("space at the end", .lineLength, "a.h", "x \n\t\n", [1, 2]),
        Offender("a promise", .words, "a.swift", "let a = 1  // TODO: more\n", [1]),
        Offender("a word in a document", .words, "a.md", "One\nsimply does it.\n", [2]),
        Offender("part of a word", .words, "a.swift", "mkdtemp(\"/tmp/test-XXXXXX\")\nlet TODOS = 1\n", []),
    ]

    private static func function(_ lines: Int, head: String = "func long() {", indent: String = "") -> String {
        let body = String(repeating: "\(indent)    work()\n", count: lines - 2)
        return "\(indent)\(head)\n\(body)\(indent)}\n"
    }

    private static let functions = [
        Offender("a long function", .functionLength, "a.swift", function(71), [1]),
        Offender("one that is just short enough", .functionLength, "a.swift", function(70), []),
        Offender(
            "a long initialiser of a type", .functionLength, "a.swift",
            "struct A {\n" + function(71, head: "@inline(never) public init?() {", indent: "    ") + "}\n", [2]),
        Offender(
            "braces in texts and comments", .functionLength, "a.swift",
            "func short() {\n    // {\n    print(\"{ \\(a)\")\n}\n" + String(repeating: "let a = 1\n", count: 80), []),
        Offender(
            "a requirement has no body", .functionLength, "a.swift",
            "protocol P {\n    func a()\n    func b()\n}\n" + function(60), []),
        Offender(
            "a text of several lines", .functionLength, "a.swift",
            "let text = \"\"\"\n" + function(80) + "\"\"\"\n", []),
    ]

    private static let dependencies = [
        Offender("unsafe", .unsafe, "Sources/EventHTTP/Parser/A.swift", "let a = unsafe b\n", [1]),
        Offender(
            "unsafe in a comment", .unsafe, "Sources/EventHTTP/Parser/A.swift", "// unsafe\nlet unsafely = 1\n", []),
        Offender("unsafe where it belongs", .unsafe, "Sources/EventHTTP/Loop/A.swift", "let a = unsafe b\n", []),
        Offender("Foundation", .imports, "Sources/app-server/A.swift", "import FoundationEssentials\n", [1]),
        Offender(
            "Foundation, part by part", .imports, "Sources/EventHTTP/A.swift", "import struct Foundation.URL\n", [1]),
        Offender("Foundation in a test", .imports, "Tests/A.swift", "import Foundation\n", []),
        Offender("libev elsewhere", .imports, "Sources/EventProxy/A.swift", "internal import CEv\n", [1]),
        Offender("libev in an interface", .imports, "Sources/EventHTTP/A.swift", "public import CEv\n", [1]),
        Offender(
            "libyaml where it belongs", .imports, "Sources/EventProxy/Configuration/A.swift", "import CYAML\n", []),
        Offender(
            "a layer above", .layers, "Sources/EventHTTP/Parser/A.swift", "// Server\n\nlet server: Server?\n",
            beside: [SourceFile("Sources/EventHTTP/Server/Server.swift", "public final class Server {}\n")], [3]),
        Offender(
            "a layer below, and a member of that name", .layers, "Sources/EventHTTP/Server/A.swift",
            "let bytes: Buffer\nlet kind = Kind.Server\n",
            beside: [SourceFile("Sources/EventHTTP/Buffer/Buffer.swift", "struct Buffer {}\n")], []),
        Offender("a new folder", .layers, "Sources/EventHTTP/New/A.swift", "let a = 1\n", [1]),
    ]

    private static let documentation = [
        Offender(
            "no comment", .publicSymbols, "Sources/A/A.swift",
            "/// A.\npublic struct A {\n    public let b = 1\n    let c = 2\n}\n", [3]),
        Offender(
            "a comment before attributes", .publicSymbols, "Sources/A/A.swift",
            "/// A.\n@discardableResult\n@inlinable public func a() {}\n", []),
        Offender(
            "cases and requirements", .publicSymbols, "Sources/A/A.swift",
            "/// A.\npublic enum A {\n    case a\n}\n/// P.\npublic protocol P {\n    func a()\n}\n",
            [3, 7]),
        Offender(
            "what everybody knows", .publicSymbols, "Sources/A/A.swift",
            "public var description: String { \"\" }\npublic static func == (a: A, b: A) -> Bool { true }\n", []),
        Offender("imports", .publicSymbols, "Sources/A/A.swift", "public import B\n", []),
        Offender(
            "cases of what is not public", .publicSymbols, "Sources/A/A.swift", "enum A {\n    case a\n}\n", []),
    ]

    private static let life = [
        Offender(
            "a file that nobody needs", .liveFiles, "Sources/A/A.swift", "struct Unused {\n    func idle() {}\n}\n",
            beside: [
                SourceFile("Sources/A/B.swift", "// Unused\nstruct B { let a = 1 }\n@main struct C { let b: B }\n")
            ],
            [1]),
        Offender(
            "an extension of which one function is used", .liveFiles, "Sources/A/A.swift",
            "extension B {\n    func work() {}\n}\n",
            beside: [SourceFile("Sources/A/B.swift", "@main struct B { func c() { work() } }\n")], []),
        Offender("a test", .liveFiles, "Tests/ATests/ATests.swift", "struct ATests {\n    @Test func a() {}\n}\n", []),
        Offender("a script that nobody runs", .liveFiles, "scripts/forgotten", "#!/usr/bin/env bash\n", [1]),
        Offender(
            "a script that is part of a name", .liveFiles, "scripts/run", "#!/usr/bin/env bash\n",
            beside: [SourceFile("Makefile", "all:\n\tscripts/run-tests\n")], [1]),
        Offender(
            "a script that the Makefile runs", .liveFiles, "scripts/run", "#!/usr/bin/env bash\n",
            beside: [SourceFile("Makefile", "all:\n\t@scripts/run --fast\n")], []),
        Offender(
            "a path that leads nowhere", .livePaths, "README.md",
            "See `A/B.swift` and `Sources/A/B.swift`.\n\n`A/C.swift`\n",
            beside: [SourceFile("Sources/A/B.swift", "let a = 1\n")], [3]),
        Offender("no path at all", .livePaths, "README.md", "`a/b`, `Type.swift`, `x/*.swift`\n", []),
    ]

    private static let build = SourceFile("A/BuildInfo.swift", "    package static let version = \"1.2.3\"\n")

    private static let versions = [
        Offender(
            "another version", .versions, "helm/Chart.yaml", "name: a\nversion: 1.2.3\nappVersion: \"1.2.4\"\n",
            beside: [build], [3]),
        Offender("no version", .versions, "README.md", "# A\n", beside: [build], [1]),
        Offender("the same", .versions, "README.md", "Version 1.2.3.\n", beside: [build], []),
        Offender("no semantic version", .versions, "BuildInfo.swift", "static let version = \"1.02\"\n", [1]),
    ]

    @Test(arguments: texts + functions + dependencies + documentation + life + versions)
    func `a rule finds who breaks it, and nobody else`(offender: Offender) {
        let found = offender.rule.check(offender.files).filter { $0.path == offender.files[0].path }.map(\.line)
        #expect(found == offender.findings)
    }

    @Test func `every rule has somebody to find`() {
        let tried = Set(
            (Self.texts + Self.functions + Self.dependencies + Self.documentation + Self.life + Self.versions)
                .filter { !$0.findings.isEmpty }.map(\.rule.name))
        #expect(tried == Set(Rule.all.map(\.name)))
    }

    @Test(arguments: [
        ("let a = 1 // b", "let a = 1"), ("a /* b */ c", "a  c"), (#"a("b // c") + d"#, #"a("") + d"#),
        (#""\"" + a"#, #""" + a"#), (##"#"a"b"# + c"##, #""" + c"#), (#"f("x \(y.z(1)) w")"#, #"f(""(y.z(1)))"#),
        ("#if DEBUG", "#if DEBUG"), ("a // /* b", "a"),
    ])
    func `comments and texts are no code`(line: String, code: String) {
        #expect(SwiftCode.strip([line[...]]) == [code])
    }

    @Test func `comments and texts go over lines`() {
        let lines = ["a /* b", "c */ d", #"let t = """"#, #"  x \(y)"#, #"  """ + z"#]
        #expect(SwiftCode.strip(lines.map { $0[...] }) == ["a", " d", #"let t = """#, "(y)", " + z"])
    }
}
