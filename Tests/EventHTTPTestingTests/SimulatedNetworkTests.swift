// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import EventHTTPAsync
import EventHTTPTesting
import EventProxy
import HTTPTypes
import Testing

/// What users' own tests do with a simulated network. Only public interfaces here.
struct SimulatedNetworkTests {
    private struct Hello: Handler {
        let text: StaticString

        mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
            switch request.path {
            case "/hello": exchange.respond(.ok, text) { $0.add("X-Kind", "greeting") }
            default: exchange.respond(.notFound, "no such page\n")
            }
        }
    }

    private struct Waiting: AsyncHandler {
        func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
            let body = try await exchange.body.collect(upTo: 1 << 20)
            if request.path == "/hour" {
                exchange.setDeadline(afterMs: .max >> 20)
                try await exchange.sleep(forMs: 3_600_000)
            } else {
                try await exchange.sleep(forMs: 100_000)
            }
            return Response("\(body.count)")
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a handler answers without a socket`(seed: UInt64) throws {
        let network = SimulatedNetwork(seed: seed)
        try network.serve { _ in Hello(text: "Hello!\n") }
        let response = try network.ask("GET", "/hello")
        #expect(response.status == 200)
        #expect(response.text == "Hello!\n")
        #expect(response["x-kind"] == "greeting")
        #expect(try network.ask("GET", "/other").status == 404)
        let head = try network.ask("HEAD", "/hello")
        #expect(head["content-length"] == "7")
        #expect(head.text.isEmpty)
    }

    @Test func `an hour of an async handler passes at once`() throws {
        let network = SimulatedNetwork()
        try network.serve { loop in AsyncAdapter(Waiting(), on: loop) }
        let before = network.nowMs
        let client = network.connect()
        client.send("POST", "/hour", body: [UInt8](repeating: 0x61, count: 100_000))
        #expect(try client.response(withinMs: 4_000_000).text == "100000")
        #expect((3_600_000...3_601_000).contains(network.nowMs - before))
    }

    @Test func `a deadline passes on the simulated clock`() throws {
        let network = SimulatedNetwork()
        try network.serve { loop in AsyncAdapter(Waiting(), on: loop) }
        let before = network.nowMs
        #expect(try network.ask("GET", "/").status == 503)
        #expect((60_000...60_100).contains(network.nowMs - before))
    }

    @Test func `the same seed gives the same course of events`() throws {
        func course(_ seed: UInt64) throws -> [Int64] {
            let network = SimulatedNetwork(seed: seed)
            try network.serve { loop in AsyncAdapter(Waiting(), on: loop) }
            var times: [Int64] = []
            for count in [1, 50_000, 900_000] {
                let client = network.connect()
                client.send("POST", "/hour", body: [UInt8](repeating: 0x61, count: count))
                _ = try client.response(withinMs: 4_000_000)
                times.append(network.nowMs)
            }
            return times
        }
        #expect(try course(3) == course(3))
        #expect(try course(3) != course(4))
    }

    @Test func `a server waits for a client that takes nothing`() throws {
        final class Count { var written = 0 }
        struct Endless: Handler {
            let count: Count
            mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
                var writer = Optional(exchange.begin(.ok, length: nil))
                let piece = [UInt8](repeating: 0x61, count: 10_000)
                while writer?.write(piece.span) == true { count.written += piece.count }
                writer.take()?.finish()
            }
        }
        let count = Count()
        let network = SimulatedNetwork()
        try network.serve { _ in Endless(count: count) }
        let client = network.connect()
        client.reads = false
        client.send("GET", "/")
        network.advance(ms: 1_000)
        #expect((1..<1 << 20).contains(count.written))
        #expect(client.received.isEmpty)
        client.reads = true
        #expect(try client.response().body.count >= count.written)
    }

    @Test(arguments: [SimulatedNetwork.Reachability.refuses, .isSilent])
    func `a proxy gets the answer from the origin that can be reached`(
        reachability: SimulatedNetwork.Reachability
    ) throws {
        let network = SimulatedNetwork()
        let origins = ["10.3.0.1", "10.3.0.2"]
        let names: [StaticString] = ["one", "two"]
        for (host, name) in zip(origins, names) {
            try network.serve(at: SocketAddress(host, port: 8_000)!) { _ in Hello(text: name) }
        }
        let hosts = origins.map { ProxyConfiguration.Host(address: $0, port: 8_000) }
        var configuration = ProxyConfiguration(services: [.init(name: "all", hosts: hosts)])
        configuration.limits.connections = 100
        try network.serve { loop in
            ReverseProxy(ProxySetup(configuration, seed: 1, workers: 1), on: loop, worker: 0)
        }
        var answers: Set<String> = []
        for _ in 0..<4 { answers.insert(try network.ask("GET", "/hello").text) }
        #expect(answers == ["one", "two"])
        network.setReachable(reachability, at: SocketAddress("10.3.0.1", port: 8_000)!)
        // Connections that are kept idle do not know.
        network.advance(ms: 10_000)
        for _ in 0..<4 { #expect(try network.ask("GET", "/hello").text == "two") }
    }
}
