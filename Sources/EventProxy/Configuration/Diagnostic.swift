// SPDX-License-Identifier: Apache-2.0

/// A place in a text file: both numbers start at 1, and a column counts characters, as editors do.
public struct SourcePosition: Sendable, Hashable, Comparable {
    /// The line, from 1.
    public var line: Int
    /// The character within the line, from 1.
    public var column: Int

    /// The place at `line` and `column`, both from 1.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One thing that is wrong with a configuration file, printed the way compilers print it, so that editors and CI
/// systems link it to the line: `config.yaml:12:7: error: unknown key 'adress' in proxy.listen`.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    /// The file as the user named it.
    public var file: String
    /// Where in the file; `nil` when the file could not be read at all.
    public var position: SourcePosition?
    /// What is wrong and, where there is one, the remedy.
    public var message: String

    /// A finding about `file`, at `position` if it is about a place in it.
    public init(file: String, position: SourcePosition?, message: String) {
        self.file = file
        self.position = position
        self.message = message
    }

    public var description: String {
        guard let position else { return "\(file): error: \(message)" }
        return "\(file):\(position.line):\(position.column): error: \(message)"
    }
}

/// Everything that is wrong with a configuration file, in the order of the file, so that one run shows all there is
/// to mend. A syntax error stands alone: what follows it cannot be judged.
public struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// More findings than this help nobody; the rest is counted, not kept.
    public static let diagnosticsMax = 200

    /// The findings, sorted by position; never empty.
    public let diagnostics: [Diagnostic]
    /// How many findings were left out because there are more than ``diagnosticsMax``.
    public let omitted: Int

    package init(_ found: [Diagnostic]) {
        precondition(!found.isEmpty, "a configuration without findings is not an error")
        let sorted = found.sorted { left, right in
            let first = left.position ?? SourcePosition(line: 0, column: 0)
            let second = right.position ?? SourcePosition(line: 0, column: 0)
            return first == second ? left.message < right.message : first < second
        }
        diagnostics = Array(sorted.prefix(Self.diagnosticsMax))
        omitted = sorted.count - diagnostics.count
    }

    /// One finding a line, without a line break at the end.
    public var description: String {
        var lines = diagnostics.map(\.description)
        if omitted > 0 { lines.append("\(diagnostics[0].file): error: \(omitted) more errors are not shown") }
        return lines.joined(separator: "\n")
    }
}

/// Where the readers of keys and values leave what they find, and the path of the key that is being read.
struct Findings {
    let file: String
    private(set) var diagnostics: [Diagnostic] = []
    private var keys: [String] = []

    init(file: String) {
        self.file = file
    }

    /// The key being read with its parents, such as `proxy.services[0].name`, as jq and yq write it.
    var path: String {
        keys.dropFirst().reduce(keys.first ?? "") { $1.hasPrefix("[") ? $0 + $1 : $0 + "." + $1 }
    }

    /// The mapping being read, as a message names it.
    var place: String { keys.isEmpty ? "at the top level" : "in \(path)" }

    mutating func report(_ position: SourcePosition, _ message: String) {
        diagnostics.append(Diagnostic(file: file, position: position, message: message))
    }

    /// Reads below the key `name`.
    mutating func within<Result>(_ name: String, _ body: (inout Findings) -> Result) -> Result {
        keys.append(name)
        defer { keys.removeLast() }
        return body(&self)
    }
}
