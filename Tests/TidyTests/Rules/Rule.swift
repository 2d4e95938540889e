// SPDX-License-Identifier: Apache-2.0
import Testing

/// A rule of the house: looks at all files, and says where it is not kept.
struct Rule: Sendable, CustomTestStringConvertible {
    let name: String
    let check: @Sendable (_ files: [SourceFile]) -> [Finding]

    var testDescription: String { name }

    init(_ name: String, _ check: @escaping @Sendable (_ files: [SourceFile]) -> [Finding]) {
        self.name = name
        self.check = check
    }

    /// A rule that needs to see one file at a time only.
    init(_ name: String, each check: @escaping @Sendable (_ file: SourceFile) -> [Finding]) {
        self.init(name) { files in files.flatMap(check) }
    }

    static let all: [Rule] = [
        licence, fileLength, lineLength, functionLength, words,
        unsafe, imports, layers,
        publicSymbols, liveFiles, livePaths, versions,
    ]
}
