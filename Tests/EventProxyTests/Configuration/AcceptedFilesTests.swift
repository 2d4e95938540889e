// SPDX-License-Identifier: Apache-2.0
import EventProxy
import Testing

@Suite struct AcceptedFilesTests {
    @Test func `the reference file is accepted unchanged`() throws {
        let configuration = try parse(referenceFile)
        #expect(configuration.listen.address == "0.0.0.0")
        #expect(configuration.listen.port == 8888)
        #expect(
            configuration.services == [
                .init(name: "service-app-1", hosts: [.init(address: "10.99.246.53", port: 8081)]),
                .init(name: "service-app-2", hosts: [.init(address: "10.98.58.70", port: 8081)]),
            ])
        #expect(configuration == ProxyConfiguration(services: configuration.services))
    }

    @Test func `keys left out have their documented defaults`() {
        #expect(plain.listen == .init())
        #expect(plain.listen.address == "0.0.0.0")
        #expect(plain.listen.port == 8888)
        #expect(plain.workers == .automatic)
        #expect(plain.originHeader == "Host")
        #expect(plain.attempts == 3)
        let timeouts = plain.timeouts
        #expect(
            [timeouts.clientHeaderMs, timeouts.clientBodyMs, timeouts.clientIdleMs, timeouts.clientWriteMs]
                == [10_000, 10_000, 75_000, 30_000])
        #expect(
            [timeouts.connectMs, timeouts.responseMs, timeouts.originBodyMs, timeouts.originIdleMs]
                == [3_000, 15_000, 15_000, 4_000])
        #expect([timeouts.hostQueueMs, timeouts.tunnelMs] == [1_000, 3_600_000])
        #expect([plain.drain.delayMs, plain.drain.timeoutMs] == [10_000, 30_000])
        let limits = plain.limits
        #expect([limits.lineBytes, limits.headBytes, limits.fields, limits.connections] == [8192, 32_768, 100, 0])
        #expect(limits.bodyBytes == 0)
        #expect([limits.hostRequests, limits.hostQueue] == [0, 1_024])
        #expect(plain.log.level == .debug)
        #expect(plain.log.format == .text)
        #expect(plain.log.file == "/tmp/proxy/event.log")
        #expect(plain.log.console)
        #expect(plain.log.access)
    }

    @Test func `every key is read into its property`() throws {
        var expected = ProxyConfiguration(services: [
            .init(
                name: "app_1.v2",
                hosts: [
                    .init(address: "app-1-headless.ns.svc.cluster.local.", port: 8081),
                    .init(address: "2001:db8::1", port: 8082),
                ]),
            .init(name: "4711", hosts: [.init(address: "10.0.0.1", port: 65_535)]),
        ])
        expected.listen.address = "::"
        expected.listen.port = 1
        expected.workers = .count(4)
        expected.originHeader = "X-Origin"
        expected.attempts = 5
        expected.timeouts.clientHeaderMs = 1
        expected.timeouts.clientBodyMs = 250
        expected.timeouts.clientIdleMs = 2_000
        expected.timeouts.clientWriteMs = 3_000
        expected.timeouts.connectMs = 400
        expected.timeouts.responseMs = 60_000
        expected.timeouts.originBodyMs = 7_000
        expected.timeouts.originIdleMs = 120_000
        expected.timeouts.hostQueueMs = 600
        expected.timeouts.tunnelMs = 86_400_000
        expected.drain.delayMs = 0
        expected.drain.timeoutMs = 5_000
        expected.limits.lineBytes = 1024
        expected.limits.headBytes = 65_536
        expected.limits.fields = 10
        expected.limits.bodyBytes = 1_099_511_627_776
        expected.limits.connections = 1_048_576
        expected.limits.hostRequests = 50
        expected.limits.hostQueue = 7
        expected.log.level = .warning
        expected.log.format = .json
        expected.log.file = ""
        expected.log.console = false
        expected.log.access = false
        #expect(try parse(completeFile) == expected)
    }

    @Test(arguments: [
        "  workers: auto", "  workers: 'auto'", "  listen: {}", "  retry: {}", "  listen: {port: 8888}",
        "  \"listen\":\n    'port': 8888", "  origin_header: \"Host\"", "  origin_header: Host # the default",
        "  retry: {attempts: 3}", "  timeouts: {connect: 3s, per_try: \"5s\", tunnel: 60m}",
        "  timeouts: {connect: 3000ms, tunnel: 3600s, origin_idle: 04s}", "  log: {level: debug, console: True}",
        "# a comment", "", "  log:\n    file: >-\n      /tmp/proxy/event.log",
    ])
    func `these lines say no more than the defaults`(_ lines: String) throws {
        #expect(try parse(file(lines)) == plain)
    }

    @Test(arguments: [
        ("a byte order mark", "\u{FEFF}" + file("")), ("CRLF line ends", file("").replacing("\n", with: "\r\n")),
        ("document markers", "---\n" + file("") + "...\n"), ("a YAML directive", "%YAML 1.2\n---\n" + file("")),
        ("no final line break", String(file("").dropLast())),
        ("JSON", #"{"proxy": {"services": [{"name": "a", "host": [{"address": "10.0.0.1", "port": 80}]}]}}"#),
    ])
    func `a file may have`(_ what: String, _ text: String) throws {
        #expect(try parse(text) == plain)
    }

    @Test(arguments: [
        ("''", nil), ("\"\"", nil), ("X-Served-By", "X-Served-By"), ("Server", "Server"),
        ("a!#$%&'*+-.^_`|~9", "a!#$%&'*+-.^_`|~9"), ("no", "no"),
    ])
    func `the origin header is a field name or off`(_ yaml: String, _ name: String?) throws {
        #expect(try parse(file("  origin_header: \(yaml)")).originHeader == name)
    }

    @Test func `the same host may serve two services and two ports`() throws {
        let configuration = try parse(
            """
            proxy:
              services:
                - name: a
                  host: [{address: h, port: 1}, {address: h, port: 2}]
                - name: b
                  host: [{address: h, port: 1}]
            """)
        #expect(configuration.services.map(\.hosts.count) == [2, 1])
    }
}

let referenceFile = """
    proxy:
      listen:
        address: "0.0.0.0"
        port: 8888
      services:
        - name: service-app-1
          host:
          - address: "10.99.246.53"
            port: 8081
        - name: service-app-2
          host:
          - address: "10.98.58.70"
            port: 8081

    """

let completeFile = """
    # Every key of the configuration, none with its default.
    proxy:
      listen:
        address: "::"
        port: 1
      workers: 4
      origin_header: X-Origin
      services:
        - name: app_1.v2
          host:
            - address: app-1-headless.ns.svc.cluster.local.
              port: 8081
            - {address: "2001:db8::1", port: 8082}
        - name: '4711'
          host:
          - address: 10.0.0.1
            port: 65535
      retry:
        attempts: 5
      timeouts:
        client_header: 1ms
        client_body: 250ms
        client_idle: 2s
        client_write: "3s"
        connect: 400ms
        response: 1m
        origin_body: 7s
        origin_idle: 2m
        host_queue: 600ms
        tunnel: 24h
      drain:
        delay: 0s
        timeout: 5s
      limits:
        line_bytes: 1024
        head_bytes: 65536
        fields: 10
        body_bytes: 1099511627776
        connections: 1048576
        host_requests: 50
        host_queue: 7
      log:
        level: warning
        format: json
        file: ""
        console: false
        access: false

    """
