// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventProxy

/// `Retry-After` (RFC 9110 §10.2.3) through the whole proxy.
struct RetryAfterTests {
    private static let date = "Date: Tue, 24 Nov 2026 08:00:00 GMT\r\nRetry-After: Tue, 24 Nov 2026 08:00:30 GMT\r\n"

    /// How often a host that always asks for patience is sent one of ten requests.
    private static func asked(
        _ status: String, _ fields: String, _ policy: ProxyConfiguration.Balancing.Policy = .roundRobin
    ) throws -> Int {
        let busy = ScriptedOrigin.saying("busy", status: status, fields: fields)
        let good = ScriptedOrigin.saying("good")
        let proxy = try TestProxy([[busy.port], [good.port]]) {
            $0.balancing.policy = policy
            $0.balancing.hashField = "X-Key"
            $0.retry.hedge = false
        }
        for number in 0..<10 {
            let text = try proxy.get("/", "X-Key: \(number)\r\n").text
            // What the proxy does not send again is the client's.
            if text != "good" { #expect(text == "busy" && status.hasPrefix("429")) }
        }
        return busy.requests.count
    }

    @Test(arguments: ProxyConfiguration.Balancing.Policy.allCases)
    func `a host that asks for patience is left alone`(policy: ProxyConfiguration.Balancing.Policy) throws {
        #expect(try Self.asked("503 Busy", "Retry-After: 30\r\n", policy) <= 1)
    }

    @Test func `in seconds or by a date, with 503 and with 429`() throws {
        #expect(try Self.asked("503 Busy", "Retry-After: 30\r\n") == 1)
        #expect(try Self.asked("503 Busy", Self.date) == 1)
        #expect(try Self.asked("429 Slow down", "Retry-After: 30\r\n") == 1)
    }

    @Test(arguments: ["", "Retry-After: 0\r\n", "Retry-After: soon\r\n", "Retry-After: -1\r\n"])
    func `a host that does not ask is asked again`(fields: String) throws {
        // Until it is ejected.
        #expect(try Self.asked("503 Busy", fields) == 5)
        #expect(try Self.asked("429 Slow down", fields) == 5)
    }

    @Test func `if all ask, all are used, and the client gets their answer`() throws {
        let origins = (0..<2).map { ScriptedOrigin.saying("\($0)", status: "503 Busy", fields: "Retry-After: 9\r\n") }
        let proxy = try TestProxy(origins.map { [$0.port] })
        for _ in 0..<3 {
            let response = try proxy.get()
            #expect(response.status == 503 && response["retry-after"] == "9")
        }
        #expect(origins.allSatisfy { $0.requests.count == 3 })
    }
}
