// SPDX-License-Identifier: Apache-2.0
public import EventHTTP

/// What `proxy-server` does, as its configuration file says. A value with one service and defaults for the rest is made
/// by ``init(services:)``; ``parse(_:file:)`` and ``load(path:)`` read YAML.
///
/// Each property's comment names its key in the file, its default and its unit.
public struct ProxyConfiguration: Sendable, Equatable {
    /// Key `proxy.listen`: where the proxy accepts connections.
    public var listen = Listen()

    /// Key `proxy.trusted_proxies`: addresses and blocks of addresses of proxies in front of this one, such as
    /// `10.0.0.0/8`. Only they are believed what `X-Forwarded-For` and its kin say of a client. Default: none.
    public var trustedProxies: [AddressBlock] = []

    /// Keys `proxy.allow` and `proxy.deny`: which clients may ask for anything. Default: all.
    public var access = Access()

    /// Key `proxy.routes`: which requests may go to which services, and what is done with them. The route that says
    /// most of a request is its route, whatever their order; one that has none is answered 404. Default: none, and all
    /// services get all requests.
    public var routes: [Route] = []

    /// Key `proxy.rate_limit`: how many requests are passed on at all, whatever their routes. Default: all.
    public var rateLimit = RateLimit()

    /// Key `proxy.request_fields`: what is done to the fields of every request before an origin gets it. Default:
    /// nothing.
    public var requestFields = FieldChanges()

    /// Key `proxy.response_fields`: what is done to the fields of every response of an origin before the client gets
    /// it. Default: nothing.
    public var responseFields = FieldChanges()

    /// Key `proxy.workers`: how many threads, each with an event loop and a listening socket of its own, share the
    /// connections. `auto` (one per processor the process may use) or a number from 1 to 256. Default: `auto`.
    public var workers = Workers.automatic

    /// Key `proxy.origin_header`: the field the proxy adds to each response to say which host answered it; `""` (here
    /// `nil`) for none. Default: `Host`.
    public var originHeader: String? = "Host"

    /// Key `proxy.request_id`: each request is given a name that its origins, its client (`X-Request-ID`) and the log
    /// get; one that comes is kept only from a peer that is trusted. Default: `true`.
    public var requestID = true

    /// Key `proxy.proxy_status`: answers that the proxy makes itself, and those that took more than one host, say why
    /// (`Proxy-Status`, RFC 9209). Default: `true`.
    public var proxyStatus = true

    /// Key `proxy.request_timeout`: whose `X-Request-Timeout-Ms` makes `timeouts.response` shorter for their request:
    /// `trusted`, that of `trusted_proxies`; `any`, that of everybody. Origins are then told in that field how long
    /// their answer is waited for. `ignore`: it is a field like any other. Default: `ignore`.
    public var requestTimeout = RequestTimeout.ignore

    /// Key `proxy.tracing`: the part that the proxy has in distributed traces.
    public var tracing = Tracing()

    /// Key `proxy.services`: the services behind the proxy, at least one. Required.
    public var services: [Service]

    /// Key `proxy.retry.attempts`: how many hosts a request is sent to, the first one included, before its failure
    /// becomes the client's. From 1 (no retry) to 10. Default: 3.
    public var attempts = 3

    /// Key `proxy.retry`: further attempts beyond their number.
    public var retry = Retry()

    /// Key `proxy.balancing`: which host is next.
    public var balancing = Balancing()

    /// Key `proxy.discovery`: how the names of hosts are resolved.
    public var discovery = Discovery()

    /// Key `proxy.health_check`: how hosts are checked beside the requests that they get.
    public var healthCheck = HealthCheck()

    /// Key `proxy.timeouts`: how long the proxy waits for whom.
    public var timeouts = Timeouts()

    /// Key `proxy.drain`: how the proxy ends when it is told to.
    public var drain = Drain()

    /// Key `proxy.limits`: how much of everything the proxy accepts.
    public var limits = Limits()

    /// Key `proxy.admin`: where operators ask.
    public var admin = Admin()

    /// Key `proxy.log`: what the proxy writes about its work, and where.
    public var log = Log()

