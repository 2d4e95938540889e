// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// `app-server probe` and `proxy-server probe`: what images without a shell check health with.
struct ProbeTests {
    private func probe(
        _ arguments: String..., by program: String = "app-server"
    ) throws -> (end: ProcessEnd, output: String) {
        try run(Executable.path(program), ["probe"] + arguments)
    }

    @Test(arguments: ["app-server", "proxy-server"]) func `a server that answers 2xx is well, and nothing is printed`(
        program: String
    ) throws {
        let server = try Server.app()
        for path in ["/readyz", "/status/204", "", "?a=b", "/readyz#part"] {
            let result = try probe(server.url(path), by: program)
            #expect(result.end == .exited(0) && result.output.isEmpty, "\(path): \(result)")
        }
    }

    @Test func `any other answer is one line and status 1`() throws {
        let server = try Server.app()
        for (path, text) in [("/status/503", "503 Service Unavailable"), ("/status/302", "302 Found")] {
            let result = try probe(server.url(path))
            #expect(result.end == .exited(1))
            #expect(result.output == "probe: \(server.url(path)): answered \(text)\n")
        }
    }

    @Test func `a probe asks for path and query with the host as it was given`() throws {
        let origin = ScriptedOrigin(answering: { connection, _ in try connection.answer("") })
        #expect(try probe("HTTP://127.0.0.1:\(origin.port)/a/b?c=d#e").end == .exited(0))
        let request = try #require(origin.requests.first)
        #expect(request.line == "GET /a/b?c=d HTTP/1.1")
        #expect(request["host"] == "127.0.0.1:\(origin.port)")
    }

    @Test func `a host name is resolved, and every address of it is tried`() throws {
        // localhost is ::1 and 127.0.0.1 on many machines, and the server listens on one of them.
        let server = try Server.app()
        #expect(try probe("http://localhost:\(server.port)/livez").end == .exited(0))
    }

    @Test func `an IPv6 address stands in brackets`() throws {
        let server = try Server("app-server", ["--address", "::1", "--port", "0", "--log-file", ""])
        #expect(try probe("http://[::1]:\(server.port)/livez").end == .exited(0))
    }

    @Test func `a server that does not answer in time is not well`() throws {
        let origin = ScriptedOrigin { connection, _, _ in _ = try connection.rest() }
        let result = try probe("http://127.0.0.1:\(origin.port)/", "--timeout", "0.2")
        #expect(result.end == .exited(1) && result.output.hasSuffix("no answer within 0.2 s\n"))
    }

    @Test(arguments: [
        ("https://127.0.0.1/", "plain HTTP"), ("127.0.0.1:8000", "plain HTTP"), ("http://", "is no host"),
        ("http://user@host/", "is no host"), ("http://::1/", "is no host"), ("http://host:99999/", "is no host"),
        ("http://host:0/", "from 1 to 65535"), ("http://127.0.0.1/a b", "%XX"),
        ("http://no-such-host.invalid/", "cannot resolve no-such-host.invalid"),
    ])
    func `a URL that cannot be asked is told why`(url: String, text: String) throws {
        let result = try probe(url, by: "proxy-server")
        #expect(result.end == .exited(1))
        #expect(result.output.hasPrefix("probe: \(url): ") && result.output.contains(text), "\(result.output)")
        #expect(result.output.split(separator: "\n").count == 1)
    }

    @Test func `nobody listening, a broken answer and no answer are told apart`() throws {
        let refused = try probe("http://127.0.0.1:\(RefusedPort.free())/")
        #expect(refused.end == .exited(1) && refused.output.contains("connect: Connection refused"))
        let broken = ScriptedOrigin(answering: { connection, _ in try connection.send("SSH-2.0-server\r\n\r\n") })
        #expect(try probe("http://127.0.0.1:\(broken.port)/").output.contains("not valid HTTP"))
        let silent = ScriptedOrigin { _, _, _ in }
        #expect(try probe("http://127.0.0.1:\(silent.port)/").output.contains("ended without an answer"))
    }

    @Test func `a timeout that is none is refused with its remedy`() throws {
        for timeout in ["0", "-1", "x", "1e9"] {
            #expect(try probe("http://127.0.0.1/", "--timeout=\(timeout)").end == .exited(64))
        }
    }

    @Test(arguments: [("app-server", "--port"), ("proxy-server", "--config")])
    func `help shows the options of serving, and the commands`(program: String, option: String) throws {
        let result = try run(Executable.path(program), ["--help"])
        #expect(result.end == .exited(0))
        for text in [option, "SUBCOMMANDS", "probe"] { #expect(result.output.contains(text), "\(result.output)") }
    }
}
