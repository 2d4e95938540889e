// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Which of the services of a route is the first to get a request: one that the request asks for by a field or a
/// cookie, or else one by its share. Does not change.
struct ServiceSplit: Sendable {
    private struct Override {
        let name: [UInt8]
        let isCookie: Bool
        /// Empty for any.
        let value: [UInt8]
        let choice: ServiceChoice
    }

    private let overrides: [Override]
    /// A service for each, and where its part of all shares ends.
    private let shares: [(choice: ServiceChoice, end: UInt64)]
    private let sticky: HashKey
    private let salt: UInt64

    /// Nil if the route says nothing of that. `number` is that of its choice; `salt` tells it from other routes, so
    /// that the clients that have the small share of one are not those that have that of the next.
    init?(_ route: ProxyConfiguration.Route, number: Int, salt: UInt64, of services: [ProxyConfiguration.Service]) {
        guard !route.split.isEmpty || !route.overrides.isEmpty else { return nil }
        func choice(_ name: String) -> ServiceChoice? {
            let index = services.firstIndex { $0.name == name }
            return index.map { ServiceChoice(number: number, services: ServiceMask([$0])) }
        }
        overrides = route.overrides.compactMap { override in
            guard let choice = choice(override.service), let name = override.cookie ?? override.field else {
                return nil
            }
            return Override(
                name: Array(name.utf8), isCookie: override.cookie != nil, value: Array(override.value.utf8),
                choice: choice)
        }
        var end: UInt64 = 0
        var shares: [(choice: ServiceChoice, end: UInt64)] = []
        for share in route.split where share.weight > 0 {
            guard let choice = choice(share.service) else { continue }
            end += UInt64(share.weight)
            shares.append((choice, end))
        }
        self.shares = shares
        sticky = HashKey(route.sticky)
        self.salt = salt
    }

    /// The service that the request is for, if it is for one of them.
    func choice(
        for request: borrowing RequestHead, from client: SocketAddress, using random: inout SplitMix64
    ) -> ServiceChoice? {
        for override in overrides where isMeant(override, by: request) { return override.choice }
        guard let whole = shares.last?.end else { return nil }
        let roll: UInt64
        if case .none = sticky {
            roll = random.next()
        } else {
            roll = Hash64.combine(sticky.key(of: request, from: client), salt)
        }
        // The upper half of the product is below `whole`, and evenly spread.
        let place = roll.multipliedFullWidth(by: whole).high
        for share in shares where place < share.end { return share.choice }
        return nil
    }

    private func isMeant(_ override: Override, by request: borrowing RequestHead) -> Bool {
        let fields = request.fields
        for i in 0..<fields.count {
            if override.isCookie {
                guard fields[i].id == .cookie else { continue }
                let line = fields[i].value
                guard let range = Cookies.value(of: override.name.span, in: line) else { continue }
                return isSame(line.extracting(range), override.value)
            }
            guard fields[i].name.isSameName(as: override.name.span) else { continue }
            return isSame(fields[i].value, override.value)
        }
        return false
    }

    private func isSame(_ bytes: Span<UInt8>, _ wanted: [UInt8]) -> Bool {
        if wanted.isEmpty { return true }
        guard bytes.count == wanted.count else { return false }
        for i in bytes.indices where bytes[i] != wanted[i] { return false }
        return true
    }
}