    /// The configuration that serves `services` and has a default for all else.
    public init(services: [Service]) {
        self.services = services
    }

    /// How many event loops share the work.
    public enum Workers: Sendable, Equatable {
        /// One per processor the process may use.
        case automatic
        /// So many, from 1 to 256.
        case count(Int)
    }

    /// Whose `X-Request-Timeout-Ms` counts.
    public enum RequestTimeout: String, Sendable, CaseIterable {
        /// Nobody's.
        case ignore
        /// Those of trusted proxies.
        case trusted
        /// Everybody's.
        case any
    }

    /// Where the proxy accepts connections.
    public struct Listen: Sendable, Equatable {
        /// Key `proxy.listen.address`: the IPv4 or IPv6 address to bind, without brackets. Default: `0.0.0.0`, all
        /// IPv4 addresses of the machine.
        public var address = "0.0.0.0"

        /// Key `proxy.listen.port`: the TCP port, from 1 to 65535. Default: 8888.
        public var port: UInt16 = 8888

        /// Key `proxy.listen.proxy_protocol`: whether the proxies in `proxy.trusted_proxies` begin each connection with
        /// a PROXY header (version 1 or 2), which says whose connection it is. From them it is then mandatory; nobody
        /// else can send one. Default: `false`.
        public var proxyProtocol = false

        /// All defaults.
        public init() {}
    }

    /// Hosts that serve the same thing, so that any of them may answer.
    public struct Service: Sendable, Equatable {
        /// Key `proxy.services.name`: the name in logs and metrics, 1 to 63 of the characters `A-Z a-z 0-9 . _ -`.
        /// Required; no two services share a name.
        public var name: String

        /// Key `proxy.services.host`: the hosts of the service, at least one, none twice. Required.
        public var hosts: [Host]

        /// Key `proxy.services.weight`: the service's share of the requests, beside those of the others of its tier;
        /// from 1 to 256. Default: 1.
        public var weight = 1

        /// Key `proxy.services.tier`: 0 for services that are used first; those of higher tiers take over as much as is
        /// missing there. From 0 to 7. Default: 0.
        public var tier = 0

        /// Key `proxy.services.send_proxy`: `v2`: each connection to a host begins with a PROXY header (version 2) that
        /// says which client it is for, so that no other client's requests come over it; `none`: there is no header,
        /// and clients share connections. Default: `none`.
        public var sendProxy = SendProxy.none

        /// A service called `name`.
        public init(name: String, hosts: [Host]) {
            self.name = name
            self.hosts = hosts
        }
    }

    /// How hosts are told, beside fields, whose connection they are given.
    public enum SendProxy: String, Sendable, CaseIterable {
        /// Not at all.
        case none
        /// By a header of the PROXY protocol, version 2.
        case v2
    }

    /// An origin server.
    public struct Host: Sendable, Equatable {
        /// Key `proxy.services.host.address`: an IPv4 address, an IPv6 address without brackets, or a DNS name, which
        /// is resolved again and again. Required.
        public var address: String

        /// Key `proxy.services.host.port`: the TCP port, from 1 to 65535, or `srv` (here 0): the address is the name of
        /// a service, such as `_http._tcp.app.example.com`, whose SRV records have the hosts, their ports and their
        /// weights. Required.
        public var port: UInt16

        /// Key `proxy.services.host.weight`: the host's share of the requests of its service; from 1 to 256.
        /// Default: 1.
        public var weight = 1

        /// The host at `address` and `port`.
        public init(address: String, port: UInt16) {
            self.address = address
            self.port = port
        }

        /// Its address is the name of a service.
        var isService: Bool { port == 0 }
    }

    /// What further attempts may do.
    public struct Retry: Sendable, Equatable {
        /// Key `proxy.retry.idempotency_key`: a request with an `Idempotency-Key` field may be sent again whatever its
        /// method, because its origin promises to do it once. Default: `false`.
        public var idempotencyKey = false

        /// Key `proxy.retry.hedge`: a GET or HEAD that takes longer than nearly all others is also sent to a second
        /// host, and the first answer is passed on. Default: `true`.
        public var hedge = true

