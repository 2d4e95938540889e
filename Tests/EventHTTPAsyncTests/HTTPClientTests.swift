// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import EventHTTPAsync
import Glibc
import TestSupport
import Testing

/// What is sent and what comes back. The client is that of a program: with a loop of its own.
@Suite(.offPool) struct HTTPClientTests {
    private let client = HTTPClient()

    @Test func `a request goes out as it was given`() async throws {
        let origin = answering { connection, _ in try connection.answer("x", fields: "X-A: 1\r\nX-A: 2\r\n")
        }
        let url = "http://127.0.0.1:\(origin.port)"
        var request = HTTPRequest(method: .init("BREW")!, url: "\(url)/a%20b?c=d#e", headerFields: [.accept: "tea"])
        request.headerFields[.host] = "elsewhere"
        request.headerFields[.transferEncoding] = "chunked"
        request.headerFields[.contentLength] = "7"
        request.headerFields[.connection] = "close"
        let response = try await client.execute(request, body: .text("milk"))
        #expect(response.status == .ok)
        #expect(response.status.reasonPhrase == "OK")
        #expect(response.headerFields[values: .init("X-A")!] == ["1", "2"])
        #expect(response.body.length == 1)
        #expect(try await response.body.collect(upTo: 1) == Array("x".utf8))

        _ = try await client.execute(HTTPRequest(method: .post, url: "\(url)?q"))
        _ = try await client.execute(
            HTTPRequest(method: .options, scheme: nil, authority: "127.0.0.1:\(origin.port)", path: "*"))
        #expect(
            origin.requests.map { [$0.line] + $0.fields } == [
                [
                    "BREW /a%20b?c=d HTTP/1.1", "host: 127.0.0.1:\(origin.port)", "accept: tea", "content-length: 4",
                ],
                ["POST /?q HTTP/1.1", "host: 127.0.0.1:\(origin.port)", "content-length: 0"],
                ["OPTIONS * HTTP/1.1", "host: 127.0.0.1:\(origin.port)"],
            ])
        #expect(origin.requests[0].body == Array("milk".utf8))
    }

    @Test(arguments: ["none", "text", "much", "stream", "length", "sequence", "empty"])
    func `content arrives as it was sent, whatever it is made of`(kind: String) async throws {
        let server = try serve { request, exchange in
            let framing = request.headerFields[.contentLength] ?? request.headerFields[.transferEncoding] ?? "-"
            let body = try await exchange.body.collect(upTo: 2_000_000)
            return Response(headerFields: [.eTag: framing], body: .bytes(body))
        }
        let much = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let pieces = stride(from: 0, to: 1_500_000, by: 100_000).map { Array(much[$0..<$0 + 100_000]) }
        func content() -> (HTTPClient.Content, [UInt8], String) {
            switch kind {
            case "text": (.text("milk"), Array("milk".utf8), "4")
            case "much": (.bytes(much), much, "1500000")
            case "stream": (.stream { for piece in pieces { try await $0.write(piece) } }, much, "chunked")
            case "length": (.stream(length: 1_500_000) { try await $0.write(much) }, much, "1500000")
            case "sequence":
                (
                    .sequence(
                        AsyncStream { next in
                            for piece in pieces { next.yield(piece) }
                            next.finish()
                        }), much, "chunked"
                )
            case "empty": (.stream { _ in }, [], "chunked")
            default: (.none, [], "0")
            }
        }
        for _ in 0..<3 {
            let (content, expected, framing) = content()
            let response = try await client.execute(
                HTTPRequest(method: .put, url: "http://127.0.0.1:\(server.port)/"), body: content)
            #expect(response.headerFields[.eTag] == framing)
            #expect(try await response.body.collect(upTo: 2_000_000) == expected)
        }
        #expect(server.connectionCount == 1)
    }

    @Test(arguments: [
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200 3 abc"),
        (
            "GET", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nA: b\r\n\r\n",
            "404 - abc"
        ),
        ("GET", "HTTP/1.0 200 \r\n\r\nabc", "200 - abc"),
        ("GET", "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "200 1 a"),
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n", "200 300 "),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", "204 - "),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 300\r\n\r\n", "304 300 "),
        ("GET", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "500 0 "),
    ])
    func `responses of every framing come whole`(method: String, answer: String, expected: String) async throws {
        for pieces in [[answer], answer.map { String($0) }] {
            let origin = ScriptedOrigin { connection, _, _ in
                _ = try connection.request()
                for piece in pieces { try connection.send(piece) }
            }
            let response = try await client.execute(
                HTTPRequest(method: .init(method)!, url: "http://127.0.0.1:\(origin.port)/"))
            let text = String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self)
            #expect("\(response.status.code) \(response.body.length.map { "\($0)" } ?? "-") \(text)" == expected)
        }
    }

    @Test(arguments: [
        ("", "the server ended the connection before its response was complete"),
        ("HTTP/1.1 200", "the server ended the connection before its response was complete"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
            "the server ended the connection before its response was complete"
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "the server ended the connection before its response was complete"
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n", "the response is not valid HTTP: malformed status line"),
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
            "the response is not valid HTTP: invalid status code"
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "the response is not valid HTTP: invalid chunk size"
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", "the response has more than 4 bytes of content"),
    ])
    func `what is cut or wrong is an error, never a whole response`(answer: String, reason: String) async throws {
        let origin = ScriptedOrigin { connection, _, _ in
            _ = try connection.request()
            try connection.send(answer)
        }
        let error = await #expect(throws: HTTPClient.Failure.self) {
            let response = try await client.execute(HTTPRequest(url: "http://127.0.0.1:\(origin.port)/"))
            _ = try await response.body.collect(upTo: 4)
        }
        #expect(error?.description == reason)
        #expect(origin.connectionCount == 1)
    }

    @Test(arguments: [
        ("https://127.0.0.1/", "https is not spoken here"), ("ftp://127.0.0.1/", "'ftp' is not spoken here"),
        ("http:///a", "'' is no host to ask"), ("http://user@host/", "'user@host' is no host to ask"),
        ("http://127.0.0.1:0/", "'127.0.0.1:0' is no host"), ("http://h/ä", "'/ä' is no path"),
        ("http://h/a b", "'/a b' is no path"), ("http://h/a\r\nX: y", "is no path"),
        ("http://nobody.invalid/", "cannot resolve nobody.invalid"),
    ])
    func `a request that cannot be sent is refused with the remedy`(url: String, reason: String) async throws {
        let error = await #expect(throws: HTTPClient.Failure.self) {
            _ = try await client.execute(HTTPRequest(url: url))
        }
        #expect(error?.description.contains(reason) == true, "\(error!)")
    }

    @Test func `a port where nobody listens says so`() async throws {
        let port = RefusedPort()
        let error = await #expect(throws: HTTPClient.Failure.self) {
            _ = try await client.execute(HTTPRequest(url: "http://127.0.0.1:\(port.port)/"))
        }
        #expect(error?.description == "connect to 127.0.0.1 (127.0.0.1:\(port.port)): Connection refused")
    }

    @Test func `a name is looked up, and each of its addresses tried`() async throws {
        // It listens on 127.0.0.1 only; localhost may stand for ::1, too.
        let origin = answering { connection, _ in try connection.answer("here") }
        for _ in 0..<2 {
            let response = try await client.execute(HTTPRequest(url: "http://LocalHost:\(origin.port)/"))
            #expect(try await response.body.collect(upTo: 10) == Array("here".utf8))
        }
        #expect(origin.requests.map { $0["host"] } == ["LocalHost:\(origin.port)", "LocalHost:\(origin.port)"])
        #expect(origin.connectionCount == 1)
    }
}

extension HTTPField.Name {
    static let host = HTTPField.Name("Host")!
}

func answering(_ answer: @escaping @Sendable (RawClient, RawRequest) throws -> Void) -> ScriptedOrigin {
    ScriptedOrigin(answering: answer)
}
