// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// The connections of one host, on a loop that the test turns itself.
struct OriginTests {
    private final class User: ClientConnectionObserver {
        var isConnected = false
        var hasEnded = false
        func connected(_ connection: ClientConnection) { isConnected = true }
        func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict { .take }
        func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) {}
        func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection) {
            hasEnded = true
        }
        func responsePaused(_ connection: ClientConnection) {}
        func requestDrained(_ connection: ClientConnection) {}
        func failed(_ failure: ClientFailure, _ connection: ClientConnection) {}
        func idleEnded(_ connection: ClientConnection) {}
    }

    private let loop = EventLoop()

    private func origin(
        _ port: UInt16, idleMs: Int64 = 60_000, sendProxy: ProxyConfiguration.SendProxy = .none
    ) -> Origin {
        var configuration = ProxyConfiguration(services: [
            .init(name: "service", hosts: [.init(address: "127.0.0.1", port: port)])
        ])
        configuration.timeouts.originIdleMs = idleMs
        configuration.services[0].sendProxy = sendProxy
        let snapshot = ProxySnapshot(configuration, KnownAddresses(), after: nil, workers: 1)
        return Origin(snapshot.hosts[0], snapshot, on: loop, worker: 0, WorkerMetrics())
    }

    private func turn(until isTrue: () -> Bool) throws {
        _ = try eventually(10, "the loop") {
            loop.runOnce()
            return isTrue() ? true : nil
        }
    }

    /// A connection over which one response has come.
    private func used(_ origin: Origin, as introduction: Introduction? = nil) throws -> ClientConnection {
        let user = User()
        let connection = origin.takeClosed()
        connection.observer = user
        try connection.connect(to: origin.address, as: introduction)
        try turn { user.isConnected }
        var request = Buffer(capacity: 100)
        for byte in "GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8 { request.append(byte) }
        connection.begin(.get)
        connection.sendWhole(request)
        try turn { user.hasEnded }
        return connection
    }

    private static func server(_ fields: String = "", end: Shared<Bool> = Shared(false)) -> ScriptedOrigin {
        ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.answer("x", fields: fields)
            while !end.current { usleep(1_000) }
        }
    }

    @Test func `the connection used last is used next, and each by one at a time`() throws {
        let end = Shared(false)
        let server = Self.server(end: end)
        defer { end.change { $0 = true } }
        let origin = origin(server.port)
        let connections = try (0..<3).map { _ in try used(origin) }
        #expect(origin.takeIdle(forUnsafeRequest: false) == nil)
        for connection in connections { origin.giveBack(connection) }
        for connection in connections.reversed() { #expect(origin.takeIdle(forUnsafeRequest: false) === connection) }
        #expect(origin.takeIdle(forUnsafeRequest: false) == nil)
        for connection in connections { connection.close() }
    }

    @Test func `an unsafe request gets only a connection that was just used`() throws {
        let end = Shared(false)
        let server = Self.server(end: end)
        defer { end.change { $0 = true } }
        let origin = origin(server.port)
        let connection = try used(origin)
        origin.giveBack(connection)
        let since = connection.usedAtMs
        try turn { loop.nowMs > since + ConnectionPool.unsafeReuseMs }
        #expect(origin.takeIdle(forUnsafeRequest: true) == nil)
        #expect(origin.takeIdle(forUnsafeRequest: false) === connection)
        origin.giveBack(connection)
        #expect(origin.takeIdle(forUnsafeRequest: true) === connection)
        connection.close()
    }

    @Test(arguments: [
        ("Keep-Alive: timeout=1\r\n", false), ("Keep-Alive: timeout=0\r\n", false),
        ("Keep-Alive: timeout=2\r\n", true), ("Keep-Alive: timeout=99999999999999999999\r\n", true), ("", true),
    ])
    func `an origin that keeps connections hardly a second gets each of them once`(fields: String, isKept: Bool) throws
    {
        let end = Shared(false)
        let server = Self.server(fields, end: end)
        defer { end.change { $0 = true } }
        let origin = origin(server.port)
        let connection = try used(origin)
        origin.giveBack(connection)
        #expect(connection.isOpen == isKept)
        #expect((origin.takeIdle(forUnsafeRequest: false) != nil) == isKept)
        connection.close()
    }

    @Test func `a host that is gone keeps no connection, neither those that idle nor those that are given back`() throws
    {
        let end = Shared(false)
        let server = Self.server(end: end)
        defer { end.change { $0 = true } }
        let origin = origin(server.port)
        let connections = try (0..<2).map { _ in try used(origin) }
        origin.giveBack(connections[0])
        #expect(connections[0].isOpen)
        origin.shutDown()
        #expect(!connections[0].isOpen)
        origin.giveBack(connections[1])
        #expect(!connections[1].isOpen)
        #expect(origin.takeIdle(forUnsafeRequest: false) == nil)
    }

    @Test func `only so many connections of a host idle`() throws {
        let end = Shared(false)
        let server = Self.server(end: end)
        defer { end.change { $0 = true } }
        let connection = try used(origin(server.port))
        var pool = ConnectionPool(idleMs: 60_000)
        // One will do, which the pool does not tell from many.
        var kept = 0
        while kept < 2_000, pool.giveBack(connection, observer: User()) { kept += 1 }
        #expect(kept == 1_024 && !connection.isOpen)
    }

    @Test func `a death is news to those who began after the one before`() {
        let origin = origin(1)
        let beganNs = loop.nowNs
        #expect(origin.sawDeath(beganNs: beganNs))
        #expect(!origin.sawDeath(beganNs: beganNs - 1))
        #expect(origin.sawDeath(beganNs: loop.nowNs))
    }

    @Test func `an idle connection that its origin ends is not given to anybody`() throws {
        let end = Shared(false)
        let server = Self.server(end: end)
        let origin = origin(server.port)
        let connection = try used(origin)
        origin.giveBack(connection)
        end.change { $0 = true }
        try turn { !connection.isOpen }
        #expect(origin.takeIdle(forUnsafeRequest: false) == nil)
        // The object is used for the next connection.
        #expect(origin.takeClosed() === connection)
    }

    @Test func `an idle connection ends when its time is up`() throws {
        let end = Shared(false)
        let server = Self.server(end: end)
        defer { end.change { $0 = true } }
        let origin = origin(server.port, idleMs: 30)
        let connection = try used(origin)
        origin.giveBack(connection)
        try turn { !connection.isOpen }
        #expect(origin.takeIdle(forUnsafeRequest: false) == nil)
    }

    @Test func `a host that is told whose a connection is gets nobody else's requests over it`() throws {
        let end = Shared(false)
        let server = ScriptedOrigin { connection, _, _ in
            _ = try connection.bytes(28)
            _ = try connection.request()
            try connection.answer("x")
            while !end.current { usleep(1_000) }
        }
        defer { end.change { $0 = true } }
        let origin = origin(server.port, sendProxy: .v2)
        let local = try #require(SocketAddress("10.0.0.1", port: 80))
        let clients = try ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map { try #require(SocketAddress($0, port: 4_711)) }
        let connections = try clients.map { try used(origin, as: .client($0, local: local)) }
        for connection in connections { origin.giveBack(connection) }
        // Another port is another connection of that address, perhaps another client of it.
        for other in [SocketAddress("192.0.2.1", port: 4_712), SocketAddress("192.0.2.4", port: 4_711), nil] {
            #expect(origin.takeIdle(forUnsafeRequest: false, of: other) == nil)
        }
        for (client, connection) in zip(clients, connections) {
            #expect(origin.takeIdle(forUnsafeRequest: false, of: client) === connection)
            #expect(origin.takeIdle(forUnsafeRequest: false, of: client) == nil)
            connection.close()
        }
    }
}
