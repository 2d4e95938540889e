// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

/// A configuration written out, which is what `/config` shows.
struct WrittenFilesTests {
    @Test(arguments: [
        "",
        "  workers: 3\n  origin_header: \"\"\n  retry: {attempts: 7, hedge: false}\n",
        "  timeouts:\n    connect: 250ms\n    per_try: 61s\n    tunnel: 24h\n",
        "  log:\n    file: \"/tmp/a \\\"b\\\" \\\\ü\"\n",
        "  balancing: {policy: hash, hash_field: \"X-User\", slow_start: 90m}\n  health_check: {type: none}\n",
        "  balancing: {hash_cookie: sid}\n",
        "  limits: {body_bytes: 1099511627776}\n  listen: {address: \"::1\", port: 1}\n",
    ]) func `read again it is the same`(keys: String) throws {
        let configuration = try parse(file(keys))
        #expect(try parse(configuration.yaml) == configuration)
    }

    @Test func `every service and host is there, and every default`() throws {
        let text = """
            proxy:
              services:
                - name: a
                  tier: 1
                  send_proxy: v2
                  host: [{address: "::1", port: 80}, {address: b.example, port: 81, weight: 2}]
                - name: "true"
                  host: [{address: 10.0.0.1, port: 80}]
            """
        let configuration = try parse(text)
        let written = configuration.yaml
        #expect(try parse(written) == configuration)
        #expect(
            written.contains(
                """
                  services:
                    - name: "a"
                      host:
                        - address: "::1"
                          port: 80
                          weight: 1
                        - address: "b.example"
                          port: 81
                          weight: 2
                      weight: 1
                      tier: 1
                      send_proxy: v2
                    - name: "true"

                """))
        #expect(written.contains("  workers: auto\n") && written.contains("    per_try: 5s\n"))
    }

    @Test(arguments: ProxyConfiguration.keys.map(\.name)) func `every key is written`(name: String) {
        #expect(plain.yaml.contains("\n  \(name):"))
    }
}
