// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import EventHTTPAsync
import Glibc
import TestSupport
import Testing

/// Connections: how many there are, how long they last, and what their end means.
@Suite(.offPool) struct HTTPClientConnectionTests {
    private let client = HTTPClient()

    private func ask(
        _ port: UInt16, _ method: HTTPRequest.Method = .get, by client: HTTPClient? = nil
    ) async throws -> String {
        let request = HTTPRequest(method: method, url: "http://127.0.0.1:\(port)/")
        let response = try await (client ?? self.client).execute(request)
        return String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
    }

    @Test func `requests one after the other share a connection, also when nobody looks at the content`() async throws {
        let origin = answering { connection, _ in try connection.answer("x") }
        for _ in 0..<10 { #expect(try await ask(origin.port) == "x") }
        for _ in 0..<10 {
            let response = try await client.execute(HTTPRequest(url: "http://127.0.0.1:\(origin.port)/"))
            #expect(response.status == .ok)
        }
        #expect(origin.connectionCount == 1)
    }

    @Test func `no more requests run at the same time than may, and the others wait`() async throws {
        var options = HTTPClient.Options()
        options.connectionsPerHostMax = 2
        let client = HTTPClient(options: options)
        let counts = Shared((now: 0, most: 0))
        let origin = answering { connection, _ in
            counts.change { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
            usleep(10_000)
            counts.change { $0.now -= 1 }
            try connection.answer("x")
        }
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await ask(origin.port, by: client) } }
            for try await text in group { #expect(text == "x") }
        }
        #expect(counts.current.most == 2)
        #expect(origin.connectionCount == 2)
    }

    @Test func `a request is sent once more when an idle connection ends under it, if it may be`() async throws {
        // Each connection is good for one answer, and ends when it is asked again.
        let origin = ScriptedOrigin { connection, _, origin in
            for answers in [true, false] {
                guard let request = try connection.request() else { return }
                origin.note(request)
                if answers { try connection.answer("x") }
            }
        }
        #expect(try await ask(origin.port) == "x")
        #expect(try await ask(origin.port) == "x")
        #expect(origin.connectionCount == 2)
        #expect(origin.requests.count == 3)
        // A POST may have been done, so it is not.
        let error = await #expect(throws: HTTPClient.Failure.self) { try await ask(origin.port, .post) }
        #expect(error?.description.hasPrefix("the server ended the connection") == true)
        #expect(origin.requests.map(\.method) == ["GET", "GET", "GET", "POST"])
    }

    @Test func `a new connection that ends without an answer is not tried again`() async throws {
        let origin = ScriptedOrigin { connection, _, origin in
            if let request = try connection.request() { origin.note(request) }
        }
        await #expect(throws: HTTPClient.Failure.self) { try await ask(origin.port) }
        #expect(origin.requests.count == 1)
    }

    @Test(arguments: ["close", "keep for a second"])
    func `a connection that the server does not keep is not used again`(what: String) async throws {
        let fields = what == "close" ? "Connection: close\r\n" : "Keep-Alive: timeout=1\r\n"
        let origin = answering { connection, _ in try connection.answer("x", fields: fields) }
        for _ in 0..<3 { #expect(try await ask(origin.port) == "x") }
        #expect(origin.connectionCount == 3)
    }

    @Test func `connections close with their client`() async throws {
        let hasEnded = Shared(false)
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.answer("x")
            if try connection.endsHere() { hasEnded.change { $0 = true } }
        }
        #expect(try await ask(origin.port, by: HTTPClient()) == "x")
        try await wait { hasEnded.current }
    }

    // MARK: Ends

