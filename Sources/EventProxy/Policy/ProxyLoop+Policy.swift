// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Where the hosts of a request are looked for.
struct Destination {
    /// The services that it may go to.
    var choice = ServiceChoice.all
    /// Those that are meant, as long as they have a host that is well.
    var preferred: ServiceChoice?
    /// The host that is meant, as long as it is well.
    var host: Int?
    /// The policy has named a service or a host, which a split of the route then does not.
    var isDecided: Bool { preferred != nil || host != nil }
    /// What the policy calls the request.
    var mark: UInt64 = 0

    init(_ route: Route?) {
        if let route { choice = route.choice }
    }
}

extension ProxyLoop {
    /// Takes a decision of the policy over, as far as it may decide; gives the answer, if it is one.
    func follow(
        _ decision: ProxyDecision, of policy: AnyPolicy, _ destination: inout Destination
    ) -> PolicyAnswer? {
        destination.mark = decision.mark
        switch decision.choice {
        case .pass: return nil
        case .prefer(let name):
            if let chosen = service(name, among: destination.choice, policy) { destination.preferred = chosen }
        case .only(let name):
            guard let chosen = service(name, among: destination.choice, policy) else { return .nowhere }
            destination.choice = chosen
        case .preferHost(let name):
            destination.host = origins.firstIndex { $0.metrics.host == name }
        case .answer(let status, let text, let fields):
            if !status.isInterim { return .answer(status, text, fields) }
            policy.refuse("answers with the interim status \(status.code)", self)
            return .answer(.internalServerError, "", FieldLines())
        }
        return nil
    }

    /// One service among those that a request may go to.
    private func service(_ name: String, among choice: ServiceChoice, _ policy: AnyPolicy) -> ServiceChoice? {
        let services = snapshot.configuration.services
        func isAllowed(_ index: Int) -> Bool { index < ServiceMask.servicesMax && choice.services.contains(index) }
        guard let index = services.firstIndex(where: { $0.name == name }), isAllowed(index) else {
            let allowed = services.indices.filter(isAllowed)
            policy.refuse(ProxyDecision.wrongService(name, of: services.map(\.name), allowed: allowed), self)
            return nil
        }
        // Alone among its like, it owes none of them a turn: so it needs no turns of its own.
        return ServiceChoice(number: choice.number, services: ServiceMask([index]))
    }
}

extension ProxyDecision {
    private static let namesListedMax = 8

    /// What is wrong with a service that a policy has named, and which it may name.
    static func wrongService(_ name: String, of services: [String], allowed: [Int]) -> String {
        let names = allowed.map { services[$0] }
        let isKnown = services.contains(name)
        let why = isKnown ? "which the route of the request does not name" : "which the configuration does not have"
        let meant = isKnown ? nil : name.nearest(of: names)
        let listed = names.prefix(namesListedMax).map(\.quotedForMessage).joined(separator: ", ")
        return "names the service \(name.quotedForMessage), \(why)"
            + (meant.map { " (did you mean \($0.quotedForMessage)?)" } ?? "")
            + "; there \(names.count == 1 ? "is" : "are") \(listed)\(names.count > namesListedMax ? ", …" : "")"
    }
}

/// What a request is answered that a policy lets go nowhere.
enum PolicyAnswer {
    case answer(Status, String, FieldLines)
    /// The service that it was to go to is none.
    case nowhere

    func send(_ exchange: consuming Exchange, _ identity: RequestIdentity, by proxy: ProxyLoop) {
        guard case .answer(let status, let text, let lines) = self else {
            return ProxyResponse.noOrigin(nil).send(exchange, identity, by: proxy)
        }
        let cause = Cause.answeredHere
        exchange.note { entry in
            identity.begin(&entry, from: Span(), attempts: 0)
            entry.end(outcome: cause.word)
        }
        let isText = !text.isEmpty && !lines.contains("content-type")
        exchange.respond(status, text.utf8.span) { fields in
            fields.add(lines)
            if isText { fields.add("Content-Type", "text/plain; charset=utf-8") }
            if proxy.tellsStatus { ProxyStatus(name: proxy.name, error: cause.errorType).write(to: &fields) }
            identity.answer(to: &fields)
        }
    }
}
