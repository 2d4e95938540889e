// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport
import Testing

@testable import EventProxy

/// WebSockets whose proxy stops: each side is told, between two frames.
struct TunnelTests {
    // MARK: Where frames end

    /// Frames with every form of length, with and without a mask, and whether the last is a Close.
    private static let frames: [[UInt8]] = [
        [0x81, 0x00], [0x81, 0x02, 0x88, 0x02], [0x01, 0x81, 1, 2, 3, 4, 5],
        [0x82, 126, 0, 200] + [UInt8](repeating: 0x88, count: 200),
        [0x82, 0xFE, 1, 0, 9, 9, 9, 9] + [UInt8](repeating: 7, count: 256),
        [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 1, count: 65_536),
        [0x89, 0x80, 1, 2, 3, 4], [0x88, 0x02, 0x03, 0xE8],
    ]

    @Test(arguments: [1, 2, 3, 7, 100, 100_000]) func `frames end where they end, however they are cut`(piece: Int) {
        var tracker = WebSocketFrames()
        let stream = Self.frames.flatMap(\.self)
        var ends: Set<Int> = [0]
        for frame in Self.frames { ends.insert((ends.max() ?? 0) + frame.count) }
        var position = 0
        while position < stream.count {
            #expect(tracker.isAtBoundary == ends.contains(position))
            #expect(!tracker.hasClosed)
            let end = min(position + piece, stream.count)
            tracker.pass(Array(stream[position..<end]).span)
            position = end
        }
        #expect(tracker.isAtBoundary && tracker.hasClosed)
    }

    @Test func `a frame passes up to its end, and no farther`() {
        var tracker = WebSocketFrames()
        let bytes: [UInt8] = [0x81, 0x01, 0x61, 0x81, 0x02, 0x62]
        #expect(tracker.passFrame(bytes.span, from: 0) == 3)
        #expect(tracker.isAtBoundary)
        #expect(tracker.passFrame(bytes.span, from: 3) == 6)
        #expect(!tracker.isAtBoundary)
    }

    @Test(arguments: [0, 0x80] as [UInt8]) func `a length that cannot be has no end`(maskBit: UInt8) {
        var tracker = WebSocketFrames()
        tracker.pass(([0x82, 127 | maskBit] + [UInt8](repeating: 0xFF, count: 1000)).span)
        #expect(!tracker.isAtBoundary)
    }

    @Test func `after its end nothing passes`() {
        var direction = Tunnel.Direction()
        let frame: [UInt8] = [0x81, 0x01, 0x61]
        #expect(direction.pass(frame.span) == 3)
        direction.end()
        #expect(direction.takeEnd() == .byCloseFrame && direction.takeEnd() == .notYet)
        #expect(direction.pass(frame.span) == 0)
    }

    @Test(arguments: [0, 1, 0x1234_5678, UInt32.max]) func `a Close frame to an origin is masked`(mask: UInt32) {
        let frame = Tunnel.closeToOrigin(mask: mask)
        #expect(Self.closeStatus(frame) == 1001)
        var tracker = WebSocketFrames()
        tracker.pass(frame.span)
        #expect(tracker.isAtBoundary && tracker.hasClosed)
    }

    private static func closeStatus(_ frame: [UInt8]) -> Int? {
        guard frame.count == 8, frame[0] == 0x88, frame[1] == 0x82 else { return nil }
        return Int(frame[6] ^ frame[2]) << 8 | Int(frame[7] ^ frame[3])
    }

    // MARK: Through a proxy

    private static let upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

