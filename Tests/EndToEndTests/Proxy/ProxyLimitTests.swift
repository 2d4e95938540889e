// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

/// The real proxy-server, with limits per host.
struct ProxyLimitTests {
    @Test func `a host gets as many requests as may be, one waits, the next is told which limit it met`() throws {
        let gate = Shared(false)
        let origin = ScriptedOrigin { connection, _ in
            _ = try eventually(20, "the gate") { gate.current ? true : nil }
            try connection.answer("well")
        }
        let proxy = try Server.proxy(
            [[origin.port]],
            more: """
                  limits:
                    host_requests: 1
                    host_queue: 1
                  timeouts:
                    host_queue: 20s

                """)
        #expect(proxy.log.contains("each host is sent 1 request(s) at once, 1 by each worker; 1 more may wait"))
        let clients = try (0..<2).map { _ in try proxy.connect() }
        try clients[0].send(get)
        _ = try eventually(10, "the first") { origin.requests.count == 1 ? true : nil }
        try clients[1].send(get)
        // Whether the second waits already shows when a third is refused; until then thirds leave again.
        let refused: RawResponse = try eventually(10, "a refusal") {
            let client = try proxy.connect()
            client.deadlineSeconds = 0.2
            try client.send(get)
            return try? client.response()
        }
        #expect(refused.status == 503 && refused["x-limit"] == "host-requests" && refused["retry-after"] == "1")
        _ = try eventually(10, "the line in the log") {
            proxy.log.contains("found no room: service-1-127.0.0.1-\(origin.port) has 1 of") ? true : nil
        }
        gate.change { $0 = true }
        for client in clients { #expect(try client.response().text == "well") }
        #expect(try proxy.stop() == .exited(0))
    }

    @Test func `without a limit in the file it follows from the limit on descriptors, and is logged`() throws {
        let origin = ScriptedOrigin { connection, _ in try connection.answer("well") }
        let proxy = try Server.proxy([[origin.port]], workers: 2)
        let line = proxy.log.split(separator: "\n").first { $0.contains("each host is sent") }
        #expect(line?.contains("by each worker; 1024 more may wait for up to 1000 ms") == true, "\(proxy.log)")
        #expect(try proxy.ask(get).text == "well")
    }
}
