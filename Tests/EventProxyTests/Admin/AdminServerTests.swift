// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// The admin listener in this process; the whole of it is in EndToEndTests.
struct AdminServerTests {
    private static func setup(_ configure: (inout ProxyConfiguration) -> Void = { _ in }) -> ProxySetup {
        var configuration = ProxyConfiguration(
            services: [.init(name: "a", hosts: [.init(address: "127.0.0.1", port: 1)])])
        configure(&configuration)
        return ProxySetup(configuration, seed: 0, workers: 1)
    }

    /// Serves for as long as `body` takes.
    private static func serving(_ body: (_ port: UInt16) throws -> Void) throws {
        let socket = try ListeningSocket(on: #require(SocketAddress("127.0.0.1", port: 0)))
        let port = socket.address.port
        let parts = Parts()
        let setup = setup()
        let thread = LoopThread { loop in
            parts.loop = loop
            parts.server = AdminServer(setup, socket: socket, on: loop, drain: Drain(), droppedLogLines: { 0 })
            return parts
        }
        defer {
            thread.stop {
                parts.server = nil
                defer { parts.loop = nil }
                return parts.loop
            }
        }
        try body(port)
    }

    /// What lives on the loop's thread. Touched there only.
    private final class Parts: @unchecked Sendable {
        var loop: EventLoop?
        var server: AdminServer?
    }

    @Test func `heads and contents are small`() throws {
        try Self.serving { port in
            for (fields, content, status) in [
                ("X: \(String(repeating: "x", count: 7_000))\r\n", "", 200),
                (String(repeating: "X: \(String(repeating: "x", count: 7_000))\r\n", count: 3), "", 431),
                ("Content-Length: 1024\r\n", String(repeating: "x", count: 1_024), 202),
                ("Content-Length: 1025\r\n", "", 413),
            ] {
                let client = try RawClient(port: port)
                let method = fields.hasPrefix("C") ? "POST /drain" : "GET /livez"
                try client.send("\(method) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(content)")
                #expect(try client.response().status == status)
            }
        }
    }

    @Test func `a head has its time`() throws {
        try Self.serving { port in
            let client = try RawClient(port: port)
            client.deadlineSeconds = 20
            try client.send("GET /livez HTTP/1.1\r\n")
            #expect(try client.response().status == 408)
        }
    }

    @Test func `so many connections are served, and the next when one of them has ended`() throws {
        try Self.serving { port in
            func ask(_ client: RawClient) throws {
                try client.send(get("/livez"))
                #expect(try client.response().status == 200)
            }
            var clients = try (0..<AdminServer.connectionsMax).map { _ in try RawClient(port: port) }
            for client in clients { try ask(client) }
            let next = try RawClient(port: port)
            try next.send(get("/livez"))
            for _ in 0..<10 { try ask(clients[0]) }
            #expect(next.piece(seconds: 0) == nil)
            clients.removeLast()
            #expect(try next.response().status == 200)
        }
    }

    @Test func `whose token could never be read, nobody is let in by it`() throws {
        let folder = TemporaryFolder()
        let setup = Self.setup { $0.admin.tokenFile = folder.path("token") }
        let admin = AdminState(setup, on: EventLoop(), drain: Drain(), droppedLogLines: { 0 })
        func admits(_ lines: [String]) throws -> Bool {
            try withRequest("GET / HTTP/1.1", lines) { admin.admits($0.fields) }
        }
        for lines in [[], ["Authorization: Bearer "], ["Authorization: Bearer 0123456789abcdef"]] {
            #expect(try !admits(lines))
        }
        try Files.write("0123456789abcdef", to: folder.path("token"))
        admin.deadlinePassed()
        #expect(try admits(["Authorization: Bearer 0123456789abcdef"]))
    }

    @Test func `a proxy says that it is overloaded while it sheds`() {
        let setup = Self.setup()
        let admin = AdminState(setup, on: EventLoop(), drain: Drain(), droppedLogLines: { 0 })
        #expect(admin.state == .starting)
        setup.metrics[0].heartbeat.start(nowMs: 1)
        #expect(admin.state == .ready)
        let loop = EventLoop()
        var percent: UInt64 = 95
        let watch = MemoryWatch(setup, on: loop) { MemoryUse(usedBytes: percent << 20, limitBytes: 100 << 20) }
        watch.deadlinePassed()
        #expect(admin.state == .overloaded)
        percent = 10
        watch.deadlinePassed()
        #expect(admin.state == .ready)
    }
}