    /// A tunnel through a proxy to an origin that does what `script` says, and what the origin received.
    private func withTunnel(
        timeoutMs: Int64 = 30_000, script: @escaping @Sendable (RawClient) throws -> Void = { _ in },
        _ body: (TestProxy, RawClient) throws -> Void
    ) throws -> [UInt8] {
        let received = Shared<[UInt8]?>(nil)
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.requestHead()
            try connection.send(Self.upgraded)
            try script(connection)
            let rest = try connection.rest()
            received.change { $0 = rest }
        }
        let proxy = try TestProxy([[origin.port]]) { $0.drain.timeoutMs = timeoutMs }
        let tunnel = try proxy.connect()
        try tunnel.send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"))
        #expect(try tunnel.head().status == 101)
        try body(proxy, tunnel)
        try proxy.server.waitForDrain()
        return try eventually(10, "the end at the origin") { received.current }
    }

    @Test func `a silent tunnel is closed with 1001 on both sides, and ends`() throws {
        let received = try withTunnel { (proxy, tunnel) throws in
            proxy.server.drain()
            #expect(try tunnel.rest() == Tunnel.closeToClient)
        }
        #expect(Self.closeStatus(received) == 1001)
    }

    @Test func `a client's frame that is under way reaches the origin before the end, and nothing after it`() throws {
        let hasPassed = Shared(false)
        let script: @Sendable (RawClient) throws -> Void = { connection in
            _ = try connection.bytes(4)
            hasPassed.change { $0 = true }
        }
        let received = try withTunnel(script: script) { (proxy, tunnel) throws in
            try tunnel.send([0x82, 0x84, 0, 0])
            _ = try eventually(10, "half a frame at the origin") { hasPassed.current ? true : nil }
            proxy.server.drain()
            #expect(try tunnel.rest() == Tunnel.closeToClient)
            try tunnel.send([0, 0, 1, 2])
            try tunnel.send([3, 4, 0x82, 0x80, 0, 0, 0, 0])
            tunnel.endSending()
        }
        #expect(received.starts(with: [0, 0, 1, 2, 3, 4]))
        #expect(Self.closeStatus(Array(received.dropFirst(6))) == 1001)
    }

    @Test func `an origin's frame that is under way reaches the client before the end, and nothing after it`() throws {
        let isDraining = Shared(false)
        let script: @Sendable (RawClient) throws -> Void = { connection in
            try connection.send([0x82, 0x03, 1])
            _ = try eventually(10, "the drain") { isDraining.current ? true : nil }
            try connection.send([2, 3, 0x81, 0x01, 0x61])
        }
        _ = try withTunnel(script: script) { (proxy, tunnel) throws in
            #expect(try tunnel.bytes(3) == [0x82, 0x03, 1])
            proxy.server.drain()
            isDraining.change { $0 = true }
            #expect(try tunnel.rest() == [2, 3] + Tunnel.closeToClient)
        }
    }

    @Test func `a side that has said that it closes is told nothing more`() throws {
        let close: [UInt8] = [0x88, 0x80, 0, 0, 0, 0]
        let hasPassed = Shared(false)
        let script: @Sendable (RawClient) throws -> Void = { connection in
            _ = try connection.bytes(6)
            hasPassed.change { $0 = true }
        }
        let received = try withTunnel(script: script) { (proxy, tunnel) throws in
            try tunnel.send(close)
            _ = try eventually(10, "the frame at the origin") { hasPassed.current ? true : nil }
            proxy.server.drain()
            #expect(try tunnel.rest() == Tunnel.closeToClient)
        }
        #expect(received.isEmpty)
    }

    @Test func `what never comes to a boundary is cut when the time is over`() throws {
        let hasPassed = Shared(false)
        let script: @Sendable (RawClient) throws -> Void = { connection in
            _ = try connection.bytes(2)
            hasPassed.change { $0 = true }
        }
        let received = try withTunnel(timeoutMs: 200, script: script) { (proxy, tunnel) throws in
            try tunnel.send([0x82, 0xFE])
            _ = try eventually(10, "half a frame at the origin") { hasPassed.current ? true : nil }
            proxy.server.drain()
            #expect(try tunnel.bytes(4) == Tunnel.closeToClient)
        }
        #expect(received.isEmpty)
    }

    @Test func `a tunnel that begins while the proxy stops is closed, too`() throws {
        let isDraining = Shared(false)
        let origin = ScriptedOrigin { connection, _, origin in
            origin.note(try #require(try connection.requestHead()))
            _ = try eventually(10, "the drain") { isDraining.current ? true : nil }
            try connection.send(Self.upgraded)
            _ = try connection.rest()
        }
        let proxy = try TestProxy([[origin.port]])
        let tunnel = try proxy.connect()
        try tunnel.send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"))
        _ = try eventually(10, "the request") { origin.requests.isEmpty ? nil : true }
        proxy.server.drain()
        _ = proxy.server.connectionCount
        isDraining.change { $0 = true }
        #expect(try tunnel.head().status == 101)
        #expect(try tunnel.rest() == Tunnel.closeToClient)
        try proxy.server.waitForDrain()
    }
}
