// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What is done with the requests of one kind, made ready for them. Does not change.
final class Route: Sendable {
    private let host: RouteHost
    /// The segments that the path begins with; empty for all paths.
    private let pathPrefix: [UInt8]
    /// Empty for all methods.
    private let method: [UInt8]
    /// Who may ask for these.
    let access: AccessList
    /// How many of them are passed on.
    let rate: RateRule?
    /// The services that they may go to.
    let choice: ServiceChoice
    /// Nil if all of them are alike.
    let split: ServiceSplit?
    /// Nil if everybody may ask.
    let authentication: RouteAuthentication?
    /// Nil if nothing is done to the fields.
    let requestFields: FieldRules?
    let responseFields: FieldRules?
    /// Requests that look alike on two routes are not alike: what one does to its origins says nothing of the other.
    let fingerprintSalt: UInt64

    /// For requests of all kinds, which all services may get.
    init(_ configuration: ProxyConfiguration) {
        host = .any
        pathPrefix = []
        method = []
        access = AccessList(ProxyConfiguration.Access())
        rate = nil
        authentication = nil
        choice = .all
        split = nil
        requestFields = FieldRules.unlessEmpty([configuration.requestFields])
        responseFields = FieldRules.unlessEmpty([configuration.responseFields])
        fingerprintSalt = 0
    }

    /// For those that `route` is for. `number` counts routes from 1.
    init(_ route: ProxyConfiguration.Route, number: Int, of configuration: ProxyConfiguration) {
        host = RouteHost(route.host)
        pathPrefix = RoutePath.canonical(route.pathPrefix)
        method = Array(route.method.utf8)
        access = AccessList(route.access)
        let place = "\(route.host) \(route.pathPrefix) \(route.method)"
        rate = RateRule(route.rateLimit, place: place, name: route.host + route.pathPrefix)
        let names = route.services + route.split.map(\.service)
        let named = configuration.services.indices.filter { names.contains(configuration.services[$0].name) }
        choice = names.isEmpty ? .all : ServiceChoice(number: number, services: ServiceMask(named))
        authentication = route.auth.map(RouteAuthentication.init)
        // Before what the configuration says, which may give origins one of its own.
        var withheld = ProxyConfiguration.FieldChanges()
        if let auth = route.auth, !auth.forward { withheld.remove = ["Authorization"] }
        requestFields = FieldRules.unlessEmpty([withheld, configuration.requestFields, route.requestFields])
        responseFields = FieldRules.unlessEmpty([configuration.responseFields, route.responseFields])
        let salt = Hash64.hash(Array(place.utf8).span, seed: 0)
        fingerprintSalt = salt
        split = ServiceSplit(route, number: number, salt: salt, of: configuration.services)
    }

    /// Whether the request is one of this kind. `host` is the one that it is for, if it says so.
    func matches(_ request: borrowing RequestHead, host: Span<UInt8>?) -> Bool {
        if !method.isEmpty, !isSame(request.methodToken, method) { return false }
        let prefix = pathPrefix
        return self.host.matches(host) && (prefix.isEmpty || RoutePath.begins(request.path, with: prefix.span))
    }

    /// Methods differ by their case (RFC 9110 §9.1).
    private func isSame(_ token: Span<UInt8>, _ method: [UInt8]) -> Bool {
        guard token.count == method.count else { return false }
        for i in token.indices where token[i] != method[i] { return false }
        return true
    }

    /// The order in which routes are asked, whatever that of the file: a host before hosts that end alike, the longer
    /// end first, and those before any host; then the longer path; then a method before any. So the route that says
    /// most of a request is its route, and one that is added takes from others only what it names.
    static func isAsked(_ a: Route, before b: Route) -> Bool {
        let (first, second) = (a.host.rank, b.host.rank)
        if first != second { return first < second }
        if a.pathPrefix.count != b.pathPrefix.count { return a.pathPrefix.count > b.pathPrefix.count }
        return !a.method.isEmpty && b.method.isEmpty
    }
}
