// SPDX-License-Identifier: Apache-2.0
public import EventHTTP

// Who may ask for what, and what is done to the fields of messages.

extension ProxyConfiguration {
    /// Which clients may ask. Of all blocks that hold an address the smallest decides; where both lists have the same
    /// one, it is denied. An address in no block may ask if `allow` is empty.
    public struct Access: Sendable, Equatable {
        /// Key `allow`: addresses and blocks of addresses that may ask. Default: none.
        public var allow: [AddressBlock] = []

        /// Key `deny`: addresses and blocks of addresses that are answered 403. Default: none.
        public var deny: [AddressBlock] = []

        /// Everybody may ask.
        public init() {}
    }

    /// What is done to the fields of a message on its way.
    public struct FieldChanges: Sendable, Equatable {
        /// Key `set`: fields whose value is this and nothing else, whatever came. Default: none.
        public var set: [Field] = []

        /// Key `add`: fields that are added to those that came. Default: none.
        public var add: [Field] = []

        /// Key `remove`: names of fields that are not passed on. Default: none.
        public var remove: [String] = []

        /// No changes.
        public init() {}

        /// A field.
        public struct Field: Sendable, Equatable {
            /// A token (RFC 9110 §5.1).
            public var name: String
            /// Visible characters, spaces and tabs.
            public var value: String

            /// Nothing is checked here, but when a configuration is read.
            public init(_ name: String, _ value: String) {
                self.name = name
                self.value = value
            }
        }
    }
}

extension ProxyConfiguration {
    /// Requests of one kind, and what is done with them.
    public struct Route: Sendable, Equatable {
        /// Key `proxy.routes.host`: the host that the request is for, without a port: a name or an address, or
        /// `*.example.com` for all names that end so. Letter case does not matter. Default: `""`, any.
        public var host = ""

        /// Key `proxy.routes.path_prefix`: the segments that the path begins with: `/api` is `/api` and `/api/x`, and
        /// not `/apix`. Default: `/`, all paths.
        public var pathPrefix = "/"

        /// Key `proxy.routes.method`: the method, in upper case as a rule. Default: `""`, any.
        public var method = ""

        /// Key `proxy.routes.services`: the names of the services that may get the request, for the first attempt and
        /// every other. Default: all.
        public var services: [String] = []

        /// Key `proxy.routes.split`: which part of the requests each service gets; not beside `services`. What one
        /// could not answer, the others may get. Default: none, and the services share as `balancing` says.
        public var split: [Share] = []

        /// Key `proxy.routes.sticky`: by what a client is known, so that `split` gives all of its requests to the same
        /// service: `address`, `field NAME` or `cookie NAME` (without it: the address); or `none`, each request by
        /// itself. Default: `none`.
        public var sticky = Sticky.none

        /// Key `proxy.routes.override`: requests with a certain field or cookie go to one service, which need be no
        /// other request's; the first that is right counts. Default: none.
        public var overrides: [Override] = []

        /// Keys `proxy.routes.allow` and `proxy.routes.deny`: which of the clients that may ask at all may ask for
        /// this. Default: all.
        public var access = Access()

        /// Key `proxy.routes.rate_limit`: how many of these requests are passed on. Default: all.
        public var rateLimit = RateLimit()

        /// Key `proxy.routes.auth`: users who alone may ask for this, with a password. Default: none, and everybody
        /// may.
        public var auth: Authentication?

        /// Key `proxy.routes.request_fields`: what is done to the fields of requests, after what is done to those of
        /// all. Default: nothing.
        public var requestFields = FieldChanges()

        /// Key `proxy.routes.response_fields`: the same for responses. Default: nothing.
        public var responseFields = FieldChanges()

        /// All requests.
        public init() {}
    }
}

extension ProxyConfiguration {
    /// How many requests are passed on; those beyond it are answered 429. A token bucket, which all workers share.
    public struct RateLimit: Sendable, Equatable {
        /// Key `requests`: so many in the time of `per`, evenly; up to 1000000. 0: no limit. Default: 0.
        public var requests = 0

        /// Key `per`: the time of `requests`; milliseconds. Default: `1s`.
        public var perMs: Int64 = 1_000

        /// Key `burst`: so many may come at once after a pause; up to 1000000. 0: as many as `requests`. Default: 0.
        public var burst = 0

        /// Key `by`: whose requests are counted together: `address`, those of a client (of IPv6, of the network of 64
        /// bits that it has); `route`, all; `field NAME`, those with the same value of a field. Default: `address`.
        public var by = Subject.address

        /// No limit.
        public init() {}

        /// Whose requests are counted together.
        public enum Subject: Sendable, Equatable {
            /// Those of a client.
            case address
            /// All.
            case route
            /// Those with the same value of the field with this name.
            case field(String)
        }
    }
}

extension ProxyConfiguration.RateLimit: ConfigurationSection {
    static let requestsMax = 1_000_000

    static let keys: [Key<Self>] = [
        .key("requests", \.requests, .integer(0...requestsMax)),
        .key("per", \.perMs, .duration),
        .key("burst", \.burst, .integer(0...requestsMax)),
        .key("by", \.by, .rateSubject),
    ]
}

extension ProxyConfiguration.Route: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("host", \.host, .routeHost),
        .key("path_prefix", \.pathPrefix, .pathPrefix),
        .key("method", \.method, .method),
        .key("services", \.services, .list(of: .serviceName, unique: Unique.serviceName, mayBeEmpty: true))
            .excluding("split", if: \.hasServicesAndSplit),
        .key("split", \.split, .list(of: .section, unique: Share.unique, mayBeEmpty: true))
            .excluding("services", if: \.hasServicesAndSplit),
        .key("sticky", \.sticky, .sticky),
        .key("override", \.overrides, .list(of: .section, unique: Override.unique, mayBeEmpty: true)),
        .key("allow", \.access.allow, .blocks),
        .key("deny", \.access.deny, .blocks),
        .key("rate_limit", \.rateLimit, .section),
        .key("auth", \.auth, .authentication),
        .key("request_fields", \.requestFields, .section),
        .key("response_fields", \.responseFields, .section),
    ]

    static let unique = Unique<Self>(
        key: nil,
        identity: { "\(RouteHost($0.host)) \(RoutePath.canonical($0.pathPrefix)) \($0.method)" },
        name: { _ in "a route for the same requests" })

    private var hasServicesAndSplit: Bool { !services.isEmpty && !split.isEmpty }
}

extension ProxyConfiguration.FieldChanges: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("set", \.set, .fields),
        .key("add", \.add, .fields),
        .key("remove", \.remove, .list(of: .changeableField, unique: Unique.fieldName, mayBeEmpty: true)),
    ]
}

extension Unique<String> {
    fileprivate static let serviceName = Unique(
        key: nil, identity: { $0 }, name: { "service \($0.quotedForMessage)" })

    fileprivate static let fieldName = Unique(
        key: nil, identity: { $0.lowercased() }, name: { "the field \($0.quotedForMessage)" })
}
