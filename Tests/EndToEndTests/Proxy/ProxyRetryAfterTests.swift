// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// The real proxy-server before an origin that asks for patience.
struct ProxyRetryAfterTests {
    @Test func `a host is asked for nothing while it rests, and no client sees why`() throws {
        let busy = ScriptedOrigin { connection, _ in
            try connection.answer("busy", status: "503 Service Unavailable", fields: "Retry-After: 1\r\n")
        }
        let good = ScriptedOrigin { connection, _ in try connection.answer("good") }
        let proxy = try Server.proxy([[busy.port], [good.port]])
        let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        let client = try proxy.connect()
        let answer = {
            try client.send(get)
            return try client.response().text
        }
        // Until it has been asked, and then ten more, which take a small part of the second.
        while busy.requests.isEmpty { #expect(try answer() == "good") }
        for _ in 0..<10 { #expect(try answer() == "good") }
        #expect(busy.requests.count == 1)
        // The second is over: it is asked again.
        _ = try eventually(10, "another request") {
            let text = try answer()
            #expect(text == "good")
            return busy.requests.count > 1 ? true : nil
        }
    }
}
