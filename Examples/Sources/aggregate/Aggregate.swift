// SPDX-License-Identifier: Apache-2.0
import EventHTTPAsync

/// One answer made of two services, which are asked at the same time: `aggregate PORT USERS NOTES`.
///
///     curl http://127.0.0.1:8000/7
///     {"user": …, "notes": …}
@main
struct Aggregate: AsyncHandler {
    /// Where the services are, such as `http://127.0.0.1:8001`.
    let users: String
    let notes: String

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let port = UInt16(arguments[1]) else {
            print("usage: aggregate PORT http://USERS:PORT http://NOTES:PORT")
            return
        }
        try AsyncServer.run(port: port, handler: Aggregate(users: arguments[2], notes: arguments[3]))
    }

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        let path = request.path ?? "/"
        let client = exchange.client
        async let user = Self.fetch(users + path, by: client)
        async let notes = Self.fetch(notes + path, by: client)
        let (userText, notesText) = (try await user, try? await notes)
        // Without its notes a user is better than nothing; without the user there is nothing to show.
        let text = "{\"user\": \(userText), \"notes\": \(notesText ?? "null")}\n"
        return Response(headerFields: [.contentType: "application/json"], body: .text(text))
    }

    private static func fetch(_ url: String, by client: HTTPClient) async throws -> String {
        do {
            let response = try await client.execute(HTTPRequest(url: url), deadlineMs: 2_000)
            guard response.status == .ok else { throw HTTPError(response.status) }
            return String(decoding: try await response.body.collect(upTo: 64 << 10), as: UTF8.self)
        } catch let failure as HTTPClient.Failure {
            throw HTTPError(.badGateway, "\(url): \(failure)")
        }
    }
}
