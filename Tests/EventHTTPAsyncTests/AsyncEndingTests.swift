// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import HTTPTypes
import TestSupport
import Testing

@testable import EventHTTPAsync

/// Tasks that end before their time.
struct AsyncEndingTests {
    @Test(arguments: ["/sleep", "/body", "/stream", "/child"])
    func `a task is cancelled when its client leaves`(path: String) throws {
        let diary = Diary()
        let server = try serve { request, exchange in
            diary.note("began")
            defer { diary.note("ended, cancelled \(Task.isCancelled)") }
            switch request.path {
            case "/body":
                for try await _ in exchange.body {}
                return Response("all of it")
            case "/stream":
                return Response(
                    body: .stream { writer in
                        diary.note("streams")
                        do {
                            while true { try await writer.write([UInt8](repeating: 0x61, count: 100_000)) }
                        } catch {
                            diary.note("stopped by \(error)")
                            throw error
                        }
                    })
            case "/child":
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await Task.sleep(for: .seconds(60)) }
                    try await group.waitForAll()
                }
            default: try await exchange.sleep(forMs: 60_000)
            }
            return Response("?")
        }
        let client = try server.connect()
        try client.send(head(path, path == "/body" ? "Content-Length: 10\r\n" : "") + (path == "/body" ? "1" : ""))
        try diary.wait(for: path == "/stream" ? "streams" : "began")
        client.reset()
        try diary.wait(for: path == "/stream" ? "stopped by clientGone" : "ended, cancelled true")
        try server.waitForConnections(0)
    }

    @Test func `a handler that takes too long is cancelled and answered 503`() throws {
        let diary = Diary()
        let server = try serve(timeoutMs: 30) { request, exchange in
            if request.path == "/longer" {
                exchange.setDeadline(afterMs: 60_000)
                try await exchange.sleep(forMs: 80)
                return Response("in time")
            }
            do {
                try await exchange.sleep(forMs: 60_000)
            } catch {
                diary.note("cancelled")
            }
            return Response("too late")
        }
        let client = try server.connect()
        try client.send(head())
        let response = try client.response()
        #expect(response.status == 503)
        #expect(response.text == "no response in time\n")
        try diary.wait(for: "cancelled")
        // The connection is as good as before.
        try client.send(head("/longer"))
        #expect(try client.response().text == "in time")
    }

    @Test func `while content is on its way the deadline of the handler does not run`() throws {
        let server = try serve(timeoutMs: 100) { _, exchange in
            let count = try await exchange.body.collect(upTo: 100).count
            if count == 5 { try await exchange.sleep(forMs: 60_000) }
            return Response("\(count)")
        }
        let client = try server.connect()
        for length in [4, 5] {
            try client.send(head("/", "Content-Length: \(length)\r\n", method: "POST"))
            for _ in 0..<length {
                sleep(seconds: 0.06)
                try client.send("x")
            }
            // And afterwards it does.
            #expect(try client.response().text == (length == 4 ? "4" : "no response in time\n"))
        }
    }

    @Test func `content that breaks ends the wait for it`() throws {
        let diary = Diary()
        let server = try serve { _, exchange in
            do {
                return Response("\(try await exchange.body.collect(upTo: 100))")
            } catch {
                diary.note("\(error)")
                throw error
            }
        }
        let response = try server.ask(head("/", "Transfer-Encoding: chunked\r\n", method: "POST") + "x\r\n")
        #expect(response.status == 400)
        try diary.wait(for: "malformed(EventHTTP.ParseError.chunkSize)")
    }

    @Test(arguments: ["/sleep", "/sequence", "/length", "/throws"])
    func `a stream that asks for it ends with the drain`(path: String) throws {
        struct Surprise: Error {}
        let server = try serve { _, exchange in
            exchange.cancelAtDrain()
            let events = AsyncStream<[UInt8]> { $0.yield(Array("event ".utf8)) }
            if path == "/sequence" { return Response(body: .sequence(events)) }
            return Response(
                body: .stream(length: path == "/length" ? 100 : nil) { writer in
                    try await writer.write("event ")
                    do { try await exchange.sleep(forMs: 60_000) } catch  where path == "/throws" { throw Surprise() }
                })
        }
        let client = try server.connect()
        try client.send(head(path))
        #expect(try client.head().status == 200)
        let event = path == "/length" ? "event " : "6\r\nevent \r\n"
        #expect(try client.bytes(event.utf8.count) == Array(event.utf8))
        server.drain()
        if path == "/length" || path == "/throws" {
            // One said that there would be more, another failed for a reason of its own.
            #expect(throws: (any Error).self) { try client.rest() }
        } else {
            #expect(try client.rest() == Array("0\r\n\r\n".utf8))
        }
        try server.waitForDrain()
    }

    @Test(arguments: [
        ("/throws", 503, "the server stops\n"), ("/answers", 200, "nothing new"), ("/stays", 200, "done"),
    ])
    func `a long poll that asks for it is cancelled by the drain`(path: String, status: Int, text: String) throws {
        let diary = Diary()
        let server = try serve { request, exchange in
            if request.path != "/stays" { exchange.cancelAtDrain() }
            diary.note("began")
            do {
                while !diary.all.contains("drained") { try await exchange.sleep(forMs: 5) }
            } catch  where request.path == "/answers" {
                return Response("nothing new")
            }
            return Response("done")
        }
        let client = try server.connect()
        try client.send(head(path))
        let late = try server.connect()
        try diary.wait(for: "began")
        try server.waitForConnections(2)
        server.drain()
        // One that comes while the server drains already is cancelled as soon as it waits.
        try late.send(head("/throws"))
        #expect(try late.response().status == 503)
        if path == "/stays" { diary.note("drained") }
        let response = try client.response()
        #expect(response.status == status && response.text == text)
        try server.waitForDrain()
    }

    @Test func `a drain waits for tasks, and ends tunnels`() throws {
        let diary = Diary()
        let server = try serve { request, exchange in
            diary.note(request.path ?? "")
            if request.path == "/work" {
                while !diary.all.contains("drained") { try await exchange.sleep(forMs: 5) }
                return Response("done")
            }
            return .upgrade(to: "echo") { body, writer in
                for try await piece in body { try await writer.write(piece) }
                try await writer.write("the server stops")
            }
        }
        let worker = try server.connect()
        try worker.send(head("/work"))
        let tunnel = try server.connect()
        try tunnel.send(head("/tunnel", "Connection: Upgrade\r\nUpgrade: echo\r\n"))
        #expect(try tunnel.head().status == 101)
        try diary.wait(for: "/work")
        server.drain()
        #expect(try tunnel.rest() == Array("the server stops".utf8))
        tunnel.endSending()
        diary.note("drained")
        #expect(try worker.response().text == "done")
        try server.waitForDrain()
    }
}
