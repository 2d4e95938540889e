// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// The proxy on one loop: its server, and what answers.
final class ProxyWorker: LoopService {
    private let server: HTTPServer
    private let proxy: ProxyLoop

    /// `worker` numbers the loops of a process.
    init(
        _ setup: ProxySetup, on loop: EventLoop, worker: Int, socket: ListeningSocket, accessLog: AccessLog?,
        policy: AnyPolicy?
    ) {
        let handler = ReverseProxy(setup, on: loop, worker: worker, policy)
        proxy = handler.proxy
        server = HTTPServer(
            on: loop, socket: socket, options: proxy.snapshot.serverOptions(of: proxy.setup.name), accessLog: accessLog,
            metrics: setup.serverMetrics(worker: worker), handler: handler)
        setup.join(LoopBound(self, on: loop), knows: proxy.snapshot)
    }

    /// Works by another snapshot from now on.
    func apply(_ snapshot: ProxySnapshot) {
        proxy.apply(snapshot)
        server.options = proxy.snapshot.serverOptions(of: proxy.setup.name)
    }

    /// Refuses requests, or serves them again.
    func shedForMemory(_ sheds: Bool) { proxy.shedsForMemory = sheds }

    func drain(_ pace: Drain.Pace, _ completion: @escaping () -> Void) {
        server.drain(pace, completion)
    }
}
