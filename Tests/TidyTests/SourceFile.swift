// SPDX-License-Identifier: Apache-2.0
import TestSupport

/// A file of the repository, as the rules look at it.
struct SourceFile: Sendable {
    /// From the root of the repository.
    let path: String
    let lines: [Substring]
    /// The lines without comments and without what strings say; of Swift only.
    let code: [String]

    init(_ path: String, _ text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
        code = path.hasSuffix(".swift") ? SwiftCode.strip(lines) : []
    }

    var name: Substring { path.split(separator: "/").last ?? "" }
    var stem: Substring { name.prefix { $0 != "." } }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isDocumentation: Bool { path.hasSuffix(".md") }
    private var isScript: Bool { lines.first?.hasPrefix("#!") ?? false }

    /// Code in any language.
    var isCode: Bool {
        let endings = [".swift", ".c", ".h", ".py", ".sh", ".js", ".java", ".lua"]
        return endings.contains { path.hasSuffix($0) } || name == "Makefile" || isScript
    }

    /// What can be run by its name.
    var isRunnable: Bool { isScript && !isSwift }

    /// The folders from `Sources/MODULE/` on, such as `Loop`; nil elsewhere, and for what stands in no folder.
    func folder(in module: String) -> Substring? {
        let parts = path.split(separator: "/")
        return parts.count > 3 && parts[0] == "Sources" && parts[1] == module ? parts[2] : nil
    }

    func finding(_ line: Int, _ what: String) -> Finding { Finding(path: path, line: line, what: what) }
}

/// Where a rule is not kept.
struct Finding: Hashable, CustomStringConvertible {
    let path: String
    /// The first line is 1.
    let line: Int
    let what: String

    var description: String { "\(path):\(line): \(what)" }
}

/// All files that git knows or would add.
enum Repository {
    static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    static let files: [SourceFile] = {
        do {
            let listed = try run(
                "git", ["-C", root, "ls-files", "--cached", "--others", "--exclude-standard"]
            )
            guard listed.end == .exited(0) else { throw TestFailure("git ls-files: \(listed.output)") }
            // Corpora and pictures are no text that anybody writes.
            let paths = listed.output.split(separator: "\n").filter {
                !$0.contains("/corpus/") && !$0.hasSuffix(".png")
            }
            return paths.compactMap { path in
                // One that was deleted is still listed.
                let text = Files.text("\(root)/\(path)")
                return text.isEmpty ? nil : SourceFile(String(path), text)
            }
        } catch {
            fatalError("\(error)")
        }
    }()
}
