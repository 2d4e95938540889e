// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What the configuration says about who may ask for what, made ready for requests. Does not change; a proxy whose
/// configuration says nothing of it has none, and pays one comparison with nil.
final class Edge: Sendable {
    /// Whose forwarding fields are believed.
    let trusted: AddressBlocks

    /// Who may ask for anything at all.
    private let access: AccessList
    /// For all requests, if there are no routes.
    private let general: Route
    /// In the order in which they are asked.
    private let routes: [Route]
    /// How many requests are passed on at all.
    private let rate: RateRule?
    /// There if there is any limit.
    private let limiter: RateLimiter?

    /// `old` is what was said before: what clients have used of their limits goes on.
    init?(_ configuration: ProxyConfiguration, after old: Edge? = nil) {
        guard configuration.hasEdge else { return nil }
        trusted = AddressBlocks(configuration.trustedProxies)
        access = AccessList(configuration.access)
        general = Route(configuration)
        // Sorting is stable: routes that say as much of a request are asked in the order of the file.
        routes = configuration.routes.enumerated()
            .map { Route($1, number: $0 + 1, of: configuration) }
            .sorted(by: Route.isAsked)
        rate = RateRule(configuration.rateLimit, place: "", name: "default")
        let limits = rate != nil || routes.contains { $0.rate != nil }
        limiter = limits ? old?.limiter ?? RateLimiter(seed: .random(in: .min ... .max)) : nil
    }

    /// What becomes of a request before an origin is chosen.
    enum Verdict {
        case pass(Route)
        case refuse(ProxyResponse)
    }

    func admit(_ request: borrowing RequestHead, from client: SocketAddress, nowNs: Int64) -> Verdict {
        guard access.admits(client) else { return .refuse(.forbidden) }
        if let limiter, let rate, let seconds = limiter.take(rate, for: request, from: client, nowNs: nowNs) {
            return .refuse(.rateLimited(rate, seconds: seconds))
        }
        if routes.isEmpty { return .pass(general) }
        guard RoutePath.isUnambiguous(request.path), RouteHost.isUnambiguous(request.authority) else {
            return .refuse(.ambiguousTarget)
        }
        guard let route = route(for: request) else { return .refuse(.noRoute) }
        guard route.access.admits(client) else { return .refuse(.forbidden) }
        if let limiter, let rate = route.rate,
            let seconds = limiter.take(rate, for: request, from: client, nowNs: nowNs)
        {
            return .refuse(.rateLimited(rate, seconds: seconds))
        }
        return .pass(route)
    }

    /// The first route that the request is one of.
    private func route(for request: borrowing RequestHead) -> Route? {
        guard let authority = request.authority else {
            for route in routes where route.matches(request, host: nil) { return route }
            return nil
        }
        let host = RouteHost.host(of: authority)
        for route in routes where route.matches(request, host: host) { return route }
        return nil
    }
}

extension ProxyConfiguration {
    /// Something is said of who may ask for what.
    fileprivate var hasEdge: Bool {
        !trustedProxies.isEmpty || access != Access() || requestFields != FieldChanges()
            || responseFields != FieldChanges() || !routes.isEmpty || rateLimit != RateLimit()
    }
}

/// Who has connected, and whether that is a proxy that is believed what it says of its clients.
struct Peer {
    let address: SocketAddress
    var isTrusted = false
}

extension ProxyLoop {
    /// Who has sent a request. If that is a trusted proxy, the request is from now on that of the client it names: for
    /// the log, the hash by address and whatever else goes by addresses.
    func peer(of exchange: borrowing Exchange, _ request: borrowing RequestHead) -> Peer {
        let peer = exchange.peerAddress
        guard let edge, edge.trusted.contains(peer) else { return Peer(address: peer) }
        exchange.note(client: edge.trusted.client(of: request.fields, peer: peer))
        return Peer(address: peer, isTrusted: true)
    }
}

extension AddressBlocks {
    /// The client of a request, as far as trusted proxies vouch for it.
    ///
    /// Each proxy appends whom it got the request from to `X-Forwarded-For`. So the list is walked from its end past
    /// the addresses of trusted ones; the first that is none is the client's, whatever that client claims left of it.
    /// A list of nothing but trusted ones begins with it. What is no address ends the walk: nobody vouches for what is
    /// left of it.
    func client(of fields: borrowing Fields, peer: SocketAddress) -> SocketAddress {
        guard contains(peer) else { return peer }
        var client = peer
        var line = fields.count
        while line > 0 {
            line -= 1
            guard fields[line].id == .xForwardedFor else { continue }
            var elements = ReversedListElements(fields[line].value)
            while let element = elements.next() {
                // RFC 9110 §5.6.1.2: empty elements count for nothing.
                if element.isEmpty { continue }
                guard let address = SocketAddress(forwardedFor: element) else { return client }
                client = address
                if !contains(address) { return client }
            }
        }
        return client
    }
}
