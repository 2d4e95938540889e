// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// proxy-server as a process: its configuration, its signals, its log.
struct ProxyProcessTests {
    private static let reference = """
        proxy:
          listen:
            address: "0.0.0.0"
            port: 8888
          services:
            - name: service-app-1
              host:
              - address: "10.99.246.53"
                port: 8081
            - name: service-app-2
              host:
              - address: "10.98.58.70"
                port: 8081

        """

    private func check(_ text: String, _ arguments: [String] = ["--check"]) throws -> (end: ProcessEnd, output: String)
    {
        let folder = TemporaryFolder()
        let path = folder.path("config.yaml")
        try Files.write(text, to: path)
        let result = try run(Executable.path("proxy-server"), ["--config", path] + arguments)
        return (result.end, result.output.split(separator: folder.path + "/").joined())
    }

    @Test func `the reference's file is right`() throws {
        let result = try check(Self.reference)
        #expect(result.end == .exited(0) && result.output.contains("the configuration is right"))
    }

    @Test func `what the machine does not allow is a warning, and the file is right`() throws {
        let text = Self.reference + "  limits: {connections: 1048576}\n  log: {file: /etc/passwd/event.log}\n"
        let result = try check(text)
        #expect(result.end == .exited(0) && result.output.contains("the configuration is right"))
        #expect(result.output.contains("config.yaml: warning: proxy.limits.connections: 1048576 clients"))
        #expect(result.output.contains("config.yaml: warning: proxy.log.file '/etc/passwd/event.log' cannot be opened"))
    }

    @Test(arguments: [["--check"], []]) func `every error is told with its place, and the exit status is 2`(
        arguments: [String]
    ) throws {
        let text = Self.reference.split(separator: "\n").map { line in
            line.contains("port: 8888")
                ? "    prot: 8888" : line.contains("10.98") ? "      - address: 10.98.58.70:1" : line
        }.joined(separator: "\n")
        let result = try check(text, arguments)
        #expect(result.end == .exited(2))
        #expect(result.output.contains("config.yaml:4:5: error: "))
        #expect(result.output.contains("'port'"))
        #expect(result.output.contains("config.yaml:12:18: error: "))
    }

    @Test func `a file that is not there is told, with status 2`() throws {
        let result = try run(Executable.path("proxy-server"), ["--config", "/nowhere/config.yaml"])
        #expect(result.end == .exited(2) && result.output.contains("/nowhere/config.yaml"))
    }

    @Test(arguments: [["--chekc"], ["--takeover=yes"], ["probe"], ["config.yaml"]])
    func `an argument that is not understood is refused, with status 64, and nothing is served`(arguments: [String])
        throws
    {
        let result = try check(Self.reference, arguments)
        #expect(result.end == .exited(64))
        #expect(result.output.hasPrefix("proxy-server: ") && result.output.hasSuffix("; see proxy-server --help\n"))
    }

    @Test(arguments: [(["schema"], "{\n"), (["schema", "--example"], "# ")])
    func `the schema and the example are printed`(arguments: [String], start: String) throws {
        let result = try run(Executable.path("proxy-server"), arguments)
        #expect(result.end == .exited(0) && result.output.hasPrefix(start), "\(result.output.prefix(80))")
    }

    @Test(arguments: [true, false]) func `a port that is taken is told, with status 1`(byProxy: Bool) throws {
        let origin = RefusedPort()
        let other = byProxy ? try Server.proxy([[origin.port]]) : nil
        let listener = byProxy ? nil : ScriptedOrigin { _, _, _ in }
        let port = try #require(other?.port ?? listener?.port)
        let result = try check(Server.configuration([[origin.port]], port: port), [])
        #expect(result.end == .exited(1))
        #expect(result.output.contains("127.0.0.1:\(port)") && result.output.contains("in use"))
    }

    @Test(arguments: [SIGTERM, SIGINT]) func `a signal finishes the requests in flight and exits 0`(number: Int32)
        throws
    {
        let release = Shared(false)
        let origin = ScriptedOrigin(answering: { connection, request in
            if request.target == "/slow" { _ = try eventually(10, "the test") { release.current ? true : nil } }
            try connection.answer("done")
        })
        let proxy = try Server.proxy([[origin.port]], workers: 2)
        let idle = try (0..<4).map { _ in try proxy.connect() }
        let busy = try (0..<4).map { _ in try proxy.connect() }
        for client in busy { try client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n") }
        _ = try eventually(10, "the requests") { origin.connectionCount == 4 ? true : nil }
        proxy.process.signal(number)
        for client in idle { #expect(try client.endsHere()) }
        release.change { $0 = true }
        for client in busy {
            let response = try client.response()
            #expect(response.text == "done" && response["connection"] == "close")
            #expect(try client.endsHere())
        }
        #expect(try proxy.process.waitForEnd() == .exited(0))
    }

    @Test func `a second signal ends the process at once`() throws {
        let origin = ScriptedOrigin { connection, _, _ in _ = try connection.rest() }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        let idle = try proxy.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try eventually(10, "the request") { origin.connectionCount == 1 ? true : nil }
        proxy.process.signal(SIGTERM)
        #expect(try idle.endsHere())
        proxy.process.signal(SIGTERM)
        #expect(try proxy.process.waitForEnd() == .exited(143))
    }

    @Test func `log lines say the real status, and a log that was moved away is opened again`() throws {
        let origin = ScriptedOrigin(answering: { connection, request in
            try connection.answer("x", status: "\(request.target.dropFirst()) Whatever")
        })
        let folder = TemporaryFolder()
        let log = folder.path("event.log")
        let proxy = try Server.proxy([[origin.port]], more: "  log:\n    file: \"\(log)\"\n")
        for status in [200, 404, 503] { #expect(try proxy.get("/\(status)").status == status) }
        #expect(try proxy.ask("NONSENSE\r\n\r\n").status == 400)
        _ = try eventually(10, "four lines") { Files.text(log).contains(" - 400 - ") ? true : nil }
        let lines = Files.lines(log)
        for status in [200, 404, 503] {
            #expect(lines.contains { $0.contains("127.0.0.1 - GET /\(status) HTTP/1.1 - \(status) - ") })
        }
        #expect(lines.allSatisfy { $0.hasPrefix("[20") && $0.contains("] - proxy-log - ") })
        rename(log, folder.path("old.log"))
        proxy.process.signal(SIGUSR1)
        _ = try eventually(10, "the new file") {
            _ = try proxy.get("/200")
            return Files.text(log).contains("GET /200") ? true : nil
        }
        #expect(try proxy.stop() == .exited(0))
    }

    @Test func `without a place for its log the proxy still serves`() throws {
        let origin = ScriptedOrigin(answering: { connection, _ in try connection.answer("served") })
        let proxy = try Server.proxy([[origin.port]], more: "  log:\n    file: \"/proc/nowhere/event.log\"\n")
        #expect(try proxy.get("/").text == "served")
        #expect(try proxy.stop() == .exited(0))
    }
}
