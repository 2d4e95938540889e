// SPDX-License-Identifier: Apache-2.0

extension Rule {
    /// The version is `BuildInfo.version`. What is not Swift repeats it, and is held to it here.
    static let versions = Rule("all files speak of the same version") { files in
        guard let source = files.first(where: { $0.name == "BuildInfo.swift" }) else { return [] }
        let texts = source.lines.filter { $0.contains("static let version") }.flatMap { $0.split(separator: "\"") }
        guard texts.count == 2, isSemantic(texts[1]) else {
            return [source.finding(1, "`static let version` must be a literal such as \"1.2.3\"")]
        }
        return repeated.flatMap { path, marks in
            guard let file = files.first(where: { $0.path == path }) else { return [Finding]() }
            return marks.compactMap { mark in
                let line = file.lines.firstIndex { $0.contains(mark) }
                if let line, file.lines[line].contains("\(texts[1])") { return nil }
                return file.finding((line ?? 0) + 1, "behind “\(mark)” must stand \(texts[1]), as in \(source.path)")
            }
        }
    }

    /// Files, and what stands before the version in them.
    private static let repeated = [("helm/Chart.yaml", ["version: ", "appVersion: "]), ("README.md", ["Version "])]

    private static func isSemantic(_ text: Substring) -> Bool {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && numbers.allSatisfy { UInt32($0).map { String($0) } == String($0) }
    }
}
