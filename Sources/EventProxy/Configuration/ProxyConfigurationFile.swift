// SPDX-License-Identifier: Apache-2.0

extension ProxyConfiguration {
    /// Reads a configuration from `text`, the UTF-8 bytes of a YAML document of at most 1 MiB. `file` is what
    /// messages call it. Throws everything that is wrong with it at once; what it returns is complete and valid.
    public static func parse(_ text: [UInt8], file: String) throws(ConfigurationErrors) -> ProxyConfiguration {
        var findings = Findings(file: file)
        var configuration = ProxyConfiguration()
        do throws(YAMLSyntaxError) {
            if let root = try YAMLDocument.read(text, &findings), root.scalar?.meaning != .null {
                readMapping(root, fileKeys, into: &configuration, &findings)
                // What is wrong by itself would only be found wrong again.
                if findings.diagnostics.isEmpty { configuration.checkTogether(root, &findings) }
            } else {
                let message = "the file is empty; it must be \(mappingWanted(fileKeys))"
                findings.report(SourcePosition(line: 1, column: 1), message)
            }
        } catch {
            findings.report(error.position, error.message)
        }
        guard findings.diagnostics.isEmpty else { throw ConfigurationErrors(findings.diagnostics) }
        return configuration
    }

    /// Reads a configuration from the file at `path`, which messages call it. Throws as ``read(path:)`` and
    /// ``parse(_:file:)`` do. Blocks while it reads.
    public static func load(path: String) throws(ConfigurationErrors) -> ProxyConfiguration {
        try parse(read(path: path), file: path)
    }

    /// The content of the file at `path`. Throws one finding without a position if it cannot be read. Blocks while it
    /// reads.
    public static func read(path: String) throws(ConfigurationErrors) -> [UInt8] {
        do throws(FileError) {
            // One byte more than allowed, so that a file that is too large is not read to its end and yet noticed.
            return try readFile(path, bytesMax: YAMLLimits.documentBytesMax + 1)
        } catch {
            let message = "cannot \(error.operation): \(error.text); \(remedy(error))"
            throw ConfigurationErrors([Diagnostic(file: path, position: nil, message: message)])
        }
    }

    private static func remedy(_ error: FileError) -> String {
        error.isForbidden
            ? "make it readable by the user that runs \(Proxy.programName)" : "name a file with --config PATH"
    }
}
