// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

private func get(_ path: String, _ more: String = "") -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\(more)\r\n" }

@Suite struct AppServerConnectionTests {
    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let server = try Server.app()
        let client = try server.connect()
        var requests = ""
        for i in 0..<200 {
            switch i % 5 {
            case 0: requests += get("/")
            case 1: requests += get("/status/\(400 + i)")
            case 2: requests += get("/bytes/\(i * 1000)")
            case 3: requests += get("/delay/\(i % 3)")
            default: requests += "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n\(100 + i)"
            }
        }
        try client.send(requests)
        for i in 0..<200 {
            let response = try client.response()
            switch i % 5 {
            case 0, 3: #expect(response.text == message)
            case 1: #expect(response.status == 400 + i || response.status == 400)
            case 2: #expect(response.body.count == i * 1000)
            default: #expect(response.text.contains(#""body": "\#(100 + i)"}"#))
            }
        }
    }

    @Test func connectionsAreKeptAsTheClientAsks() throws {
        let server = try Server.app()
        for (request, keeps, field) in [
            (get("/"), true, nil),
            (get("/", "Connection: close\r\n"), false, "close"),
            (get("/", "Connection: foo, Close\r\n"), false, "close"),
            ("GET / HTTP/1.0\r\n\r\n", false, "close"),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, "keep-alive"),
            ("GET / HTTP/1.9\r\nHost: h\r\n\r\n", true, nil),
        ] as [(String, Bool, String?)] {
            let client = try server.connect()
            for _ in 0..<(keeps ? 3 : 1) {
                try client.send(request)
                let response = try client.response()
                #expect(response.text == message)
                #expect(response["connection"] == field)
            }
            if !keeps { #expect(try client.endsHere()) }
        }
    }

    @Test func aRequestMayComeInAnyPieces() throws {
        let server = try Server.app()
        let request =
            "\r\nPOST /echo?q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n"
        let bytes = Array(request.utf8)
        let client = try server.connect()
        for split in 1..<bytes.count {
            try client.send(Array(bytes[..<split]))
            // Long enough for the server to read the pieces apart, nearly always.
            usleep(2000)
            try client.send(Array(bytes[split...]))
            #expect(try client.response().text.contains(#""body": "abc"}"#))
        }
        for byte in bytes {
            try client.send([byte])
            usleep(1000)
        }
        #expect(try client.response().text.contains(#""body": "abc"}"#))
    }

    @Test func aClientThatEndsItsSideGetsItsAnswer() throws {
        let server = try Server.app()
        for path in ["/", "/delay/50", "/bytes/3000000"] {
            let client = try server.connect()
            try client.send(get(path) + get(path))
            client.endSending()
            for _ in 0..<2 { #expect(try client.response().status == 200) }
            let start = now()
            #expect(try client.endsHere())
            #expect(now() - start < 2)
        }
    }

    @Test func aClientThatEndsItsSideAndReadsSlowlyGetsAllAndAnEnd() throws {
        let server = try Server.app()
        let client = try server.connect(receiveBufferBytes: 4096)
        try client.send(get("/bytes/2000000"))
        client.endSending()
        sleep(seconds: 0.3)
        #expect(try client.response().body.count == 2_000_000)
        client.deadlineSeconds = 3
        #expect(try client.endsHere())
    }

    @Test func aClientThatGoesLeavesNothingBehind() throws {
        let server = try Server.app()
        for path in ["/delay/100", "/bytes/1099511627776"] {
            for _ in 0..<20 {
                let client = try server.connect()
                try client.send(get(path))
                if path.hasPrefix("/bytes") { _ = try client.skip(10_000) }
                client.reset()
            }
        }
        sleep(seconds: 0.3)
        #expect(try server.get("/").text == message)
        #expect(try server.stop() == .exited(0))
    }

    @Test func aSlowReaderCostsNoMemory() throws {
        let server = try Server.app()
        #expect(try server.get("/bytes/1000000").status == 200)
        let before = try server.process.peakResidentBytes()
        var clients: [RawClient] = []
        for _ in 0..<20 {
            let client = try server.connect(receiveBufferBytes: 4096)
            try client.send(get("/bytes/1099511627776"))
            clients.append(client)
        }
        for _ in 0..<20 {
            for client in clients { _ = try client.skip(4096) }
            usleep(10_000)
        }
        let grown = try server.process.peakResidentBytes() - before
        // 128 KiB each: what waits, in a block of the pool, and the connection.
        #expect(grown < 20 * 128 << 10, "grew by \(grown) bytes")
        #expect(try server.get("/").text == message)
    }

    @Test func aFastReaderDoesNotKeepOthersWaiting() throws {
        let server = try Server.app()
        let greedy = try ChildProcess(
            "curl", ["-s", "-o", "/dev/null", server.url("/bytes/1099511627776")],
            outputPath: server.folder.path("curl"))
        sleep(seconds: 0.2)
        let client = try server.connect()
        for _ in 0..<20 {
            let start = now()
            try client.send(get("/"))
            #expect(try client.response().text == message)
            #expect(now() - start < 0.5)
        }
        #expect(greedy.poll() == nil)
    }

    @Test func manyConnectionsAtOnce() throws {
        let server = try Server.app(workers: 2)
        let clients = try (0..<300).map { _ in try server.connect() }
        for _ in 0..<3 {
            for client in clients { try client.send(get("/")) }
            for client in clients { #expect(try client.response().text == message) }
        }
    }
}

@Suite struct AppServerLimitTests {
    /// The system gives no more descriptors: who comes waits, and is served when others go.
    @Test func clientsBeyondTheLimitOfOpenFilesWait() throws {
        let folder = TemporaryFolder()
        let process = try ChildProcess(
            "prlimit",
            [
                "--nofile=20:40", try Executable.path("app-server"), "--address", "127.0.0.1", "--port", "0",
                "--workers", "1", "--log-file", "", "--log-level", "info",
            ], outputPath: folder.path("output"))
        let server = try Server(process, folder: folder)
        var clients = try (0..<60).map { _ in try server.connect() }
        for client in clients { try client.send(get("/")) }
        sleep(seconds: 0.4)
        #expect(Files.lines("/proc/\(process.pid)/limits").contains { $0.hasPrefix("Max open files            40 ") })
        let last = clients.removeLast()
        last.deadlineSeconds = 0.1
        #expect(throws: TestFailure.self) { try last.response() }
        clients = []
        last.deadlineSeconds = 5
        #expect(try last.response().text == message)
        #expect(server.log.split(separator: "\n").count { $0.contains("Too many open files") } == 1)
        #expect(try server.stop() == .exited(0))
    }
}
