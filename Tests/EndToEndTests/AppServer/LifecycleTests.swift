// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

@Suite struct AppServerLifecycleTests {
    @Test(arguments: [SIGTERM, SIGINT]) func aSignalFinishesRequestsInFlight(number: Int32) throws {
        let server = try Server.app(workers: 2)
        let idle = try server.connect()
        try idle.send(get)
        #expect(try idle.response().status == 200)
        let busy = try (0..<4).map { _ in try server.connect() }
        for client in busy { try client.send("GET /delay/500 HTTP/1.1\r\nHost: h\r\n\r\n") }
        sleep(seconds: 0.15)
        server.process.signal(number)
        #expect(try idle.endsHere())
        for client in busy {
            let response = try client.response()
            #expect(response.text == message)
            #expect(response["connection"] == "close")
            #expect(try client.endsHere())
        }
        #expect(try server.process.waitForEnd(seconds: 5) == .exited(0))
        #expect(server.log.contains(" - INFO - stopping: "))
        #expect(server.log.contains("has stopped\n"))
    }

    @Test func aDrainWaitsForAReaderThatIsSlow() throws {
        let server = try Server.app()
        let client = try server.connect(receiveBufferBytes: 4096)
        try client.send("GET /bytes/8000000 HTTP/1.1\r\nHost: h\r\n\r\n")
        sleep(seconds: 0.1)
        server.process.signal(SIGTERM)
        sleep(seconds: 0.3)
        #expect(try client.response().body.count == 8_000_000)
        #expect(try client.endsHere())
        #expect(try server.process.waitForEnd(seconds: 5) == .exited(0))
    }

    @Test(arguments: [(SIGTERM, Int32(143)), (SIGINT, Int32(130))])
    func aSecondSignalEndsAtOnce(number: Int32, status: Int32) throws {
        let server = try Server.app(workers: 2)
        let client = try server.connect()
        try client.send("GET /delay/60000 HTTP/1.1\r\nHost: h\r\n\r\n")
        sleep(seconds: 0.1)
        server.process.signal(number)
        _ = try eventually(5, "the drain") { server.log.contains("stopping: ") ? true : nil }
        server.process.signal(number)
        #expect(try server.process.waitForEnd(seconds: 5) == .exited(status))
    }

    @Test func aDelayedDrainTellsReadinessFirst() throws {
        let server = try Server.app("--drain-delay", "2")
        let idle = try server.connect()
        try idle.send(get)
        #expect(try idle.response()["connection"] == nil)
        server.process.signal(SIGTERM)
        let ready = try eventually(1.5, "readiness to go") {
            let response = try server.get("/readyz")
            // The answer changes at once; that connections end, each loop hears a moment later.
            return response.status == 503 && response["connection"] == "close" ? response : nil
        }
        #expect(ready.text == #"{"status": "draining"}"#)
        #expect(try server.get("/livez").status == 200)
        try idle.send(get)
        #expect(try idle.response()["connection"] == "close")
        #expect(try server.process.waitForEnd(seconds: 5) == .exited(0))
    }

    @Test func aDrainHasAnEnd() throws {
        let server = try Server.app("--drain-timeout", "1")
        let client = try server.connect()
        try client.send("GET /delay/60000 HTTP/1.1\r\nHost: h\r\n\r\n")
        sleep(seconds: 0.1)
        server.process.signal(SIGTERM)
        #expect(throws: TestFailure.self) { try client.response() }
        #expect(try server.process.waitForEnd() == .exited(0))
    }

