// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

/// proxy-server told to stop: what its clients see.
struct ProxyDrainTests {
    private func proxy(drain: String) throws -> (Server, ScriptedOrigin) {
        let origin = ScriptedOrigin(answering: { connection, _ in try connection.answer("here") })
        let proxy = try Server.proxy([[origin.port]], workers: 2, more: "  drain: {\(drain)}\n")
        return (proxy, origin)
    }

    @Test func `after SIGTERM connections are taken for the delay, and every answer says close`() throws {
        let (proxy, origin) = try proxy(drain: "delay: 1s")
        let kept = try (0..<4).map { _ in try proxy.connect() }
        for client in kept {
            try client.send(get)
            #expect(try client.response()["connection"] == nil)
        }
        proxy.process.signal(SIGTERM)
        _ = try eventually(10, "the drain") { proxy.log.contains("stopping: ") ? true : nil }
        for client in kept.dropLast() + [try proxy.connect(), try proxy.connect()] {
            try client.send(get)
            let response = try client.response()
            #expect(response.text == "here" && response["connection"] == "close")
            #expect(try client.endsHere())
        }
        // The last has sent nothing, and is closed when the delay is over.
        #expect(try kept[3].endsHere())
        #expect(try proxy.process.waitForEnd() == .exited(0))
        withExtendedLifetime(origin) {}
    }

    @Test func `SIGINT does not wait for the delay`() throws {
        let (proxy, origin) = try proxy(drain: "delay: 1h")
        let client = try proxy.connect()
        try client.send(get)
        #expect(try client.response().text == "here")
        proxy.process.signal(SIGINT)
        #expect(try client.endsHere())
        #expect(try proxy.process.waitForEnd() == .exited(0))
        withExtendedLifetime(origin) {}
    }

    @Test(arguments: [(SIGTERM, Int32(143)), (SIGINT, Int32(130))])
    func `a second signal ends the delay and everything else at once`(number: Int32, status: Int32) throws {
        let (proxy, origin) = try proxy(drain: "delay: 1h")
        proxy.process.signal(SIGTERM)
        _ = try eventually(10, "the drain") { proxy.log.contains("stopping: ") ? true : nil }
        proxy.process.signal(number)
        #expect(try proxy.process.waitForEnd() == .exited(status))
        withExtendedLifetime(origin) {}
    }

    @Test func `requests that outlast the drain are cut, and the exit status is 0`() throws {
        let origin = ScriptedOrigin { connection, _, _ in _ = try connection.rest() }
        let proxy = try Server.proxy([[origin.port]], more: "  drain: {delay: 0s, timeout: 200ms}\n")
        let client = try proxy.connect()
        try client.send(get)
        _ = try eventually(10, "the request") { origin.connectionCount == 1 ? true : nil }
        proxy.process.signal(SIGTERM)
        #expect(throws: TestFailure.self) { try client.response() }
        #expect(try proxy.process.waitForEnd() == .exited(0))
    }

    @Test func `a WebSocket is told that this endpoint goes away`() throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.requestHead()
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
            _ = try connection.rest()
        }
        let proxy = try Server.proxy([[origin.port]])
        let client = try proxy.connect()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        #expect(try client.head().status == 101)
        proxy.process.signal(SIGTERM)
        #expect(try client.rest() == [0x88, 0x02, 0x03, 0xE9])
        #expect(try proxy.process.waitForEnd() == .exited(0))
    }
}
