// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Answers that the proxy makes itself.
enum ProxyResponse {
    case noOrigin(ClientFailure?)
    /// Its like has killed origins, and is not sent to any for a while.
    case quarantined(seconds: Int64)
    /// This proxy has more to do than it can: the limit is its own.
    case overloaded(Overload)
    /// The hosts have as many requests as they may, and as many wait.
    case hostsFull(isAdaptive: Bool)
    case loop
    case methodNotAllowed
    case optionsAnswered
    /// The client's address is not among those that may ask.
    case forbidden
    /// Origins could read the path or the host otherwise than the routes do.
    case ambiguousTarget
    /// No route is for such a request.
    case noRoute
    /// The client has had what it may have for now.
    case rateLimited(RateRule, seconds: Int64)
    /// Only users may ask for that, and it said none, or none that there is.
    case unauthorized(RouteAuthentication)
    /// The client has had too many wrong passwords.
    case tooManyFailures(seconds: Int64)

    enum Overload {
        /// The loop does not keep up, memory runs out, or too many passwords wait to be looked at.
        case loopLag, memory, passwords
    }

    var status: Status {
        switch self {
        case .noOrigin(.connectTimeout), .noOrigin(.responseTimeout), .noOrigin(.bodyTimeout): .gatewayTimeout
        case .noOrigin(nil): .serviceUnavailable
        case .noOrigin: .badGateway
        case .quarantined, .overloaded, .hostsFull: .serviceUnavailable
        case .loop: .loopDetected
        case .methodNotAllowed: .methodNotAllowed
        case .optionsAnswered: .noContent
        case .forbidden: .forbidden
        case .ambiguousTarget: .badRequest
        case .noRoute: .notFound
        case .rateLimited, .tooManyFailures: .tooManyRequests
        case .unauthorized: .unauthorized
        }
    }

    var text: StaticString {
        switch self {
        case .noOrigin(.connect): "no origin accepted the connection\n"
        case .noOrigin(.connectTimeout): "no origin accepted the connection in time\n"
        case .noOrigin(.lost): "the origin ended the connection without an answer\n"
        case .noOrigin(.responseTimeout), .noOrigin(.bodyTimeout): "the origin did not answer in time\n"
        case .noOrigin(.malformed): "the origin's answer is not valid HTTP\n"
        case .noOrigin(nil): "no origin is available\n"
        case .quarantined: "origins have died under requests like this one; it is not passed on for a while\n"
        case .overloaded(.loopLag): "this proxy is overloaded\n"
        case .overloaded(.memory): "this proxy runs out of memory\n"
        case .overloaded(.passwords): "too many passwords wait to be looked at\n"
        case .hostsFull: "the origins have as many requests as they may\n"
        case .loop: "this request has passed through this proxy before\n"
        case .methodNotAllowed: "this proxy makes no tunnels to other hosts, and does not answer TRACE itself\n"
        case .optionsAnswered: ""
        case .forbidden: "this address may not ask for that\n"
        case .ambiguousTarget: "the path or the host could be read in two ways\n"
        case .noRoute: "no route is for this host, path and method\n"
        case .rateLimited: "too many requests\n"
        case .unauthorized: "a name and a password are needed for that\n"
        case .tooManyFailures: "too many wrong passwords\n"
        }
    }

    /// Which limit of the proxy refused the request, for whoever has to raise it.
    private var limit: StaticString? {
        switch self {
        case .quarantined: "query-of-death"
        case .overloaded(.loopLag): "loop-lag"
        case .overloaded(.memory): "memory"
        case .overloaded(.passwords): "auth-queue"
        case .hostsFull(let isAdaptive): isAdaptive ? "adaptive" : "host-requests"
        case .rateLimited: "rate"
        case .tooManyFailures: "auth"
        case .noOrigin, .loop, .methodNotAllowed, .optionsAnswered, .forbidden, .ambiguousTarget, .noRoute,
            .unauthorized:
            nil
        }
    }

    /// Why the request was not passed on. (What kept it from an origin's answer, a transaction knows better.)
    var cause: Cause {
        switch self {
        case .noOrigin: .noHost
        case .quarantined: .quarantined
        case .overloaded: .overloaded
        case .hostsFull: .hostsFull
        case .loop: .loop
        case .methodNotAllowed, .ambiguousTarget: .refused
        case .optionsAnswered: .answeredHere
        case .forbidden: .forbidden
        case .noRoute: .noRoute
        case .rateLimited, .tooManyFailures: .rateLimited
        case .unauthorized: .unauthorized
        }
    }

    /// Answers a request that no transaction has begun for.
    func send(_ exchange: consuming Exchange, _ identity: RequestIdentity, by proxy: ProxyLoop) {
        let cause = cause
        exchange.note { entry in
            identity.begin(&entry, from: Span(), attempts: 0)
            entry.end(outcome: cause.word)
        }
        send(
            exchange, identity,
            proxy.tellsStatus ? ProxyStatus(name: proxy.name, error: cause.errorType, limit: limit) : nil)
    }

    func send(_ exchange: consuming Exchange, _ identity: RequestIdentity, _ proxyStatus: ProxyStatus?) {
        let isTextual = text.utf8CodeUnitCount > 0
        let allows =
            switch self {
            case .methodNotAllowed, .optionsAnswered: true
            default: false
            }
        let retryAfter: UInt64? =
            switch self {
            case .quarantined(let seconds), .rateLimited(_, let seconds), .tooManyFailures(let seconds):
                UInt64(max(seconds, 1))
            case .overloaded: UInt64(LoadShedder.retryAfterSeconds)
            case .hostsFull: UInt64(HostLimits.retryAfterSeconds)
            default: nil
            }
        exchange.respond(status, text) { fields in
            if isTextual { fields.add("Content-Type", "text/plain; charset=utf-8") }
            if let limit { fields.add("X-Limit", limit) }
            if let retryAfter { fields.add("Retry-After", retryAfter) }
            if case .unauthorized(let authentication) = self { fields.add(authentication.challenge) }
            if case .rateLimited(let rule, let seconds) = self { rule.write(seconds: seconds, to: &fields) }
            if allows { fields.add("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH") }
            proxyStatus?.write(to: &fields)
            identity.answer(to: &fields)
        }
    }
}