        /// All defaults.
        public init() {}
    }

    /// Which host is next.
    public struct Balancing: Sendable, Equatable {
        /// Key `proxy.balancing.policy`: `round_robin`, services and then their hosts in turn by their weights; `p2c`,
        /// of two hosts at random the one that answers sooner and has less to do; `hash`, the same host for the same
        /// client as long as it is not overloaded. Default: `round_robin`.
        public var policy = Policy.roundRobin

        /// Key `proxy.balancing.hash_field`: `hash` goes by the value of this request field, and by the client's
        /// address if there is none; `""` (here `nil`) for always the address. Default: `""`.
        public var hashField: String?

        /// Key `proxy.balancing.hash_cookie`: `hash` goes by the value of this cookie, and by the client's address if
        /// there is none; not beside `hash_field`. `""` (here `nil`) for no cookie. Default: `""`.
        public var hashCookie: String?

        /// Key `proxy.balancing.slow_start`: a host that comes back begins with a tenth of its share, which grows to
        /// all of it in this time; milliseconds. Default: `5s`.
        public var slowStartMs: Int64 = 5_000

        /// All defaults.
        public init() {}

        /// The ways to choose.
        public enum Policy: String, Sendable, CaseIterable {
            /// In turn, exactly even or by weights.
            case roundRobin = "round_robin"
            /// The better of two at random, by latency and load.
            case p2c
            /// By a key of the request, with bounded load.
            case hash
        }
    }

    /// How the names of hosts are resolved. Each address of a name is a host.
    public struct Discovery: Sendable, Equatable {
        /// Key `proxy.discovery.interval`: between two lookups of a name; milliseconds. Default: `5s`.
        public var intervalMs: Int64 = 5_000

        /// Key `proxy.discovery.hold`: how long the last addresses of a name stay in use when the resolver says that
        /// it has none; milliseconds. While the resolver gives no answer they stay in use for ever. Default: `30s`.
        public var holdMs: Int64 = 30_000

        /// All defaults.
        public init() {}
    }

    /// How long the proxy waits for whom. In the file each is a whole number with a unit (`250ms`, `10s`, `5m`, `1h`)
    /// from `1ms` to `24h`; here all are milliseconds.
    public struct Timeouts: Sendable, Equatable {
        /// Key `proxy.timeouts.client_header`: from the first byte of a request to the end of its head; milliseconds.
        /// Default: `10s`.
        public var clientHeaderMs: Int64 = 10_000

        /// Key `proxy.timeouts.client_body`: between two pieces of a request's body; milliseconds. Default: `10s`.
        public var clientBodyMs: Int64 = 10_000

        /// Key `proxy.timeouts.client_idle`: how long a client's connection may rest between requests; milliseconds.
        /// Default: `75s`.
        public var clientIdleMs: Int64 = 75_000

        /// Key `proxy.timeouts.client_write`: how long a client may take none of the response's bytes; milliseconds.
        /// Default: `30s`.
        public var clientWriteMs: Int64 = 30_000

        /// Key `proxy.timeouts.connect`: from the first attempt to connect to a host until it has accepted;
        /// milliseconds. Default: `3s`.
        public var connectMs: Int64 = 3_000

        /// Key `proxy.timeouts.response`: from the end of the request to the end of the response's head, whatever is
        /// tried meanwhile; milliseconds. Default: `15s`.
        public var responseMs: Int64 = 15_000

        /// Key `proxy.timeouts.per_try`: the part of it that one attempt may take while another could follow;
        /// milliseconds. Default: `5s`.
        public var perTryMs: Int64 = 5_000

        /// Key `proxy.timeouts.origin_body`: between two pieces of a response's body; milliseconds. Default: `15s`.
        public var originBodyMs: Int64 = 15_000

        /// Key `proxy.timeouts.origin_idle`: how long a connection to a host is kept for the next request;
        /// milliseconds. Default: `4s`, less than the 5 seconds after which common servers close theirs.
        public var originIdleMs: Int64 = 4_000

        /// Key `proxy.timeouts.host_queue`: how long a request may wait for its turn at a host that has as many as it
        /// may; milliseconds. Default: `1s`.
        public var hostQueueMs: Int64 = 1_000

