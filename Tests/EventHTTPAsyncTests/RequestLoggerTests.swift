// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import HTTPTypes
import Logging
import TestSupport
import Testing

@testable import EventHTTPAsync

/// What a request's logger says of it.
struct RequestLoggerTests {
    @Test func `a handler's lines say which request they are about`() throws {
        let lines = Lines()
        let server = try lines.serve { _, exchange in
            exchange.logger.info("first", metadata: ["user": "7"])
            var own = exchange.logger
            own[metadataKey: "note"] = "3"
            try await exchange.sleep(forMs: 1)
            own.warning("second")
            return Response("done")
        }
        _ = try server.ask(head("/notes?token=secret", "X-Request-ID: a-1_B.2\r\n", method: "PUT"))
        #expect(
            lines.all == [
                "info first http.request.id=a-1_B.2 http.request.method=PUT url.path=/notes user=7",
                "warning second http.request.id=a-1_B.2 http.request.method=PUT note=3 url.path=/notes",
            ])
    }

    @Test(arguments: [
        "", "X-Request-ID: \r\n", "X-Request-ID: two words\r\n", "X-Request-ID: a=b\r\n",
        "X-Request-ID: a\r\nX-Request-ID: b\r\n", "X-Request-ID: \(String(repeating: "a", count: 129))\r\n",
    ])
    func `a request without a safe name gets one of ours`(field: String) throws {
        let lines = Lines()
        let server = try lines.serve { _, exchange in
            let id = exchange.logger[metadataKey: "http.request.id"]?.description ?? ""
            #expect(exchange.logger[metadataKey: "http.request.id"]?.description == id)
            return Response(id)
        }
        let client = try server.connect()
        var names: Set<String> = []
        for _ in 0..<3 {
            try client.send(head("/", field))
            names.insert(try client.response().text)
        }
        #expect(names.count == 3)
        #expect(names.allSatisfy { $0.utf8.count == 16 && UInt64($0, radix: 16) != nil })
    }

    @Test func `an error that a handler throws is logged with its request`() throws {
        struct Surprise: Error {}
        let lines = Lines()
        let server = try lines.serve { _, _ in throw Surprise() }
        #expect(try server.ask(head("/a", "X-Request-ID: 7\r\n")).status == 500)
        #expect(
            lines.all == [
                "error the handler failed: Surprise() http.request.id=7 http.request.method=GET url.path=/a"
            ])
    }

    @Test func `a handler that does not log makes no logger`() throws {
        let lines = Lines()
        let tasks = Shared(0)
        let server = try lines.serve { request, exchange in
            if request.path == "/log" { exchange.logger.info("line") }
            tasks.change { $0 += exchange.task.madeLogger == nil ? 0 : 1 }
            return Response("done")
        }
        _ = try server.ask(head())
        #expect(tasks.current == 0)
        _ = try server.ask(head("/log"))
        #expect(tasks.current == 1)
    }
}

/// Lines that were logged: level, message and metadata.
private final class Lines: Sendable {
    private let lines = Shared<[String]>([])

    var all: [String] { lines.current }

    func serve(_ respond: @escaping AsyncServer.Respond) throws -> TestServer {
        var options = AsyncOptions()
        options.logger = Logger(label: "test") { [lines] _ in Recorder(lines: lines) }
        return try TestServer { [options] loop in
            AsyncAdapter(Answers(respond), on: loop, options: options)
        }
    }

    private struct Recorder: LogHandler {
        let lines: Shared<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
            let fields = all.map { " \($0.key)=\($0.value)" }.joined()
            lines.change { $0.append("\(event.level) \(event.message)\(fields)") }
        }
    }
}
