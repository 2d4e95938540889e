// SPDX-License-Identifier: Apache-2.0
import EventHTTPAsync

/// Server-Sent Events: a page that counts, and the stream it follows.
///
///     curl -N http://127.0.0.1:8000/events
@main
struct Events: AsyncHandler {
    static func main() throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 8000
        try AsyncServer.run(port: port, handler: Events())
    }

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        switch request.path {
        case "/": return Response(headerFields: [.contentType: "text/html; charset=utf-8"], body: .text(page))
        case "/events": return events(exchange, after: request.headerFields[.lastEventID].flatMap { Int($0) } ?? 0)
        default: throw HTTPError(.notFound)
        }
    }

    /// Goes on after the last event that the client saw, until it leaves, and the writing throws, or the server stops:
    /// then the stream ends, and browsers ask whoever serves next.
    private func events(_ exchange: AsyncExchange, after last: Int) -> Response {
        exchange.cancelAtDrain()
        let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        return Response(
            headerFields: fields,
            body: .stream { writer in
                var count = last
                while true {
                    count += 1
                    try await writer.write("id: \(count)\ndata: {\"count\": \(count)}\n\n")
                    try await exchange.sleep(forMs: 100)
                }
            })
    }

    private let page = """
        <!doctype html><title>Events</title><h1 id="count">…</h1>
        <script>
        new EventSource("/events").onmessage = e => count.textContent = JSON.parse(e.data).count
        </script>

        """
}

extension HTTPField.Name {
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
