// SPDX-License-Identifier: Apache-2.0
public import EventHTTP

/// The reverse proxy as a handler: each request becomes a transaction with an origin.
public struct ReverseProxy: Handler {
    let proxy: ProxyLoop
    private let lifetime: Lifetime

    /// Goes with the last copy of the handler.
    private final class Lifetime {
        private let proxy: ProxyLoop

        init(_ proxy: ProxyLoop) {
            self.proxy = proxy
        }

        deinit { proxy.shutDown() }
    }

    /// The proxy of one loop. `worker` numbers the loops of a process, so that each begins with another host.
    public init(_ setup: ProxySetup, on loop: EventLoop, worker: Int) {
        self.init(setup, on: loop, worker: worker, nil)
    }

    /// The same with a policy, which is this loop's alone.
    public init(_ setup: ProxySetup, on loop: EventLoop, worker: Int, policy: some ProxyPolicy) {
        self.init(setup, on: loop, worker: worker, PolicyBox(policy))
    }

    init(_ setup: ProxySetup, on loop: EventLoop, worker: Int, _ policy: AnyPolicy?) {
        proxy = ProxyLoop(setup, on: loop, worker: worker, policy: policy)
        lifetime = Lifetime(proxy)
    }

    /// Judges, identifies and routes a request, then begins its transaction.
    public mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        let peer = proxy.peer(of: exchange, request)
        let identity = proxy.identify(request, from: peer)
        if request.method == .connect { return ProxyResponse.methodNotAllowed.send(exchange, identity, by: proxy) }
        var route: Route?
        if let edge = proxy.edge {
            switch edge.admit(request, from: exchange.clientAddress, nowNs: proxy.loop.nowNs) {
            case .pass(let found): route = found
            case .refuse(let answer): return answer.send(exchange, identity, by: proxy)
            }
        }
        if ForwardedFields.mayNotGoOn(request) {
            let answer = request.method == .options ? ProxyResponse.optionsAnswered : .methodNotAllowed
            return answer.send(exchange, identity, by: proxy)
        }
        if ForwardedFields.hasPassed(request, pseudonym: proxy.pseudonym) {
            return ProxyResponse.loop.send(exchange, identity, by: proxy)
        }
        proxy.begin(request, exchange, peer, identity, route)
    }
}
