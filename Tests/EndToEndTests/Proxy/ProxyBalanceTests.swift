// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

/// The real proxy-server before real app-servers.
struct ProxyBalanceTests {
    private static func apps(_ count: Int) throws -> [Server] {
        let folders = (0..<count).map { _ in TemporaryFolder() }
        // Started together, then waited for.
        let processes = try folders.map { folder in
            try ChildProcess(
                Executable.path("app-server"),
                ["--address", "127.0.0.1", "--port", "0", "--workers", "1", "--log-file", "", "--log-level", "info"],
                outputPath: folder.path("output"))
        }
        return try zip(processes, folders).map { try Server($0, folder: $1) }
    }

    @Test func `six origins of two services are chosen exactly evenly, as the Host field says`() throws {
        let apps = try Self.apps(6)
        let proxy = try Server.proxy([apps[..<3].map(\.port), apps[3...].map(\.port)])
        var counts: [String: Int] = [:]
        for _ in 0..<5 {
            let client = try proxy.connect()
            for _ in 0..<24 {
                try client.send(get)
                let response = try client.response()
                #expect(response.status == 200 && response.text == #"{"message": "you got this!"}"#)
                #expect(response["server"] == "Jeju")
                #expect(response.values("host").count == 1)
                counts[response["host"] ?? "none", default: 0] += 1
            }
        }
        let wanted = apps.enumerated().map { ("service-\($0 / 3 + 1)-127.0.0.1-\($1.port)", 20) }
        #expect(counts == Dictionary(uniqueKeysWithValues: wanted))
    }

    @Test(arguments: [false, true])
    func `one fail kills at most two app-servers, and the next thousand requests are all 200`(isWarm: Bool) throws {
        let apps = try Self.apps(6)
        let proxy = try Server.proxy([apps[..<3].map(\.port), apps[3...].map(\.port)], workers: 2)
        let clients = try (0..<4).map { _ in try proxy.connect() }
        if isWarm {
            for _ in 0..<12 {
                for client in clients {
                    try client.send(get)
                    #expect(try client.response().status == 200)
                }
            }
        }
        let answer = try proxy.get("/fail")
        #expect(answer.status == 502)
        _ = try eventually(10, "an outage") { apps.contains { $0.process.poll() != nil } ? true : nil }
        var failures = 0
        for index in 0..<1_000 {
            try clients[index % 4].send(get)
            let response = try clients[index % 4].response()
            if response.status != 200 { failures += 1 }
        }
        #expect(failures == 0)
        let dead = apps.filter { $0.process.poll() != nil }
        #expect((1...2).contains(dead.count))
        #expect(dead.allSatisfy { $0.process.poll() == .exited(1) })
    }

    @Test func `a service that answers 503 is hidden from GET, and its answer is what all-failing gives`() throws {
        let apps = try Self.apps(2)
        let proxy = try Server.proxy([[apps[0].port], [apps[1].port]])
        // Both answer 503 to this: what the client gets is the last of them, whole.
        let response = try proxy.get("/status/503")
        #expect(response.status == 503 && response.text == #"{"status": 503}"#)
        #expect(response["server"] == "Jeju" && response["host"]?.hasPrefix("service-") == true)
        #expect(try proxy.ask("HEAD /status/503 HTTP/1.1\r\nHost: h\r\n\r\n", isHead: true).status == 503)
    }

    @Test func `a slow reader of a large response costs the proxy little memory`() throws {
        let apps = try Self.apps(1)
        let proxy = try Server.proxy([[apps[0].port]])
        let client = try proxy.connect(receiveBufferBytes: 64 << 10)
        let count = 200_000_000
        try client.send("GET /bytes/\(count) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.head()["content-length"] == "\(count)")
        var read = 0
        while read < count {
            let some = try client.skip(1 << 20)
            if some == 0 { break }
            read += some
            // Slow enough that the proxy has to wait for the reader all the time.
            if read < count / 4, read % (1 << 18) < some { usleep(200) }
        }
        #expect(read == count)
        #expect(try proxy.process.peakResidentBytes() < 32 << 20)
        try client.send(get)
        #expect(try client.response().status == 200)
    }
}
