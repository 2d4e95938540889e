// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventProxy

/// While the answer of one origin is held and another is asked, content stays where it is until somebody can take it.
struct HeldAnswerTests {
    private static func isGated(_ gate: Shared<Bool>, _ requests: Shared<[RawRequest]>) -> ScriptedOrigin {
        // Room for one connection that waits: the next one's SYN is dropped, and comes again after a second.
        ScriptedOrigin(backlog: 0, gate: gate) { connection, _, origin in
            while let head = try connection.requestHead() {
                if head["expect"] != nil { try connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
                var request = head
                request.body = try connection.content(of: head)
                requests.change { $0.append(request) }
                try connection.answer("second")
            }
        }
    }

    @Test func `content is not sent before the head when the wait for 100 ends while another origin is slow`() throws {
        let requests = Shared<[RawRequest]>([])
        let gate = Shared(false)
        let first = ScriptedOrigin { connection, _, _ in
            _ = try connection.requestHead()
            sleep(seconds: 0.5)
        }
        let second = Self.isGated(gate, requests)
        let filler = try RawClient(port: second.port)
        let proxy = try TestProxy([[first.port], [second.port]])
        let client = try proxy.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        try client.send("hello")
        sleep(seconds: 1.2)
        gate.change { $0 = true }
        filler.endSending()
        var response = try client.response()
        if response.status == 100 { response = try client.response() }
        #expect(response.text == "second")
        #expect(requests.current.map(\.line) == ["PUT / HTTP/1.1"])
        #expect(requests.current.first?.body == Array("hello".utf8))
    }

    @Test func `an early error that is not held lets the upload go on`() throws {
        let first = ScriptedOrigin { connection, _, _ in
            guard let head = try connection.requestHead() else { return }
            try connection.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\n")
            try connection.send(connection.content(of: head))
        }
        let second = ScriptedOrigin.saying("second")
        // There is another host, but no time for it.
        let proxy = try TestProxy([[first.port], [second.port]]) {
            $0.timeouts.responseMs = 40
            $0.timeouts.originBodyMs = 1_000
        }
        let client = try proxy.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nwh")
        #expect(try client.head().status == 503)
        try client.send("at")
        #expect(try client.bytes(4) == Array("what".utf8))
        #expect(second.connectionCount == 0)
    }

    @Test(arguments: [false, true])
    func `what happens to a connection whose answer is held does not disturb the next`(isReset: Bool) throws {
        let requests = Shared<[RawRequest]>([])
        let gate = Shared(false)
        let goOn = Shared(false)
        // So slow a reader that a part of the request waits in the proxy.
        let first = ScriptedOrigin(receiveBufferBytes: 2048, segmentBytes: 536) { connection, _, _ in
            _ = try connection.requestHead()
            try connection.answer("first", status: "503 Service Unavailable")
            _ = try eventually(10, "the test") { goOn.current ? true : nil }
            if isReset { return connection.reset() }
            _ = try connection.skipAll(60_000)
        }
        let second = Self.isGated(gate, requests)
        let filler = try RawClient(port: second.port)
        let proxy = try TestProxy([[first.port], [second.port]])
        let client = try proxy.connect()
        let body = (0..<60_000).map { UInt8(0x61 + $0 % 26) }
        try client.send("PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 60000\r\n\r\n")
        try client.send(Array(body[..<50_000]))
        sleep(seconds: 0.2)
        goOn.change { $0 = true }
        sleep(seconds: 0.2)
        try client.send(Array(body[50_000...]))
        sleep(seconds: 0.2)
        gate.change { $0 = true }
        filler.endSending()
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response.text == "second")
        #expect(response["host"] == "service-2-127.0.0.1-\(second.port)")
        #expect(requests.current.map(\.line) == ["PUT / HTTP/1.1"])
        #expect(requests.current.first?.body == body)
        _ = try eventually(10, "both hosts to be free") {
            try proxy.onLoop { $0.origins.allSatisfy { $0.queue.active == 0 } } ? true : nil
        }
    }
}
