// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventHTTP

/// The system calls on the loopback interface. `poll` waits for what the kernel still has to do.
struct SocketTests {
    private func wait(_ socket: borrowing Descriptor, for events: Int32) {
        var watched = pollfd(fd: socket.number, events: Int16(events), revents: 0)
        let count = poll(&watched, 1, 20_000)
        #expect(count == 1, "nothing happened on the socket")
    }

    private struct Pair: ~Copyable {
        let client: Descriptor
        let server: Descriptor
    }

    private func connected(_ host: String) throws -> Pair {
        let listener = try Socket.listening(on: try #require(SocketAddress(host, port: 0)))
        let local = Socket.localAddress(of: listener)
        let address = try #require(local)
        #expect(address.port != 0)
        if case .none = Socket.accept(from: listener) {} else { Issue.record("somebody connected before us") }
        let client = try Socket.connecting(to: address)
        wait(client, for: POLLOUT)
        let error = Syscalls.pendingError(client)
        #expect(error == 0)
        wait(listener, for: POLLIN)
        switch Socket.accept(from: listener) {
        case .connection(let server, let peer):
            let local = Socket.localAddress(of: client)
            #expect(peer == local)
            return Pair(client: client, server: server)
        case .none: throw SystemError("accept", EAGAIN)
        case .exhausted(let number): throw SystemError("accept", number)
        }
    }

    private func receive(_ socket: borrowing Descriptor, max: Int = .max) -> (IOResult, String) {
        var buffer = Buffer(capacity: 4096)
        wait(socket, for: POLLIN)
        let result = Syscalls.receive(socket, into: &buffer, max: max)
        return (result, text(buffer.bytes))
    }

    @Test func `bytes that are sent are received, and then the end`() throws {
        let pair = try connected("127.0.0.1")
        #expect(guarded(raw("hello")) { Syscalls.send(pair.client, $0) } == .bytes(5))
        #expect(receive(pair.server) == (.bytes(5), "hello"))
        let sent = guarded(raw("ab")) { first in
            guarded(raw("cde")) { second in Syscalls.send(pair.server, first, second) }
        }
        #expect(sent == .bytes(5))
        #expect(receive(pair.client, max: 2) == (.bytes(2), "ab"))
        #expect(receive(pair.client) == (.bytes(3), "cde"))
        Syscalls.shutdownWriting(pair.client)
        #expect(receive(pair.server) == (.ended, ""))
        #expect(guarded(raw("x")) { Syscalls.send(pair.client, $0) } == .failed(EPIPE))
    }

    @Test func `reading before anything came and writing to somebody who does not read would block`() throws {
        let pair = try connected("127.0.0.1")
        var buffer = Buffer(capacity: 16)
        let result = Syscalls.receive(pair.server, into: &buffer)
        #expect(result == .wouldBlock)
        let bytes = [UInt8](repeating: 0, count: 1 << 20)
        var last = IOResult.bytes(0)
        for _ in 0..<1000 {
            last = guarded(bytes) { Syscalls.send(pair.client, $0) }
            if last == .wouldBlock { break }
        }
        #expect(last == .wouldBlock)
    }

    @Test func `a connection that is reset is broken and has not ended`() throws {
        let pair = try connected("127.0.0.1")
        Syscalls.resetOnClose(pair.client)
        let server = dropClient(pair)
        #expect(receive(server) == (.failed(ECONNRESET), ""))
    }

    private func dropClient(_ pair: consuming Pair) -> Descriptor { pair.server }

    @Test func `nobody listens where a listener was`() throws {
        let address = try listenedAddress()
        do {
            let client = try Socket.connecting(to: address)
            wait(client, for: POLLOUT)
            let error = Syscalls.pendingError(client)
            #expect(error == ECONNREFUSED)
        } catch {
            #expect(error.number == ECONNREFUSED)
        }
    }

    private func listenedAddress() throws -> SocketAddress {
        let listener = try Socket.listening(on: try #require(SocketAddress("127.0.0.1", port: 0)))
        let local = Socket.localAddress(of: listener)
        return try #require(local)
    }

    @Test func `an address that the machine does not have cannot be listened on`() throws {
        let address = try #require(SocketAddress("192.0.2.1", port: 0))
        let error = #expect(throws: SystemError.self) { _ = try Socket.listening(on: address) }
        #expect(error?.number == EADDRNOTAVAIL)
        #expect(error?.description.contains("192.0.2.1:0") == true)
        #expect(error?.description.contains("no interface of this machine") == true)
    }
}
