// SPDX-License-Identifier: Apache-2.0

/// Lines of JSON as a foreign parser reads them: Python's, which is strict here about everything that RFC 8259 is.
package struct JSONLines {
    /// One line: its values by where they are, such as `attempts.0.reason`, each written as JSON.
    package struct Line: Sendable {
        private let values: [String: String]

        fileprivate init(_ values: [String: String]) {
            self.values = values
        }

        package subscript(path: String) -> String? { values[path] }

        /// The string at a place; nil if there is another value.
        package func text(_ path: String) -> String? {
            guard let value = values[path], value.utf8.count >= 2, value.hasPrefix("\"") else { return nil }
            return String(value.dropFirst().dropLast())
        }

        package func number(_ path: String) -> Double? { values[path].flatMap(Double.init) }

        package func count(of list: String) -> Int { values[list + ".length"].flatMap { Int($0) } ?? 0 }
    }

    private static let script = #"""
        import json, sys

        def refuse(what):
            raise ValueError(f"{what!r} is not JSON")

        def unique(pairs):
            if len({key for key, _ in pairs}) < len(pairs):
                raise ValueError("a key twice")
            return dict(pairs)

        def tell(path, value):
            if isinstance(value, dict):
                for key, member in value.items():
                    tell(path + [key], member)
            elif isinstance(value, list):
                print(".".join(path + ["length"]) + "\t" + str(len(value)))
                for number, item in enumerate(value):
                    tell(path + [str(number)], item)
            else:
                print(".".join(path) + "\t" + json.dumps(value))

        for number, line in enumerate(open(sys.argv[1], "rb").read().split(b"\n")[:-1], 1):
            try:
                tell([], json.loads(line.decode("ascii"), parse_constant=refuse, object_pairs_hook=unique))
            except ValueError as error:
                sys.exit(f"line {number}: {error}: {line!r}")
            print()
        """#

    /// The lines of a text. Throws when one of them is not a JSON object in ASCII.
    package static func parse(_ text: String) throws -> [Line] {
        let folder = TemporaryFolder()
        try Files.write(text, to: folder.path("lines"))
        let result = try run("python3", ["-c", script, folder.path("lines")])
        guard result.end == .exited(0) else { throw TestFailure("not JSON: \(result.output)") }
        var lines: [Line] = []
        var values: [String: String] = [:]
        for row in result.output.split(separator: "\n", omittingEmptySubsequences: false) {
            if row.isEmpty {
                if !values.isEmpty { lines.append(Line(values)) }
                values = [:]
                continue
            }
            let parts = row.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return lines
    }
}