    @Test func accessLinesShowTheRealStatus() throws {
        let folder = TemporaryFolder()
        let path = folder.path("event.log")
        let server = try Server.app("--log-file", path)
        for target in ["/", "/status/503", "/x\u{22}y"] { _ = try server.get(target) }
        _ = try server.ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        _ = try server.ask("GET / HTTP/1.1\r\n\r\n")
        #expect(try server.stop() == .exited(0))
        let log = Files.text(path)
        #expect(log == server.log)
        #expect(log.contains("] - app-log - DEBUG - 127.0.0.1 - GET / HTTP/1.1 - 200 - "))
        #expect(log.contains("] - app-log - DEBUG - 127.0.0.1 - GET /status/503 HTTP/1.1 - 503 - "))
        #expect(log.contains("GET /x\\x22y HTTP/1.1 - 200 - "))
        #expect(log.contains("POST /echo HTTP/1.1 - 200 - "))
        #expect(log.contains("] - app-log - DEBUG - 127.0.0.1 - - - - - 400 - "))
        #expect(Files.lines(path).count == 5 + 3)
    }

    @Test func logsAreJSONIfAsked() throws {
        let server = try Server.app("--log-format", "json")
        _ = try server.get("/status/404")
        #expect(try server.stop() == .exited(0))
        #expect(server.log.contains(#""target":"/status/404","version":"HTTP/1.1","status":404,"#))
        for line in server.log.split(separator: "\n") {
            #expect(line.hasPrefix(#"{"time":"20"#) && line.hasSuffix("}"))
        }
    }

    @Test func aLevelAboveDebugWritesNoAccessLines() throws {
        let server = try Server.app("--log-level", "info")
        _ = try server.get("/")
        #expect(try server.stop() == .exited(0))
        #expect(server.log.split(separator: "\n").count == 3)
    }

    @Test func aUserSignalReopensTheLogFile() throws {
        let folder = TemporaryFolder()
        let path = folder.path("event.log")
        let server = try Server.app("--log-file", path)
        _ = try server.get("/first")
        _ = try eventually(5, "the first line") { Files.text(path).contains("/first") ? true : nil }
        rename(path, folder.path("old.log"))
        server.process.signal(SIGUSR1)
        _ = try eventually(5, "a new file") { access(path, F_OK) == 0 ? true : nil }
        _ = try server.get("/second")
        #expect(try server.stop() == .exited(0))
        #expect(!Files.text(path).contains("/first") && Files.text(path).contains("/second"))
        #expect(Files.text(folder.path("old.log")).contains("/first"))
    }

    @Test func aLogFileThatCannotBeWrittenIsNoOutage() throws {
        let server = try Server.app("--log-file", "/proc/nothing/event.log")
        #expect(try server.get("/").text == message)
        #expect(server.log.contains("/proc/nothing"))
        #expect(try server.stop() == .exited(0))
    }

    @Test func aPortInUseIsToldAndEndsTheStart() throws {
        let first = try Server.app()
        let program = try Executable.path("app-server")
        let second = try run(program, ["--address", "127.0.0.1", "--port", "\(first.port)", "--log-file", ""])
        #expect(second.end == .exited(1))
        #expect(second.output.contains("listen on 127.0.0.1:\(first.port)"))
        #expect(second.output.contains("choose another port"))
        #expect(try first.get("/").status == 200)
    }

    @Test(arguments: [
        (["--port", "65536"], "'--port <port>': a port is"), (["--port", "x"], "'--port <port>': a port is"),
        (["--workers", "0"], "'--workers <workers>': give auto or"),
        (["--address", "localhost"], "--address localhost: "),
        (["--log-level", "loud"], "'--log-level <log-level>': give one of"),
        (["--log-format", "xml"], "'--log-format <log-format>': give text or json"),
        (["--drain-delay", "-1"], "--drain-delay"), (["--drain-timeout", "x"], "--drain-timeout"),
        (["--prot", "1"], "--port"), (["extra"], "extra"),
    ])
    func aWrongOptionIsNamedWithItsRemedy(arguments: [String], text: String) throws {
        let result = try run(try Executable.path("app-server"), arguments)
        #expect(result.end == .exited(64))
        #expect(result.output.contains(text), "\(result.output)")
    }

    @Test func helpShowsExamples() throws {
        let result = try run(try Executable.path("app-server"), ["--help"])
        #expect(result.end == .exited(0))
        for text in ["Examples:", "--drain-delay", "(default: 8000)", "/delay/{milliseconds}"] {
            #expect(result.output.contains(text))
        }
    }
}
