// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

// The keys of the file, one a line: name, property, what the value may be. A new key is a property with its default in
// ProxyConfiguration.swift and a line here; messages, suggestions and checks follow from it.

extension ProxyConfiguration: ConfigurationSection {
    static let workersMax = 256
    static let attemptsMax = 10
    static let weightMax = 256
    static let tierMax = 7

    /// What stands at the top of the file: other programs may one day share it, so all keys are below `proxy`.
    static let fileKeys: [Key<Self>] = [
        .group("proxy", keys, required: true)
    ]

    static let keys: [Key<Self>] = [
        .key("listen", \.listen, .section),
        .key("trusted_proxies", \.trustedProxies, .blocks),
        .key("allow", \.access.allow, .blocks),
        .key("deny", \.access.deny, .blocks),
        .key("routes", \.routes, .list(of: .section, unique: Route.unique, mayBeEmpty: true)),
        .key("rate_limit", \.rateLimit, .section),
        .key("request_fields", \.requestFields, .section),
        .key("response_fields", \.responseFields, .section),
        .key("workers", \.workers, .workers(1...workersMax)),
        .key("origin_header", \.originHeader, .originField),
        .key("request_id", \.requestID, .boolean),
        .key("proxy_status", \.proxyStatus, .boolean),
        .key("request_timeout", \.requestTimeout, .choice),
        .key("tracing", \.tracing, .section),
        .key("services", \.services, .list(of: .section, unique: Service.unique), required: true),
        .group(
            "retry",
            [
                .key("attempts", \.attempts, .integer(1...attemptsMax)),
                .key("idempotency_key", \.retry.idempotencyKey, .boolean),
                .key("hedge", \.retry.hedge, .boolean),
            ]),
        .key("balancing", \.balancing, .section),
        .key("discovery", \.discovery, .section),
        .key("health_check", \.healthCheck, .section),
        .key("timeouts", \.timeouts, .section),
        .key("drain", \.drain, .section),
        .key("limits", \.limits, .section),
        .key("admin", \.admin, .section),
        .key("log", \.log, .section),
    ]

    init() {
        self.init(services: [])
    }
}

extension ProxyConfiguration.Listen: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("address", \.address, .address),
        .key("port", \.port, .integer(1...65535)),
        .key("proxy_protocol", \.proxyProtocol, .boolean),
    ]
}

extension ProxyConfiguration.Service: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("name", \.name, .serviceName, required: true),
        .key("host", \.hosts, .list(of: .section, unique: ProxyConfiguration.Host.unique), required: true),
        .key("weight", \.weight, .integer(1...ProxyConfiguration.weightMax)),
        .key("tier", \.tier, .integer(0...ProxyConfiguration.tierMax)),
        .key("send_proxy", \.sendProxy, .choice),
    ]

    static let unique = Unique<Self>(
        key: "name",
        identity: { $0.name.isEmpty ? nil : $0.name },
        name: { "service \($0.name.quotedForMessage)" })

    init() {
        self.init(name: "", hosts: [])
    }
}

extension ProxyConfiguration.Host: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("address", \.address, .host, required: true),
        .key("port", \.port, .hostPort, required: true),
        .key("weight", \.weight, .integer(1...ProxyConfiguration.weightMax)),
    ]

    static let unique = Unique<Self>(
        key: nil,
        identity: { host in
            guard let address = HostSyntax.canonical(host.address) else { return nil }
            return "\(address) \(host.port)"
        },
        name: { "host \($0.address.quotedForMessage) port \($0.isService ? "srv" : "\($0.port)")" })

    init() {
        self.init(address: "", port: 0)
    }
}

extension ProxyConfiguration.Balancing: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("policy", \.policy, .choice),
        .key("hash_field", \.hashField, .originField).excluding("hash_cookie", if: \.hasBothHashKeys),
        .key("hash_cookie", \.hashCookie, .cookieName).excluding("hash_field", if: \.hasBothHashKeys),
        .key("slow_start", \.slowStartMs, .duration),
    ]
}

extension ProxyConfiguration.Balancing {
    fileprivate var hasBothHashKeys: Bool { hashField != nil && hashCookie != nil }
}

extension ProxyConfiguration.Discovery: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("interval", \.intervalMs, .duration),
        .key("hold", \.holdMs, .duration),
    ]
}

extension ProxyConfiguration.Timeouts: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("client_header", \.clientHeaderMs, .duration),
        .key("client_body", \.clientBodyMs, .duration),
        .key("client_idle", \.clientIdleMs, .duration),
        .key("client_write", \.clientWriteMs, .duration),
        .key("connect", \.connectMs, .duration),
        .key("response", \.responseMs, .duration),
        .key("per_try", \.perTryMs, .duration),
        .key("origin_body", \.originBodyMs, .duration),
        .key("origin_idle", \.originIdleMs, .duration),
        .key("host_queue", \.hostQueueMs, .duration),
        .key("tunnel", \.tunnelMs, .duration),
    ]
}

extension ProxyConfiguration.Drain: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("delay", \.delayMs, .durationOrZero),
        .key("timeout", \.timeoutMs, .duration),
    ]
}

extension ProxyConfiguration.Limits: ConfigurationSection {
    /// 1 TiB; a body without an end needs no limit but 0.
    static let bodyBytesMax: Int64 = 1 << 40
    /// Linux' default for the most descriptors a process may ask for (fs.nr_open).
    static let connectionsMax = 1_048_576
    /// More than can be answered within the time that they may wait.
    static let hostQueueMax = 65_536

    static let keys: [Key<Self>] = [
        .key("line_bytes", \.lineBytes, .integer(1024...ParserLimits.lineBytesCapMax)),
        .key("head_bytes", \.headBytes, .integer(4096...ParserLimits.headBytesCapMax)),
        .key("fields", \.fields, .integer(10...ParserLimits.fieldsCapMax)),
        .key("body_bytes", \.bodyBytes, .integer(0...bodyBytesMax)),
        .key("connections", \.connections, .integer(0...connectionsMax)),
        .key("host_requests", \.hostRequests, .integer(0...connectionsMax)),
        .key("host_queue", \.hostQueue, .integer(0...hostQueueMax)),
        .key("adaptive", \.adaptive, .boolean),
    ]
}

extension ProxyConfiguration.Log: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("level", \.level, .choice),
        .key("format", \.format, .choice),
        .key("file", \.file, .path),
        .key("console", \.console, .boolean),
        .key("access", \.access, .boolean),
        .key("sample", \.sample, .share),
    ]
}
