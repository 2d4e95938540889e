// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

/// The command line of proxy-server, and of programs with a policy.
struct ProxyCommandTests {
    @Test(
        arguments: [
            ("", .serve(config: "own.yaml", takeover: false)),
            ("--config a.yaml", .serve(config: "a.yaml", takeover: false)),
            ("--config=a=b.yaml --takeover", .serve(config: "a=b.yaml", takeover: true)),
            ("-c a.yaml -c b.yaml", .serve(config: "b.yaml", takeover: false)),
            ("--config=-x", .serve(config: "-x", takeover: false)),
            ("--check", .check(config: "own.yaml")),
            ("--takeover --check -c a.yaml", .check(config: "a.yaml")),
            ("probe http://a/ ", .probe(url: "http://a/", timeoutMs: 2_000)),
            ("probe --timeout 0.5 http://a/?b=c", .probe(url: "http://a/?b=c", timeoutMs: 500)),
            ("schema", .schema(isExample: false)), ("schema --example", .schema(isExample: true)),
            ("--version", .version), ("--help", .help), ("-h", .help), ("help", .help), ("probe --help", .help),
            ("--config a.yaml --help --nonsense", .help),
        ] as [(String, ProxyCommand)])
    func `a command line says what is to be done`(line: String, command: ProxyCommand) throws {
        #expect(try ProxyCommand(line.split(separator: " ").map { String($0) }, config: "own.yaml") == command)
    }

    @Test(arguments: [
        ("--chekc", "unexpected argument '--chekc' (did you mean --check?)"),
        ("--conf=a.yaml", "unexpected argument '--conf=a.yaml' (did you mean --config?)"),
        ("a.yaml", "unexpected argument 'a.yaml'"),
        ("--check probe", "unexpected argument 'probe'"),
        ("--config", "--config needs a value: PATH"),
        ("--config --check", "--config needs a value: PATH"),
        ("--config=", "--config needs a value: PATH"),
        ("--check=yes", "--check takes no value"),
        ("probe", "probe needs a URL, such as http://127.0.0.1:9901/readyz"),
        ("probe http://a/ http://b/", "unexpected argument 'http://b/'"),
        ("probe http://a/ --check", "unexpected argument '--check'"),
        ("probe http://a/ --timeout nan", "--timeout nan: give seconds up to 3600, such as 2 or 0.5"),
        ("probe http://a/ --timeout=-1", "--timeout -1: give seconds up to 3600, such as 2 or 0.5"),
        ("schema --exmaple", "unexpected argument '--exmaple' (did you mean --example?)"),
    ])
    func `what is not understood is refused with the remedy`(line: String, text: String) {
        #expect(throws: ProxyCommand.Refusal(text: text)) {
            try ProxyCommand(line.split(separator: " ").map { String($0) }, config: "own.yaml")
        }
    }

    @Test func `help names the program and its file`() {
        let text = ProxyCommand.helpText(program: "gateway", config: "own.yaml")
        #expect(text.contains("gateway [--config PATH]") && text.contains("own.yaml, in the working directory"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }
}
