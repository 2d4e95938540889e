// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport

@testable import EventProxy

/// A proxy in this process with one loop, which begins its round with the first host of the first service.
struct TestProxy {
    let server: TestServer
    /// What its loop shares with others: the health of hosts, and queries of death.
    let setup: ProxySetup
    private let parts = Parts()
    var port: UInt16 { server.port }

    /// A proxy to services with hosts on these ports.
    init(
        _ services: [[UInt16]], policy: PolicyMaker? = nil,
        configure: (inout ProxyConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = ProxyConfiguration(
            services: services.enumerated().map { index, ports in
                ProxyConfiguration.Service(
                    name: "service-\(index + 1)",
                    hosts: ports.map { ProxyConfiguration.Host(address: "127.0.0.1", port: $0) })
            })
        configure(&configuration)
        let setup = ProxySetup(configuration, seed: 0, workers: 1)
        self.setup = setup
        server = try TestServer(options: setup.serverOptions, metrics: setup.serverMetrics(worker: 0)) { [parts] loop in
            let handler = CheckedProxy(setup, on: loop, policy?.make())
            parts.proxy = handler.proxy.proxy
            return handler
        }
    }

    /// What was counted of the host with this port.
    func totals(_ port: UInt16) -> HostTotals {
        var totals = HostTotals()
        for host in setup.metrics[0].hosts where host.host.hasSuffix(":\(port)") { host.add(to: &totals) }
        return totals
    }

    /// What lives on the loop's thread. Touched there only.
    private final class Parts: @unchecked Sendable {
        weak var proxy: ProxyLoop?
    }

    /// Asks the proxy's loop, on its thread.
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable (ProxyLoop) -> Result) throws -> Result {
        let parts = parts
        guard let result = server.run({ parts.proxy.map(body) }) else { throw TestFailure("the proxy has ended") }
        return result
    }

    func connect(receiveBufferBytes: Int32? = nil) throws -> RawClient {
        try server.connect(receiveBufferBytes: receiveBufferBytes)
    }

    /// The end of the last exchange, and of everything that belongs to it.
    func drain() throws {
        server.drain()
        try server.waitForDrain()
    }

    func get(_ path: String = "/", _ fields: String = "") throws -> RawResponse {
        try server.ask("GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n")
    }
}

/// A proxy, and the checks of its hosts on the same loop.
private struct CheckedProxy: Handler {
    private(set) var proxy: ReverseProxy
    private let checker: HealthChecker

    init(_ setup: ProxySetup, on loop: EventLoop, _ policy: AnyPolicy?) {
        proxy = ReverseProxy(setup, on: loop, worker: 0, policy)
        checker = HealthChecker(setup, on: loop)
    }

    mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        proxy.handle(request, exchange)
    }
}

func get(_ path: String = "/", _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n"
}

func put(_ body: String, _ fields: String = "") -> String {
    "PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

func post(_ body: String, _ fields: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}
