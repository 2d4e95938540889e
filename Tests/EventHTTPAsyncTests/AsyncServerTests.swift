// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import EventHTTPAsync
import TestSupport
import Testing

/// A server as a part of a program.
@Suite(.offPool) struct AsyncServerTests {
    @Test func `it listens before it runs, and ends with its drain when requests have finished`() async throws {
        let drain = Drain()
        let diary = Diary()
        let server = try AsyncServer(port: 0, workers: 2, drain: drain) { _, exchange in
            diary.note("began")
            while !drain.hasBegun { try await exchange.sleep(forMs: 5) }
            return Response("done")
        }
        let client = try RawClient(port: server.address.port)
        try client.send(head())
        async let ended: Void = server.run()
        try diary.wait(for: "began")
        drain.begin(.immediate)
        #expect(try client.response().text == "done")
        try await ended
    }

    @Test func `a cancelled task cuts off what is in flight, also when it drains already`() async throws {
        for drainsAlready in [false, true] {
            let drain = Drain()
            let diary = Diary()
            let server = try AsyncServer(port: 0, workers: 2, drain: drain) { _, exchange in
                diary.note("began")
                defer { diary.note("ended, cancelled \(Task.isCancelled)") }
                try await exchange.sleep(forMs: 60_000)
                return Response("done")
            }
            let client = try RawClient(port: server.address.port)
            try client.send(head())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                try diary.wait(for: "began")
                if drainsAlready { drain.begin(.immediate) }
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(throws: (any Error).self) { try client.response() }
            #expect(diary.all == ["began", "ended, cancelled true"])
        }
    }

    @Test func `a task that is cancelled before it runs serves nothing`() async throws {
        let server = try AsyncServer(port: 0, workers: 1) { _, _ in Response("done") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { try await server.run() }
            try await group.waitForAll()
        }
    }

    @Test func `an address that is none is an error that says so`() {
        #expect(throws: AsyncServer.NoAddress.self) { try AsyncServer(on: "here", port: 0) { _, _ in Response("") } }
    }
}
