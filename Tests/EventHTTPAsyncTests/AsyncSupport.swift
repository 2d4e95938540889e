// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import EventHTTPAsync
import HTTPTypes
import TestSupport
import Testing

/// An async handler made of a closure.
struct Answers: AsyncHandler {
    let respond: AsyncServer.Respond

    init(_ respond: @escaping AsyncServer.Respond) {
        self.respond = respond
    }

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        try await respond(request, exchange)
    }
}

/// A server in this process whose requests are answered by `respond`.
func serve(
    options: ServerOptions = ServerOptions(), timeoutMs: Int64 = 60_000,
    _ respond: @escaping AsyncServer.Respond
) throws -> TestServer {
    var asyncOptions = AsyncOptions()
    asyncOptions.handlerTimeoutMs = timeoutMs
    return try TestServer(options: options) { [asyncOptions] loop in
        AsyncAdapter(Answers(respond), on: loop, options: asyncOptions)
    }
}

func head(_ target: String = "/", _ fields: String = "", method: String = "GET") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n"
}

/// What tasks of a server leave for the test to see.
final class Diary: Sendable {
    private let events = Shared<[String]>([])

    func note(_ event: String) { events.change { $0.append(event) } }
    var all: [String] { events.current }

    func wait(for event: String) throws {
        _ = try eventually(10, event) { all.contains(event) ? true : nil }
    }
}

/// Runs a test elsewhere than in Swift's pool of threads, all of which other tests may be blocking.
struct OffPool: TestTrait, SuiteTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await withTaskExecutorPreference(BlockingExecutor.shared, operation: function)
    }
}

extension Trait where Self == OffPool {
    static var offPool: OffPool { OffPool() }
}
