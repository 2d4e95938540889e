// SPDX-License-Identifier: Apache-2.0
import EventProxy
import TestSupport
import Testing

/// The schema as others read it: Python's jsonschema, where that is installed (`pip install jsonschema pyyaml`).
struct SchemaValidationTests {
    private static let script = """
        import json, sys, yaml, jsonschema
        schema = json.load(open(sys.argv[1]))
        jsonschema.Draft202012Validator.check_schema(schema)
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(open(sys.argv[2]))))
        sys.exit(3 if errors else 0)
        """

    private static let isThere =
        (try? run("python3", ["-c", "import jsonschema, yaml"]))?.end == .exited(0)

    private static func validate(_ text: String) throws -> ProcessEnd {
        let folder = TemporaryFolder()
        try Files.write(ProxyConfiguration.jsonSchema, to: folder.path("schema.json"))
        try Files.write(text, to: folder.path("config.yaml"))
        return try run("python3", ["-c", script, folder.path("schema.json"), folder.path("config.yaml")]).end
    }

    @Test(
        .enabled(if: isThere),
        arguments: [completeFile, ProxyConfiguration.exampleYAML, file(""), plain.yaml, serviceFile])
    func `what the proxy takes is valid`(text: String) throws {
        #expect(try parse(text).services.count > 0)
        #expect(try Self.validate(text) == .exited(0))
    }

    @Test(
        .enabled(if: isThere),
        arguments: [
            "  services: [{name: a, host: [{address: a, port: SRV}]}]", "  adress: 1", "  workers: 0",
            "  workers: many", "  listen: {port: 65536}", "  listen: {port: '1'}",
            "  timeouts: {connect: 3}", "  timeouts: {connect: 3 s}", "  log: {console: 1}", "  log: {level: loud}",
            "  health_check: {path: readyz}", "  retry: {attempts: 11}", "  services: []", "  limits: {fields: 1.5}",
        ])
    func `what the proxy refuses is not valid`(lines: String) throws {
        let text = lines.contains("services") ? "proxy:\n\(lines)\n" : file(lines)
        #expect(throws: ConfigurationErrors.self) { try parse(text) }
        #expect(try Self.validate(text) == .exited(3))
    }
}
