// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Answers what operators and their machines ask of a proxy, on a listener apart from the one for clients.
struct AdminHandler: Handler {
    let admin: AdminState

    mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        guard Self.isProbe(request.path) || admin.admits(request.fields) else {
            return Answer.askForToken(exchange, by: admin.setup.name)
        }
        let isDrain = request.path.equals("/drain")
        if request.method == .post, isDrain { return drain(request, exchange) }
        guard request.method == .get || request.method == .head else {
            return Answer.refuse(exchange, allow: isDrain ? "GET, HEAD, POST" : "GET, HEAD")
        }
        switch request.path {
        case "/": StatusPage.answer(exchange)
        case "/livez": Answer.probe(exchange, admin.hasStalled ? "a loop has stalled" : nil)
        case "/readyz": ready(exchange)
        case "/startupz": Answer.probe(exchange, admin.state == .starting ? "starting" : nil)
        case "/metrics":
            Answer.send(exchange, MetricsPage(overview: admin.overview, process: admin.report).text, .metrics)
        case "/config": Answer.send(exchange, admin.configuration.withoutHashes.yaml, .yaml)
        case "/upstreams": Answer.send(exchange, admin.upstreams.text, .json)
        case "/drain": Answer.send(exchange, Answer.status(admin.state.rawValue), .json)
        default: Answer.notFound(exchange)
        }
    }

    /// The kubelet has no token, and learns nothing from these but how the proxy is.
    private static func isProbe(_ path: Span<UInt8>) -> Bool {
        path.equals("/livez") || path.equals("/readyz") || path.equals("/startupz")
    }

    private func ready(_ exchange: consuming Exchange) {
        switch admin.state {
        case .ready: Answer.probe(exchange, nil)
        case .starting, .draining, .overloaded: Answer.probe(exchange, admin.state.rawValue)
        }
    }

    /// Browsers send `Origin` with each POST, whatever page asked for it (Fetch §3.2). No page of ours needs this, so
    /// whatever a browser sends is some other page's doing, perhaps under a name that it has made point here.
    private func drain(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        if request.fields.first("origin") != nil || request.fields.first("sec-fetch-site") != nil {
            return Answer.forbid(exchange)
        }
        admin.beginDrain()
        Answer.send(exchange, Answer.status(ProcessReport.State.draining.rawValue), .json, status: .accepted)
    }
}

/// The answers of the admin listener. None may be kept, taken for something else, or shown within another page.
private enum Answer {
    enum Kind {
        case metrics, json, yaml

        var contentType: StaticString {
            switch self {
            case .metrics: MetricsText.contentType
            case .json: "application/json"
            case .yaml: "application/yaml"
            }
        }
    }

    static func status(_ word: String) -> String { "{\"status\": \(word.jsonQuoted)}\n" }

    /// 200, or 503 and why.
    static func probe(_ exchange: consuming Exchange, _ problem: String?) {
        send(exchange, status(problem ?? "ok"), .json, status: problem == nil ? .ok : .serviceUnavailable)
    }

    static func send(_ exchange: consuming Exchange, _ text: String, _ kind: Kind, status: Status = .ok) {
        let bytes = Array(text.utf8)
        exchange.respond(status, bytes.span) { fields in
            fields.add("Content-Type", kind.contentType)
            fields.add(StatusPage.fields)
        }
    }

    static func refuse(_ exchange: consuming Exchange, allow: StaticString) {
        exchange.respond(.methodNotAllowed, "only \(allow) here\n".bytes.span) { fields in
            fields.add("Allow", allow)
            fields.add("Content-Type", "text/plain; charset=utf-8")
        }
    }

    static func forbid(_ exchange: consuming Exchange) {
        let text: StaticString = "browsers may not drain this proxy; use curl -X POST\n"
        exchange.respond(.forbidden, text) { $0.add("Content-Type", "text/plain; charset=utf-8") }
    }

    /// RFC 9110 §11.6.1, RFC 6750 §3. Basic is for browsers.
    static func askForToken(_ exchange: consuming Exchange, by name: String) {
        let challenges = FieldLines([
            "WWW-Authenticate": "Bearer realm=\"\(name)\"", "WWW-Authenticate": "Basic realm=\"\(name)\"",
        ])
        exchange.respond(.unauthorized, "the token of proxy.admin.token_file is needed\n") { fields in
            fields.add(challenges)
            fields.add("Content-Type", "text/plain; charset=utf-8")
            fields.add(StatusPage.fields)
        }
    }

    static func notFound(_ exchange: consuming Exchange) {
        let text: StaticString = "there are / /livez /readyz /startupz /metrics /config /upstreams /drain\n"
        exchange.respond(.notFound, text) { $0.add("Content-Type", "text/plain; charset=utf-8") }
    }
}

extension String {
    fileprivate var bytes: [UInt8] { Array(utf8) }
}