    @Test(arguments: ["head", "content", "place"])
    func `a deadline ends the request`(where place: String) async throws {
        var options = HTTPClient.Options()
        options.connectionsPerHostMax = 1
        let client = HTTPClient(options: options)
        let ends = Shared(0)
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            if place == "content" { try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na") }
            if try connection.endsHere() { ends.change { $0 += 1 } }
        }
        let url = "http://127.0.0.1:\(origin.port)/"
        let first = Task(executorPreference: BlockingExecutor.shared) {
            try await client.execute(HTTPRequest(url: url)).body.collect(upTo: 10)
        }
        if place == "place" { try await wait { origin.connectionCount == 1 } } else { first.cancel() }
        let error = await #expect(throws: HTTPClient.Failure.self) {
            let response = try await client.execute(HTTPRequest(url: url), deadlineMs: 50)
            _ = try await response.body.collect(upTo: 10)
        }
        #expect(error?.description.hasPrefix("no response within 50 ms") == true, "\(error!)")
        first.cancel()
        _ = await first.result
        try await wait { ends.current == origin.connectionCount }
    }

    @Test func `a stream of content has no deadline, but may not stop`() async throws {
        var options = HTTPClient.Options()
        options.contentTimeoutMs = 4_000
        let client = HTTPClient(options: options)
        let isReading = Shared(false)
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\na")
            while !isReading.current { usleep(1_000) }
            // Longer than the deadline.
            usleep(1_100_000)
            try connection.send("a")
            _ = try connection.endsHere()
        }
        let response = try await client.execute(
            HTTPRequest(url: "http://127.0.0.1:\(origin.port)/"), deadlineMs: 1_000)
        var count = 0
        let error = await #expect(throws: HTTPClient.Failure.self) {
            for try await piece in response.body {
                count += piece.count
                isReading.change { $0 = true }
            }
        }
        #expect(count == 2)
        #expect(error?.description == "no more content within 4000 ms; see contentTimeoutMs")
    }

    @Test(arguments: ["head", "content", "dropped"])
    func `who is cancelled, or does not want the response, closes the connection`(where place: String) async throws {
        let hasAsked = Shared(false)
        let hasEnded = Shared(false)
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            if place != "head" { try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na") }
            hasAsked.change { $0 = true }
            if try connection.endsHere() { hasEnded.change { $0 = true } }
        }
        let task = Task(executorPreference: BlockingExecutor.shared) {
            let response = try await client.execute(HTTPRequest(url: "http://127.0.0.1:\(origin.port)/"))
            if place == "dropped" { return }
            for try await _ in response.body {}
        }
        try await wait { hasAsked.current }
        if place != "dropped" { task.cancel() }
        let result = await task.result
        if place != "dropped" { #expect(throws: CancellationError.self) { try result.get() } }
        try await wait { hasEnded.current }
    }

    // MARK: Streams

    @Test func `a slow reader has the server wait`() async throws {
        let total = 64 << 20
        let sent = Shared(0)
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let piece = [UInt8](repeating: 0x61, count: 64 << 10)
            for _ in 0..<total / piece.count {
                try connection.send(piece)
                sent.change { $0 += piece.count }
            }
            _ = try connection.endsHere()
        }
        let response = try await client.execute(HTTPRequest(url: "http://127.0.0.1:\(origin.port)/"))
        var count = 0
        for try await piece in response.body {
            #expect(piece.count <= (64 << 10) + EventLoop.receiveBytesMax)
            if count == 0 {
                // It stands when what the kernel takes, and what we do, has been sent.
                try await settle { sent.current }
                #expect(sent.current < 16 << 20)
            }
            count += piece.count
        }
        #expect(count == total)
    }

    @Test func `a server that reads slowly has the producer wait, and may answer before the end`() async throws {
        let written = Shared(0)
        let isRead = Shared(false)
        let origin = ScriptedOrigin { connection, _, _ in
            // For one request each: a stream could not be sent again over another connection.
            let request = try #require(try connection.requestHead())
            while !isRead.current { usleep(1_000) }
            if request.target == "/enough" {
                // It reads on: closing now would reset the connection, and the answer might be lost (RFC 9112 §9.6).
                try connection.answer("enough", fields: "Connection: close\r\n")
                while let piece = connection.piece(seconds: 10), !piece.isEmpty {}
            } else {
                let count = try connection.content(of: request).count
                try connection.answer("\(count)", fields: "Connection: close\r\n")
            }
        }
        for path in ["/all", "/enough"] {
            written.change { $0 = 0 }
            isRead.change { $0 = false }
            let task = Task(executorPreference: BlockingExecutor.shared) {
                let body = HTTPClient.Content.stream { writer in
                    for _ in 0..<512 {
                        try await writer.write([UInt8](repeating: 0x61, count: 64 << 10))
                        written.change { $0 += 64 << 10 }
                    }
                }
                let request = HTTPRequest(method: .put, url: "http://127.0.0.1:\(origin.port)\(path)")
                let response = try await client.execute(request, body: body)
                return String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self)
            }
            try await settle { written.current }
            #expect(written.current > 0 && written.current < 16 << 20)
            isRead.change { $0 = true }
            #expect(try await task.value == (path == "/all" ? "\(32 << 20)" : "enough"))
        }
    }

    @Test func `a producer that fails fails the request`() async throws {
        struct Broken: Error {}
        let origin = answering { connection, _ in try connection.answer("x") }
        for (length, writes) in [(nil, 1), (10, 1), (3, 1)] as [(UInt64?, Int)] {
            await #expect(throws: (any Error).self) {
                let body = HTTPClient.Content.stream(length: length) { writer in
                    for _ in 0..<writes { try await writer.write("abcd") }
                    if length == nil { throw Broken() }
                }
                _ = try await client.execute(
                    HTTPRequest(method: .put, url: "http://127.0.0.1:\(origin.port)/"), body: body)
            }
        }
        #expect(origin.requests.isEmpty)
    }

    /// Waits without blocking a thread.
    private func wait(until isTrue: () -> Bool) async throws {
        for _ in 0..<2_000 {
            if isTrue() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw TestFailure("waited 10 s")
    }

    /// Waits until a number has begun to grow, and stopped.
    private func settle(_ number: () -> Int) async throws {
        var last = 0
        try await wait { number() > 0 }
        while last != number() {
            last = number()
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
