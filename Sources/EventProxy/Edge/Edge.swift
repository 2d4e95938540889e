// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What the configuration says about who may ask for what, made ready for requests. Does not change; a proxy whose
/// configuration says nothing of it has none, and pays one comparison with nil.
final class Edge: Sendable {
    /// Whose forwarding fields are believed.
    let trusted: AddressBlocks

    init?(_ configuration: ProxyConfiguration) {
        if configuration.trustedProxies.isEmpty { return nil }
        trusted = AddressBlocks(configuration.trustedProxies)
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
