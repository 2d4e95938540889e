// SPDX-License-Identifier: Apache-2.0

// Which of the services of a route is the first to get a request.

extension ProxyConfiguration.Route {
    /// A service, and its share of a route's requests.
    public struct Share: Sendable, Equatable {
        /// Key `proxy.routes.split.service`: the name of the service. Required.
        public var service = ""

        /// Key `proxy.routes.split.weight`: its share beside those of the others, from 0 (it only gets what others
        /// could not answer) to 256. Required.
        public var weight = 0

        /// To be filled in.
        public init() {}
    }

    /// By what a client is known, so that it stays with one service.
    public enum Sticky: Sendable, Equatable {
        /// Each request is shared out by itself.
        case none
        /// The client's address.
        case address
        /// The value of the request field with this name.
        case field(String)
        /// The value of the cookie with this name.
        case cookie(String)
    }

    /// Requests that go to one service whatever the shares are.
    public struct Override: Sendable, Equatable {
        /// Key `proxy.routes.override.field`: the name of a request field, or `""`. Default: `""`.
        public var field: String?

        /// Key `proxy.routes.override.cookie`: the name of a cookie, or `""`; one of the two is needed. Default: `""`.
        public var cookie: String?

        /// Key `proxy.routes.override.value`: the value that it must have; `""` for any. Default: `""`.
        public var value = ""

        /// Key `proxy.routes.override.service`: the name of the service that then gets the request. Required.
        public var service = ""

        /// To be filled in.
        public init() {}
    }
}

extension ProxyConfiguration.Route.Share: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("service", \.service, .serviceName, required: true),
        .key("weight", \.weight, .integer(0...ProxyConfiguration.weightMax), required: true),
    ]

    static let unique = Unique<Self>(
        key: "service", identity: { $0.service.isEmpty ? nil : $0.service },
        name: { "service \($0.service.quotedForMessage)" })
}

extension ProxyConfiguration.Route.Override: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("field", \.field, .originField).excluding("cookie", if: \.hasBothNames),
        .key("cookie", \.cookie, .cookieName).excluding("field", if: \.hasBothNames),
        .key("value", \.value, .overrideValue),
        .key("service", \.service, .serviceName, required: true),
    ]

    static let unique = Unique<Self>(
        key: nil, identity: { "\($0.field?.lowercased() ?? "")\n\($0.cookie ?? "")\n\($0.value)" },
        name: { _ in "an override for the same requests" })

    private var hasBothNames: Bool { field != nil && cookie != nil }
}

extension ValueKind<String> {
    private static let overrideValueBytesMax = 256

    /// The value of a field or a cookie.
    static var overrideValue: ValueKind {
        .text("a value of at most \(overrideValueBytesMax) bytes without controls (\"\" for any)") { scalar in
            guard scalar.meaning == .text || scalar.meaning == .number else {
                return .mismatch(remedy: "put it in quotes")
            }
            let bytes = scalar.text.utf8
            let isValue = bytes.count <= overrideValueBytesMax && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            return isValue ? .value(scalar.text) : .mismatch(remedy: nil)
        }
    }
}

extension ValueKind<ProxyConfiguration.Route.Sticky> {
    /// By what a client is known.
    static var sticky: ValueKind {
        .text("none, address, field NAME or cookie NAME", write: write) { scalar in
            let words = scalar.text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            switch (words[0], words.count) {
            case ("none", 1): return .value(.none)
            case ("address", 1): return .value(.address)
            case ("field", 2), ("cookie", 2):
                let isName =
                    !words[1].isEmpty && words[1].utf8.count <= ValueKind<String?>.fieldNameBytesMax
                    && words[1].utf8.allSatisfy(isTokenByte)
                guard isName else { return .mismatch(remedy: "use letters, digits and - in the name") }
                return .value(words[0] == "field" ? .field(words[1]) : .cookie(words[1]))
            case ("field", 1), ("cookie", 1): return .mismatch(remedy: "name it, such as \(words[0]) uid")
            default: return .mismatch(remedy: nil)
            }
        }
    }

    private static func write(_ sticky: Value) -> YAMLText {
        switch sticky {
        case .none: .plain("none")
        case .address: .plain("address")
        case .field(let name): .quoted("field \(name)")
        case .cookie(let name): .quoted("cookie \(name)")
        }
    }
}

extension ProxyConfiguration.Route {
    /// The names of services in the file, each with its key, for a message about one that there is not.
    func namedServices(_ node: YAMLNode) -> [(name: String, node: YAMLNode, path: String)] {
        var named: [(name: String, node: YAMLNode, path: String)] = []
        func items(_ key: String) -> [YAMLNode] {
            guard case .sequence(let items)? = node.value(of: key)?.content else { return [] }
            return items
        }
        for (name, place) in zip(services, items("services")) { named.append((name, place, "services")) }
        for (index, (share, place)) in zip(split, items("split")).enumerated() {
            named.append((share.service, place.value(of: "service") ?? place, "split[\(index)].service"))
        }
        for (index, (override, place)) in zip(overrides, items("override")).enumerated() {
            named.append((override.service, place.value(of: "service") ?? place, "override[\(index)].service"))
        }
        return named
    }

    /// Finds shares that share nothing, and overrides for nothing. `path` is the route's.
    func checkSplit(_ node: YAMLNode, _ path: String, _ findings: inout Findings) {
        if !split.isEmpty, split.allSatisfy({ $0.weight == 0 }), let place = node.value(of: "split") {
            findings.report(place.position, "\(path).split needs a weight that is more than 0")
        }
        if split.isEmpty, sticky != .none, let place = node.value(of: "sticky") {
            findings.report(place.position, "\(path).sticky needs the key 'split', which says what is shared")
        }
        guard case .sequence(let places)? = node.value(of: "override")?.content else { return }
        for (index, (override, place)) in zip(overrides, places).enumerated() {
            if override.field == nil, override.cookie == nil {
                findings.report(place.position, "\(path).override[\(index)] needs the key 'field' or the key 'cookie'")
            }
        }
    }
}
