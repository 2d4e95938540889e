// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// The real proxy-server, keeping clients at their hosts.
struct ProxyStickinessTests {
    @Test func `a session stays with its host, over connections and workers`() throws {
        let origins = (0..<3).map { number in
            ScriptedOrigin { connection, _ in try connection.answer("\(number)") }
        }
        let proxy = try Server.proxy(
            [origins.map(\.port)], workers: 2,
            more: """
                  balancing:
                    policy: hash
                    hash_cookie: sid

                """)
        var hosts: Set<String> = []
        for session in 0..<20 {
            let answers = try (0..<4).map { number in
                try proxy.ask("GET / HTTP/1.1\r\nHost: h\r\nCookie: n=\(number); sid=s\(session)\r\n\r\n").text
            }
            #expect(Set(answers).count == 1)
            hosts.formUnion(answers)
        }
        #expect(hosts == ["0", "1", "2"])
    }
}
