// SPDX-License-Identifier: Apache-2.0
import EventHTTPAsync

/// Authentication at the edge: a handler around another one, which sees no request without a token.
///
///     TOKEN=secret authentication
///     curl -H 'Authorization: Bearer secret' http://127.0.0.1:8000/
@main
struct Authentication {
    static func main() throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 8000
        guard let token = Environment["TOKEN"], !token.isEmpty else { throw Failure.noToken }
        try AsyncServer.run(port: port, handler: Authenticated(token: token, inner: Greeting()))
    }

    enum Failure: Error { case noToken }
}

/// Lets requests with the token through.
struct Authenticated<Inner: AsyncHandler>: AsyncHandler {
    let token: String
    let inner: Inner

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        guard let given = request.headerFields[.authorization], isEqual(given, "Bearer " + token) else {
            throw HTTPError(.unauthorized, headerFields: [.wwwAuthenticate: "Bearer realm=\"example\""])
        }
        // What is behind need not know the secret.
        var request = request
        request.headerFields[.authorization] = nil
        return try await inner.handle(request, exchange)
    }

    /// Takes as long for a token that is nearly right as for one that is all wrong.
    private func isEqual(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// What is worth protecting.
struct Greeting: AsyncHandler {
    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        Response("Hello, friend from \(exchange.clientAddress.host)!\n")
    }
}
