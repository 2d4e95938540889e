// SPDX-License-Identifier: Apache-2.0

// What may know what.

extension Rule {
    /// Where `unsafe` may be said: at libev, libc, raw memory and libyaml.
    private static let unsafePlaces = [
        "Sources/EventHTTP/Loop/", "Sources/EventHTTP/Socket/", "Sources/EventHTTP/Buffer/",
        "Sources/EventHTTP/Parser/ByteScanner.swift", "Sources/EventProxy/Configuration/YAMLReader.swift",
        "Sources/EventProxy/Authentication/Crypt.swift",
    ]

    static let unsafe = Rule("what is unsafe stays in its folders") { file in
        guard file.path.hasPrefix("Sources/"), !unsafePlaces.contains(where: file.path.hasPrefix) else { return [] }
        return file.code.enumerated().compactMap { index, line in
            guard line.contains("unsafe"), SwiftCode.words(line).contains(where: { $0.word == "unsafe" }) else {
                return nil
            }
            return file.finding(index + 1, "`unsafe` is for \(unsafePlaces.joined(separator: ", ")); go through them")
        }
    }

    /// Who may import the libraries written in C.
    private static let libraries: [Substring: String] = [
        "CEv": "Sources/EventHTTP/", "CYAML": "Sources/EventProxy/Configuration/",
        "CCrypt": "Sources/EventProxy/Authentication/",
    ]

    static let imports = Rule("modules know no more than they must") { file in
        guard file.path.hasPrefix("Sources/") else { return [] }
        return file.code.enumerated().compactMap { index, line in
            guard line.contains("import ") else { return nil }
            let words = SwiftCode.words(line).map(\.word)
            guard let place = words.firstIndex(of: "import"),
                // `import struct Glibc.timespec` is of Glibc.
                let module = words[(place + 1)...].first(where: { $0.first?.isUppercase ?? false })
            else { return nil }
            if module.hasPrefix("Foundation") {
                return file.finding(index + 1, "no \(module) here; use Glibc, the standard library or swift-log")
            }
            guard let folder = libraries[module] else { return nil }
            if !file.path.hasPrefix(folder) { return file.finding(index + 1, "only \(folder) imports \(module)") }
            if words[..<place].contains("public") || words[..<place].contains("package") {
                return file.finding(index + 1, "\(module) must not show in an interface; import it without \(words[0])")
            }
            return nil
        }
    }

    /// The folders of a module, from the bottom: each may name types of its own layer and of those below.
    private struct Layers {
        let module: String
        let layers: [Set<Substring>]
        /// Types that all may name, though they stand higher.
        let shared: Set<Substring>
    }

    private static let modules = [
        Layers(
            module: "EventHTTP",
            layers: [
                ["Buffer"], ["Message", "Parser", "Writer"], ["Loop", "Socket"], ["Log", "Metrics"],
                ["Handler", "Connection", "Server"], ["Probe"],
            ],
            // A value, which is in Socket because what it is made of is unsafe.
            shared: ["SocketAddress"])
    ]

    static let layers = Rule("folders name only what is below them") { files in
        modules.flatMap { findUpward($0, files) }
    }

    private static func findUpward(_ module: Layers, _ files: [SourceFile]) -> [Finding] {
        var findings: [Finding] = []
        var heights: [Substring: Int] = [:]
        var homes: [Substring: Set<Substring>] = [:]
        for (height, folders) in module.layers.enumerated() { for folder in folders { heights[folder] = height } }
        let members = files.filter(\.isSwift).compactMap { file in file.folder(in: module.module).map { (file, $0) } }
        for (file, folder) in members {
            if heights[folder] == nil {
                findings.append(file.finding(1, "\(folder) is in no layer; say in \(#fileID) which one it belongs to"))
            }
            for (_, type) in Declarations.types(file.code) { homes[type, default: []].insert(folder) }
        }
        for (file, folder) in members {
            guard let height = heights[folder] else { continue }
            // A type within a type may have the name of another.
            let own = Set(file.code.compactMap { Declarations.declaration($0) }.filter(\.isType).map(\.name))
            for (index, line) in file.code.enumerated() {
                for (word, isMember) in SwiftCode.words(line) where !isMember {
                    guard let found = homes[word], found.count == 1, let home = found.first,
                        let other = heights[home], other > height, !module.shared.contains(word), !own.contains(word)
                    else { continue }
                    findings.append(
                        file.finding(
                            index + 1, "\(folder) is below \(home), whose \(word) it must not know; turn it round"))
                }
            }
        }
        return findings
    }
}
