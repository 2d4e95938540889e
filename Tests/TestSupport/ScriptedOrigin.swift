// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A request as it came: field names in lower case, content without its framing.
package struct RawRequest: Equatable, Sendable {
    package var line = ""
    package var fields: [String] = []
    package var body: [UInt8] = []

    package var method: String { String(line.prefix { $0 != " " }) }
    package var target: String { String(line.split(separator: " ").dropFirst().first ?? "") }

    package func values(_ name: String) -> [String] {
        fields.filter { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
    }

    package subscript(name: String) -> String? { values(name).first }
}

extension RawClient {
    /// A request's head; nil at the end of the stream.
    package func requestHead() throws -> RawRequest? {
        if try endsHere() { return nil }
        let head = try head()
        return RawRequest(line: head.statusLine, fields: head.fields)
    }

    /// A request with its content; nil at the end of the stream.
    package func request() throws -> RawRequest? {
        guard var request = try requestHead() else { return nil }
        request.body = try content(of: request)
        return request
    }

    package func content(of request: RawRequest) throws -> [UInt8] {
        if request["transfer-encoding"] == "chunked" { return try chunks().body }
        guard let length = request["content-length"].flatMap({ Int($0) }) else { return [] }
        return try bytes(length)
    }

    /// Chunked content and its trailer lines.
    package func chunks() throws -> (body: [UInt8], trailers: [String]) {
        var body: [UInt8] = []
        while true {
            guard let size = Int(try line(), radix: 16) else { throw TestFailure("not a chunk size") }
            if size == 0 { break }
            body += try bytes(size)
            guard try bytes(2) == [13, 10] else { throw TestFailure("a chunk without its end") }
        }
        var trailers: [String] = []
        while true {
            let line = try line()
            if line.isEmpty { return (body, trailers) }
            trailers.append(line)
        }
    }

    package func answer(_ body: String, status: String = "200 OK", fields: String = "") throws {
        try send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }
}

/// An origin that does what a test's script says on each connection, the script running on a thread of its own.
package final class ScriptedOrigin: Sendable {
    package let port: UInt16
    private let descriptor: Int32
    private let backlog: Int32
    private let accepter: Shared<TestThread?> = Shared(nil)
    private let acceptAll: Shared<(@Sendable () -> Void)?> = Shared(nil)
    /// Connections accepted, requests that scripts noted, and what went wrong in scripts.
    private let state = Shared(State())

    private struct State: Sendable {
        var connections = 0
        var requests: [RawRequest] = []
        var isStopped = false
        var threads: [TestThread] = []
    }

    package typealias Script =
        @Sendable (_ connection: RawClient, _ number: Int, _ origin: ScriptedOrigin) throws -> Void

    /// Listens and runs `script` for each connection, numbered from 0. When it returns, the connection is closed.
    /// With small buffers and segments a sender soon blocks. A `gate` is waited for before the first is accepted.
    package init(
        receiveBufferBytes: Int32? = nil, segmentBytes: Int32? = nil, backlog: Int32 = 128,
        gate: Shared<Bool> = Shared(true), _ script: @escaping Script
    ) {
        (descriptor, port) = Self.bound(receiveBufferBytes: receiveBufferBytes, segmentBytes: segmentBytes)
        self.backlog = backlog
        listen(descriptor, backlog)
        let origin = Unmanaged.passUnretained(self)
        let descriptor = descriptor
        let state = state
        let unowned = UncheckedBox(origin)
        let accepting: @Sendable () -> Void = {
            while !gate.current && !state.current.isStopped { usleep(1_000) }
            while true {
                let accepted = accept(descriptor, nil, nil)
                if accepted < 0 { return }
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                let (number, isStopped) = state.change { state in
                    state.connections += 1
                    return (state.connections - 1, state.isStopped)
                }
                if isStopped {
                    close(accepted)
                    return
                }
                let thread = TestThread {
                    let connection = RawClient(accepted: accepted)
                    // Scripts end by errors when the proxy closes: tests judge by what clients see.
                    try? script(connection, number, unowned.value.takeUnretainedValue())
                }
                state.change { $0.threads.append(thread) }
            }
        }
        acceptAll.change { $0 = accepting }
        accepter.change { $0 = TestThread(accepting) }
    }

    private struct UncheckedBox: @unchecked Sendable {
        let value: Unmanaged<ScriptedOrigin>
        init(_ value: Unmanaged<ScriptedOrigin>) { self.value = value }
    }

    /// Answers every request of every connection as `answer` says.
    package convenience init(answering answer: @escaping @Sendable (RawClient, RawRequest) throws -> Void) {
        self.init { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                try answer(connection, request)
            }
        }
    }

    deinit {
        state.change { $0.isStopped = true }
        shutdown(descriptor, Int32(SHUT_RDWR))
        accepter.current?.join()
        close(descriptor)
        for thread in state.current.threads { thread.join() }
    }

    package func note(_ request: RawRequest) { state.change { $0.requests.append(request) } }

    package var requests: [RawRequest] { state.current.requests }
    package func forgetRequests() { state.change { $0.requests = [] } }
    package var connectionCount: Int { state.current.connections }
    /// For a test that passes it to a process.
    package var listeningDescriptor: Int32 { descriptor }

    /// Whoever connects from now on is refused.
    package func stopListening() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// After `stopListening`: accepts connections again.
    package func listenAgain() {
        accepter.current?.join()
        listen(descriptor, backlog)
        accepter.change { $0 = acceptAll.current.map { TestThread($0) } }
    }

    static func bound(receiveBufferBytes: Int32? = nil, segmentBytes: Int32? = nil) -> (Int32, UInt16) {
        // A port that the kernel has chosen is lost when nobody listens any more; one that was asked for is kept.
        let (chosen, port) = bound(to: 0)
        let (descriptor, _) = bound(to: port)
        close(chosen)
        if var size = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        if var size = segmentBytes {
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_MAXSEG, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        return (descriptor, port)
    }

    private static func bound(to port: UInt16) -> (Int32, UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        if port != 0 { setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size)) }
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(Glibc.bind(descriptor, $0, length) == 0, "no port: errno \(errno)")
                _ = getsockname(descriptor, $0, &length)
            }
        }
        if port == 0 { setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size)) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}

/// A port that refuses connections, for as long as this lives: bound, and nobody listens.
package final class RefusedPort: Sendable {
    package let port: UInt16
    private let descriptor: Int32

    package init() { (descriptor, port) = ScriptedOrigin.bound() }

    deinit { close(descriptor) }
}
