// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventHTTPAsync

/// Requests and responses as values, and where their tasks run.
struct AsyncHandlerTests {
    @Test func `an async hello is answered without a job from another thread`() throws {
        let executor = Shared<LoopExecutor?>(nil)
        let server = try TestServer { loop in
            executor.change { [executor = loop.executor] in $0 = executor }
            return AsyncAdapter(
                Answers { _, _ in
                    #expect(executor.current?.isCurrent == true)
                    return Response("Hello!\n")
                }, on: loop)
        }
        let client = try server.connect()
        for _ in 0..<100 {
            try client.send(head())
            let response = try client.response()
            #expect(response.status == 200)
            #expect(response.text == "Hello!\n")
            #expect(response["content-type"] == "text/plain; charset=utf-8")
        }
        #expect(executor.current?.foreignEnqueues == 0)
    }

    @Test func `a handler that waits for content and for time goes on on its loop`() throws {
        let executor = Shared<LoopExecutor?>(nil)
        let server = try TestServer { loop in
            executor.change { [executor = loop.executor] in $0 = executor }
            return AsyncAdapter(
                Answers { _, exchange in
                    let first = try await exchange.body.collect(upTo: 100)
                    try await exchange.sleep(forMs: 5)
                    async let child = executor.current?.isCurrent
                    #expect(await child == true)
                    #expect(executor.current?.isCurrent == true)
                    return Response(body: .bytes(first))
                }, on: loop)
        }
        let client = try server.connect()
        for _ in 0..<10 {
            try client.send(head("/", "Content-Length: 10\r\n", method: "POST") + "01234")
            sleep(seconds: 0.005)
            try client.send("56789")
            #expect(try client.response().text == "0123456789")
        }
        #expect(executor.current?.foreignEnqueues == 0)
    }

    @Test func `work off the loop runs elsewhere and comes back`() throws {
        let executor = Shared<LoopExecutor?>(nil)
        let server = try TestServer { loop in
            executor.change { [executor = loop.executor] in $0 = executor }
            return AsyncAdapter(
                Answers { _, _ in
                    let wasOnLoop = try await offLoop { executor.current?.isCurrent }
                    return Response("\(wasOnLoop == true) \(executor.current?.isCurrent == true)")
                }, on: loop)
        }
        #expect(try server.ask(head()).text == "false true")
    }

    @Test func `other connections are served while a task yields again and again`() throws {
        let isDone = Shared(false)
        let server = try serve { request, _ in
            if request.path == "/end" { isDone.change { $0 = true } }
            while request.path == "/busy", !isDone.current { await Task.yield() }
            return Response("done")
        }
        let busy = try server.connect()
        try busy.send(head("/busy"))
        #expect(try server.ask(head("/end")).text == "done")
        #expect(try busy.response().text == "done")
    }

    @Test func `a request comes as it was sent`() throws {
        let server = try serve { request, exchange in
            var text = "\(request.method) \(request.authority ?? "-") \(request.path ?? "-")"
            for field in request.headerFields { text += "\n\(field.name.canonicalName)=\(field.value)" }
            return Response(text + "\n\(exchange.clientAddress.host)")
        }
        let fields = "Accept: a\r\nX-Two: 1\r\nx-two: 2\r\nCookie: k=v; l=w\r\n"
        #expect(
            try server.ask(head("/a%20b?c=d", fields, method: "BREW")).text == """
                BREW test /a%20b?c=d
                accept=a
                x-two=1
                x-two=2
                cookie=k=v; l=w
                127.0.0.1
                """)
        #expect(
            try server.ask("GET http://other?q HTTP/1.1\r\nHost: test\r\n\r\n").text
                == "GET other /?q\n127.0.0.1")
    }

    @Test func `a field that is no UTF-8 is kept byte by byte`() throws {
        let server = try serve { request, _ in
            let bytes = request.headerFields.first?.withUnsafeBytesOfValue { Array($0) }
            return Response("\(bytes ?? [])")
        }
        let client = try server.connect()
        try client.send(Array("GET / HTTP/1.1\r\nHost: test\r\nX-Latin: a".utf8) + [0xe4] + Array("\r\n\r\n".utf8))
        #expect(try client.response().text == "[97, 228]")
    }

    @Test func `a response has the handler's fields, except those that frame it`() throws {
        let server = try serve { _, _ in
            var response = Response(.created, "made", headerFields: [.eTag: "\"1\"", .setCookie: "a=b"])
            response.headerFields[.contentLength] = "7"
            response.headerFields[.transferEncoding] = "chunked"
            response.headerFields[.connection] = "close"
            response.headerFields[.date] = "Thu, 01 Jan 1970 00:00:00 GMT"
            return response
        }
        let client = try server.connect()
        for _ in 0..<2 {
            try client.send(head())
            let response = try client.response()
            #expect(response.statusLine == "HTTP/1.1 201 Created")
            #expect(
                response.fields == [
                    "etag: \"1\"", "set-cookie: a=b", "content-type: text/plain; charset=utf-8",
                    "date: Thu, 01 Jan 1970 00:00:00 GMT", "content-length: 4",
                ])
            #expect(response.text == "made")
        }
    }

    @Test(arguments: [
        ("/500", "HTTP/1.1 500 Internal Server Error", "Internal Server Error\n"),
        ("/404", "HTTP/1.1 404 Not Found", "no such page\n"),
        ("/413", "HTTP/1.1 413 Content Too Large", "Content Too Large\n"),
        ("/100", "HTTP/1.1 500 Internal Server Error", "Internal Server Error\n"),
        ("/999", "HTTP/1.1 500 Internal Server Error", "Internal Server Error\n"),
        ("/upgrade", "HTTP/1.1 426 Upgrade Required", "Upgrade Required\n"),
    ])
    func `what is thrown is answered`(path: String, status: String, text: String) throws {
        struct Surprise: Error {}
        let server = try serve { request, exchange in
            switch request.path {
            case "/404": throw HTTPError(.notFound, "no such page")
            case "/413": return Response(body: .bytes(try await exchange.body.collect(upTo: 3)))
            case "/100": return Response(.continue)
            case "/999": return Response(.init(code: 999), "?")
            case "/upgrade": return .upgrade(to: "echo") { _, _ in }
            default: throw Surprise()
            }
        }
        let response = try server.ask(head(path, "Content-Length: 4\r\n", method: "POST") + "1234")
        #expect(response.statusLine.hasPrefix(status))
        #expect(response.text == text)
    }
}
