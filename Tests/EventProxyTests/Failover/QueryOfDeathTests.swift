// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

struct QueryOfDeathTests {
    /// An origin that `/fail` kills: its connection ends, and it accepts no more.
    private static func mortal() -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                if request.target.hasPrefix("/fail") { return origin.stopListening() }
                try connection.answer("alive")
            }
        }
    }

    @Test(arguments: [false, true], [3, 10])
    func `P7: one request kills at most two origins, over fresh and over idle connections`(
        isWarm: Bool, attempts: Int
    ) throws {
        let origins = (0..<6).map { _ in Self.mortal() }
        let proxy = try TestProxy([origins[..<3].map(\.port), origins[3...].map(\.port)]) { $0.attempts = attempts }
        if isWarm {
            let client = try proxy.connect()
            for _ in 0..<6 {
                try client.send(get())
                #expect(try client.response().status == 200)
            }
        }
        #expect(try proxy.get("/fail").status == 502)
        #expect(origins.filter { $0.requests.contains { $0.target == "/fail" } }.count <= 2)
        for _ in 0..<20 { #expect(try proxy.get().status == 200) }
    }

    /// How long the first takes to die, and the others. Hedges would be sent after 100 ms.
    @Test(arguments: [[20, 20], [60, 60], [20, 250], [130, 130], [250, 20], [250, 250]])
    func `P7: it kills no more when the origins take their time to die`(ms: [Int]) throws {
        let deaths = Shared(0)
        let origins = (0..<6).map { _ in
            ScriptedOrigin { connection, _, origin in
                while let request = try connection.request() {
                    origin.note(request)
                    if request.target == "/fail" {
                        let number = deaths.change { count in
                            count += 1
                            return count
                        }
                        sleep(seconds: Double(number == 1 ? ms[0] : ms[1]) / 1_000)
                        return origin.stopListening()
                    }
                    try connection.answer("alive")
                }
            }
        }
        let proxy = try TestProxy([origins[..<3].map(\.port), origins[3...].map(\.port)]) { $0.attempts = 10 }
        let response = try proxy.get("/fail")
        #expect(response.status == 502)
        try proxy.drain()
        #expect(origins.filter { $0.requests.contains { $0.target == "/fail" } }.count == 2)
    }

    @Test func `a query of death that is repeated costs nothing more, and no other client an error`() throws {
        let origins = (0..<12).map { _ in Self.mortal() }
        let proxy = try TestProxy([origins[..<6].map(\.port), origins[6...].map(\.port)])
        let deaths = { origins.filter { $0.requests.contains { $0.target.hasPrefix("/fail") } }.count }
        let other = try proxy.connect()
        for number in 0..<20 {
            let response = try proxy.get("/fail")
            #expect(response.status == (number == 0 ? 502 : 503))
            if number > 0 {
                #expect(response["x-limit"] == "query-of-death")
                #expect((Int(response["retry-after"] ?? "") ?? 0) > 20)
            }
            for _ in 0..<3 {
                try other.send(get())
                #expect(try other.response().status == 200)
            }
        }
        #expect(deaths() == 2)
        // Nor does another query of the path, for long.
        for number in 0..<20 { _ = try proxy.get("/fail?\(number)") }
        #expect(deaths() <= 2 + 4)
        try other.send(get())
        #expect(try other.response().status == 200)
    }

    @Test func `what has killed its origins is answered 503 at once, and nobody else is`() throws {
        let origins = (0..<6).map { _ in Self.mortal() }
        let proxy = try TestProxy([origins[..<3].map(\.port), origins[3...].map(\.port)])
        #expect(try proxy.get("/fail").status == 502)
        for _ in 0..<5 {
            sleep(seconds: 0.1)
            let refused = try proxy.get("/fail")
            #expect(refused.status == 503 && refused["x-limit"] == "query-of-death")
            #expect(try proxy.get().status == 200)
        }
        #expect(origins.filter { $0.requests.contains { $0.target == "/fail" } }.count == 2)
    }

    @Test func `what is deadly by one route is another request by another`() throws {
        let origins = (0..<4).map { _ in
            ScriptedOrigin { connection, _, origin in
                while let request = try connection.request() {
                    if request["host"] == "deadly" { return origin.stopListening() }
                    try connection.answer("alive")
                }
            }
        }
        let proxy = try TestProxy([origins.map(\.port)]) { configuration in
            configuration.routes = ["deadly", "harmless"].map { host in
                var route = ProxyConfiguration.Route()
                route.host = host
                return route
            }
        }
        func ask(_ host: String) throws -> RawResponse {
            try proxy.server.ask("GET /same HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        }
        #expect(try ask("deadly").status == 502)
        #expect(try ask("deadly").status == 503)
        #expect(try ask("harmless").text == "alive")
    }

    @Test func `a name in the log and on pages is cut, and without its query`() throws {
        let origins = (0..<4).map { _ in Self.mortal() }
        let proxy = try TestProxy([origins.map(\.port)])
        #expect(try proxy.get("/fail" + String(repeating: "x", count: 200)).status == 502)
        #expect(try proxy.get("/failing?token=secret").status == 502)
        let nowMs = try proxy.onLoop { $0.loop.nowMs }
        let names = proxy.setup.poison.listed(nowMs: nowMs).map(\.name)
        #expect(names.contains("GET /fail" + String(repeating: "x", count: 128 - 9)))
        #expect(names.contains("GET /failing"))
    }

    /// Handlers that panic, workers that are recycled: the connection ends, and the host goes on.
    @Test(arguments: [false, true])
    func `hosts that only end connections need no saving, however many requests they end`(isPipelined: Bool) throws {
        let isWell = Shared(false)
        let origins = (0..<2).map { _ in
            ScriptedOrigin { connection, _, _ in
                while try connection.request() != nil {
                    if !isWell.current { return }
                    try connection.answer("alive")
                }
            }
        }
        let proxy = try TestProxy([origins.map(\.port)])
        if isPipelined {
            let client = try proxy.connect()
            try client.send(get("/a") + get("/b"))
            for _ in 0..<2 { #expect(try client.response().status == 502) }
        } else {
            for path in ["/a", "/b", "/a"] {
                #expect(try proxy.get(path).status == 502)
                sleep(seconds: 0.3)
            }
        }
        isWell.change { $0 = true }
        sleep(seconds: 0.3)
        for path in ["/a", "/b", "/a"] { #expect(try proxy.get(path).status == 200) }
    }

    @Test(arguments: [true, false])
    func `after a quarantine one request is tried once, and shows whether it should go on`(isCured: Bool) throws {
        let origins = (0..<3).map { _ in
            ScriptedOrigin { connection, request in
                if request.target == "/fail", !isCured {
                    // Long enough for a hedge.
                    sleep(seconds: 0.15)
                    throw TestFailure("the end")
                }
                try connection.answer("alive")
            }
        }
        let proxy = try TestProxy([origins.map(\.port)])
        let path = Array("/fail".utf8)
        let fingerprint = Fingerprint(
            method: .get, path: path.span, query: nil, key: proxy.setup.fingerprintKey)
        for host in 0..<2 {
            _ = proxy.setup.poison.died(
                fingerprint, host: host, standing: .unknown, requestDeaths: host + 1,
                nowMs: Int64(now() * 1_000) - 40_000)
        }
        #expect(try proxy.get("/fail").status == (isCured ? 200 : 502))
        for _ in 0..<3 { #expect(try proxy.get("/fail").status == (isCured ? 200 : 503)) }
        #expect(origins.map(\.requests.count).reduce(0, +) == (isCured ? 4 : 1))
    }

    @Test func `where there is no other host to save, a request that died is tried once again`() throws {
        let origin = ScriptedOrigin { connection, number, origin in
            guard let request = try connection.request() else { return }
            origin.note(request)
            if origin.requests.count > 2 { try connection.answer("alive") }
        }
        let proxy = try TestProxy([[origin.port]])
        for _ in 0..<2 {
            #expect(try proxy.get().status == 502)
            // Two deaths of a host are counted as two when it has had time to come back.
            sleep(seconds: 1.1)
        }
        #expect(try proxy.get().status == 200)
        #expect(try proxy.get().status == 200)
    }
}