        /// Key `proxy.timeouts.tunnel`: how long an upgraded connection may carry nothing in either direction;
        /// milliseconds. Default: `1h`.
        public var tunnelMs: Int64 = 3_600_000

        /// All defaults.
        public init() {}
    }

    /// How the proxy ends when it is told to.
    public struct Drain: Sendable, Equatable {
        /// Key `proxy.drain.delay`: how long new connections are taken after SIGTERM, so that whoever sends requests
        /// learns that this proxy goes; milliseconds. Ctrl-C ends without it. Default: `10s`.
        public var delayMs: Int64 = 10_000

        /// Key `proxy.drain.timeout`: how long requests in flight may take after that; milliseconds. Default: `30s`.
        public var timeoutMs: Int64 = 30_000

        /// All defaults.
        public init() {}
    }

    /// How much of everything the proxy accepts.
    public struct Limits: Sendable, Equatable {
        /// Key `proxy.limits.line_bytes`: the longest request line or field line, from 1024 to 65536; bytes.
        /// Default: 8192.
        public var lineBytes = 8192

        /// Key `proxy.limits.head_bytes`: the largest head of a message, from 4096 to 65536; bytes. Default: 32768.
        public var headBytes = 32_768

        /// Key `proxy.limits.fields`: how many field lines a head may have, from 10 to 1000. Default: 100.
        public var fields = 100

        /// Key `proxy.limits.body_bytes`: the largest body of a request, up to 1 TiB; 0 for no limit; bytes.
        /// Default: 0.
        public var bodyBytes: Int64 = 0

        /// Key `proxy.limits.connections`: how many clients each worker serves at a time, up to 1048576; 0 for as many
        /// as the limit on descriptors allows. Default: 0.
        public var connections = 0

        /// Key `proxy.limits.host_requests`: how many requests a host is sent at a time, up to 1048576; 0 for as many
        /// as the limit on descriptors allows. Each worker has an equal share of it, at least 1. Default: 0.
        public var hostRequests = 0

        /// Key `proxy.limits.host_queue`: how many requests may wait for their turn at a host that has as many as it
        /// may, up to 65536; 0 for none. Each worker has an equal share of it, at least 1. Default: 1024.
        public var hostQueue = 1_024

        /// Key `proxy.limits.adaptive`: how many requests a service is sent at a time follows from how long it takes
        /// for them: fewer while they take longer than half more than without load, at least 4 from each worker.
        /// `host_requests` stays the most for each host. Default: `false`.
        public var adaptive = false

        /// All defaults.
        public init() {}
    }

    /// What the proxy writes about its work, and where.
    public struct Log: Sendable, Equatable {
        /// Key `proxy.log.level`: the least important line to write; `trace`, `debug`, `info`, `notice`, `warning`,
        /// `error` or `critical`. Default: `debug`.
        public var level = Level.debug

        /// Key `proxy.log.format`: `text` for people or `json`, an object a line, for programs. Default: `text`.
        public var format = Format.text

        /// Key `proxy.log.file`: the file that lines are appended to; `""` for none. Default: `/tmp/proxy/event.log`.
        public var file = LogOptions.defaultFile

        /// Key `proxy.log.console`: whether lines go to the standard output too, `true` or `false`. Default: `true`.
        public var console = true

        /// Key `proxy.log.access`: whether each request is a line, `true` or `false`. Default: `true`.
        public var access = true

        /// Key `proxy.log.sample`: the share of those lines that is written, from 0 to 1. What went wrong is written
        /// in any case: answers from 500 on, requests that took more than one attempt, clients that left.
        /// Default: 1.
        public var sample = 1.0

        /// All defaults.
        public init() {}
    }

    /// How important a line of the log is; the names are those of swift-log.
    public enum Level: String, Sendable, CaseIterable {
        /// From the least to the most important.
        case trace, debug, info, notice, warning, error, critical
    }

    /// How a line of the log is written.
    public enum Format: String, Sendable, CaseIterable {
        /// The lines of the 2019 original.
        case text
        /// An object a line.
        case json
    }
}
