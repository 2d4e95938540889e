// SPDX-License-Identifier: Apache-2.0

// Nothing that nobody needs.

extension Rule {
    /// A Swift file of which nothing is named anywhere else, or a script that nobody is told of.
    static let liveFiles = Rule("each file is needed by another") { files in
        deadSwift(files) + deadScripts(files)
    }

    private static func deadSwift(_ files: [SourceFile]) -> [Finding] {
        // Which words stand in one file only, and in which.
        var places: [Substring: Int?] = [:]
        for (index, file) in files.enumerated() where file.isSwift {
            for word in Set(file.code.flatMap { SwiftCode.words($0).map(\.word) }) {
                places[word] = .some(places[word] == nil ? index : nil)
            }
        }
        return files.enumerated().compactMap { index, file in
            guard file.isSwift, file.name != "Package.swift" else { return nil }
            // Programs and tests are run, and re-exports work by being there.
            let isRun = file.code.contains {
                $0.contains("@main") || $0.contains("@Test") || $0.contains("@_exported") || $0.contains("@_cdecl")
            }
            let names = Declarations.names(file.code)
            guard !isRun, !names.isEmpty, names.allSatisfy({ places[$0] == .some(index) }) else { return nil }
            return file.finding(1, "nothing of this file is named in another; delete it")
        }
    }

    private static func deadScripts(_ files: [SourceFile]) -> [Finding] {
        // What pytest finds by its name needs no other.
        let scripts = files.filter { file in
            (file.isRunnable || file.path.hasSuffix(".py")) && !file.name.hasPrefix("test_")
                && file.name != "conftest.py"
        }
        return scripts.compactMap { script in
            let isNamed = files.contains { file in
                file.path != script.path && file.lines.contains { $0.contains(script.stem) && mentions($0, script) }
            }
            return isNamed
                ? nil : script.finding(1, "no Makefile, script or document names this; delete it, or say what it is")
        }
    }

    private static func mentions(_ line: Substring, _ script: SourceFile) -> Bool {
        // `-` parts words of ours, not file names.
        let parts = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
        return parts.contains(script.stem)
    }

    /// Files that documents name in code voice, from the root or from `Sources`.
    static let livePaths = Rule("documents name files that exist") { files in
        let known = Set(files.map(\.path))
        return files.filter(\.isDocumentation).flatMap { file in
            file.lines.enumerated().flatMap { index, line in
                line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { $0.offset % 2 == 1 && isPath($0.element) }
                    .filter { !known.contains(String($0.element)) && !known.contains("Sources/" + $0.element) }
                    .map { file.finding(index + 1, "there is no file \($0.element)") }
            }
        }
    }

    private static func isPath(_ text: Substring) -> Bool {
        text.contains("/") && text.hasSuffix(".swift") && text.first?.isUppercase ?? false
            && text.allSatisfy { $0.isLetter || $0.isNumber || "/+._-".contains($0) }
    }
}
