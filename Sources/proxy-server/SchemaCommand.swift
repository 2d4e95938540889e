// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EventProxy

/// What the configuration file may say, for editors and for people.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema (draft 2020-12) of the configuration file.",
        discussion: """
            EXAMPLES
              proxy-server schema > config.schema.json
              proxy-server schema --example > config.yaml
            """)

    @Flag(help: "Print a file with every key, its default and what it is for, instead.")
    var example = false

    func run() {
        print(example ? ProxyConfiguration.exampleYAML : ProxyConfiguration.jsonSchema, terminator: "")
    }
}
