// SPDX-License-Identifier: Apache-2.0
import EventProxy
import Testing

/// A text and all that is wrong with it, each as `line:column: message`.
struct BadFile: Sendable, CustomTestStringConvertible {
    let text: String
    let errors: [String]

    /// A whole file.
    init(_ text: String, _ errors: String...) {
        self.text = text
        self.errors = errors
    }

    /// `lines`, which begin on line 2 and are keys of `proxy`, above one valid service.
    init(keys lines: String, _ errors: String...) {
        text = file(lines)
        self.errors = errors
    }

    var testDescription: String { text.debugDescription }
}

/// A valid file with `keys` as its lines from line 2 on.
func file(_ keys: String) -> String {
    """
    proxy:
    \(keys)
      services:
        - name: a
          host:
            - address: 10.0.0.1
              port: 80

    """
}

/// What `file(_:)` holds when its keys have no effect.
let plain = ProxyConfiguration(services: [.init(name: "a", hosts: [.init(address: "10.0.0.1", port: 80)])])

/// A valid file whose hosts are in SRV records.
let serviceFile = """
    proxy:
      services:
        - {name: a, host: [{address: _http._tcp.app.test, port: srv}]}

    """

/// What is wrong with `text`, each as `line:column: message`.
func errors(in text: String) -> [String] {
    do throws(ConfigurationErrors) {
        _ = try ProxyConfiguration.parse(Array(text.utf8), file: "config.yaml")
        return []
    } catch {
        return error.diagnostics.map { diagnostic in
            #expect(diagnostic.file == "config.yaml")
            guard let position = diagnostic.position else { return diagnostic.message }
            return "\(position.line):\(position.column): \(diagnostic.message)"
        }
    }
}

func parse(_ text: String) throws -> ProxyConfiguration {
    try ProxyConfiguration.parse(Array(text.utf8), file: "config.yaml")
}
