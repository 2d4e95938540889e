// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A response as it came: field names in lower case, content without its framing.
package struct RawResponse: Equatable {
    package var statusLine = ""
    package var fields: [String] = []
    package var body: [UInt8] = []

    package var status: Int { Int(statusLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The values of a field, in order.
    package func values(_ name: String) -> [String] {
        fields.filter { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
    }

    package subscript(name: String) -> String? { values(name).first }
}

/// A connection that sends and reads bytes as a test says; everything has a deadline.
package final class RawClient {
    private let descriptor: Int32
    private var received: [UInt8] = []
    package private(set) var hasEnded = false
    /// It ended by a reset, as far as `piece` has seen.
    package private(set) var wasReset = false
    package var deadlineSeconds = 15.0

    /// Connects to the loopback interface. A small receive buffer makes the peer's sending block early.
    package init(port: UInt16, receiveBufferBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status != 0 { throw TestFailure("connect to port \(port): \(String(cString: strerror(errno)))") }
    }

    /// Takes over a connection that a scripted origin has accepted.
    init(accepted: Int32) {
        descriptor = accepted
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    // MARK: Sending

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            try wait(for: POLLOUT)
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count < 0 && errno != EAGAIN { throw TestFailure("send: \(String(cString: strerror(errno)))") }
            sent += max(count, 0)
        }
    }

    /// Ends our side; the peer's may go on.
    package func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Has the close be a reset, when the connection is let go.
    package func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Closes with a reset.
    package func reset() {
        resetOnClose()
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    // MARK: Reading

    private func wait(for events: Int32) throws {
        var watched = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        if poll(&watched, 1, Int32(deadlineSeconds * 1000)) == 0 {
            throw TestFailure("nothing moved for \(deadlineSeconds) s; received so far: \(received.count) bytes")
        }
    }

    /// Reads what is there, waiting for something. False at the end of the stream.
    private func fill(max: Int = 64 << 10) throws -> Bool {
        if hasEnded { return false }
        try wait(for: POLLIN)
        var piece = [UInt8](repeating: 0, count: max)
        let count = recv(descriptor, &piece, max, 0)
        if count < 0 { throw TestFailure("recv: \(String(cString: strerror(errno)))") }
        if count == 0 { hasEnded = true }
        received += piece[..<count]
        return count > 0
    }

    /// What has come, waiting for something. Empty when the stream has ended, in order or by a reset; nil when nothing
    /// came in time.
    package func piece(seconds: Double) -> [UInt8]? {
        if received.isEmpty, !hasEnded {
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&watched, 1, Int32(seconds * 1000)) == 0 { return nil }
            if (try? fill()) == nil { (hasEnded, wasReset) = (true, true) }
        }
        defer { received = [] }
        return received
    }

    /// Takes exactly `count` bytes.
    package func bytes(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try fill() else { throw TestFailure("the stream ended after \(received.count) of \(count) bytes") }
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    /// Reads and forgets, up to `count` bytes at once; how many came, 0 at the end.
    package func skip(_ count: Int) throws -> Int {
        if received.isEmpty { _ = try fill(max: count) }
        let skipped = min(count, received.count)
        received.removeFirst(skipped)
        return skipped
    }

    /// Reads and forgets `count` bytes; how many came before the end.
    package func skipAll(_ count: Int) throws -> Int {
        var skipped = 0
        while skipped < count {
            let some = try skip(min(count - skipped, 64 << 10))
            if some == 0 { break }
            skipped += some
        }
        return skipped
    }

    /// Everything up to the end of the stream.
    package func rest() throws -> [UInt8] {
        while try fill() {}
        defer { received = [] }
        return received
    }

    /// A line, without its CRLF.
    package func line() throws -> String {
        while true {
            if let end = received.firstIndex(of: 0x0a) {
                defer { received.removeFirst(end + 1) }
                guard end > 0, received[end - 1] == 0x0d else { throw TestFailure("a line without CR") }
                return String(decoding: received[..<(end - 1)], as: UTF8.self)
            }
            guard try fill() else { throw TestFailure("the stream ended within a line: \(received)") }
        }
    }

    /// A head: its first line, then its field lines with the names in lower case.
    package func head() throws -> RawResponse {
        var response = RawResponse(statusLine: try line())
        while true {
            let field = try line()
            if field.isEmpty { return response }
            guard let colon = field.firstIndex(of: ":") else { throw TestFailure("not a field line: \(field)") }
            response.fields.append(field[..<colon].lowercased() + field[colon...])
        }
    }

    /// A whole response; interim responses are given as they are.
    package func response(isHead: Bool = false) throws -> RawResponse {
        var response = try head()
        if isHead || response.status < 200 || response.status == 204 || response.status == 304 { return response }
        if response["transfer-encoding"] == "chunked" {
            while true {
                guard let size = Int(try line(), radix: 16) else { throw TestFailure("not a chunk size") }
                if size == 0 { break }
                response.body += try bytes(size)
                guard try bytes(2) == [13, 10] else { throw TestFailure("a chunk without its end") }
            }
            while try !line().isEmpty {}
        } else if let length = response["content-length"].flatMap({ Int($0) }) {
            response.body = try bytes(length)
        } else {
            response.body = try rest()
        }
        return response
    }

    /// Whether the peer has ended the stream, with nothing more to read.
    package func endsHere() throws -> Bool { try received.isEmpty && !fill() }
}
