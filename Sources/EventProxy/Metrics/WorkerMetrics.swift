// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Synchronization

/// What one worker counts: written on its loop's thread only, by plain loads and stores, and read by the admin
/// listener. So counting costs no worker a locked instruction, or a cache line that another one writes.
final class WorkerMetrics: Sendable {
    /// What the server counts, of clients and whole requests.
    let server = ServerMetrics()
    let heartbeat = LoopHeartbeat()

    private let before = CacheLinePadding()
    /// Requests that were answered at once, because their like has killed origins.
    let quarantined = Counter()
    /// Requests that were answered at once, because the loop was late.
    let shed = Counter()
    /// And because memory ran out.
    let shedForMemory = Counter()
    /// Requests, and further attempts of some, that waited for their turn at a host; and that no host had room for.
    let hostQueued = Counter()
    let hostLimited = Counter()
    /// Requests that only users may make: without a name, with a wrong password, of clients that had too many wrong
    /// ones, and when too many waited to be looked at.
    let authMissing = Counter()
    let authWrong = Counter()
    let authLimited = Counter()
    let authQueueFull = Counter()
    /// What the loop refuses, as `LoadShedder.Level`.
    let shedLevel = Gauge()
    /// How late the loop was at most in the last seconds.
    let lagUs = Gauge()
    private let after = CacheLinePadding()

    private struct Registry {
        var services: [ServiceMetrics] = []
        var hosts: [(metrics: HostMetrics, users: Int)] = []
    }

    /// Locked while hosts come and go, and for each look at all of them.
    private let registry = Mutex(Registry())

    /// The part of a service, which goes on when the service is configured anew.
    func service(_ name: String) -> ServiceMetrics {
        registry.withLock { registry in
            if let known = registry.services.first(where: { $0.name == name }) { return known }
            let metrics = ServiceMetrics(name: name)
            registry.services.append(metrics)
            return metrics
        }
    }

    /// The part of a host; each call is followed by one of `forget`.
    func host(service: String, address: String) -> HostMetrics {
        registry.withLock { registry in
            if let index = registry.hosts.firstIndex(where: {
                $0.metrics.service == service && $0.metrics.host == address
            }) {
                registry.hosts[index].users += 1
                return registry.hosts[index].metrics
            }
            let metrics = HostMetrics(service: service, host: address)
            registry.hosts.append((metrics, users: 1))
            return metrics
        }
    }

    /// The host is not used any more: what was counted of it ends with its last user.
    func forget(_ host: HostMetrics) {
        registry.withLock { registry in
            guard let index = registry.hosts.firstIndex(where: { $0.metrics === host }) else { return }
            registry.hosts[index].users -= 1
            if registry.hosts[index].users == 0 { registry.hosts.remove(at: index) }
        }
    }

    var services: [ServiceMetrics] { registry.withLock { $0.services } }
    var requests: UInt64 { services.reduce(0) { $0 + $1.requests.total } }
    var retries: UInt64 { services.reduce(0) { $0 + $1.retries.total } }
    var hedges: UInt64 { services.reduce(0) { $0 + $1.hedges.total } }
    var overBudget: UInt64 { services.reduce(0) { $0 + $1.overBudget.total } }
    var hosts: [HostMetrics] { registry.withLock { $0.hosts.map(\.metrics) } }
}

/// What one worker counts of one service.
final class ServiceMetrics: Sendable {
    let name: String
    private let before = CacheLinePadding()
    /// Requests whose first attempt went to this service, and which it therefore pays further ones for.
    let requests = Counter()
    let retries = Counter()
    let hedges = Counter()
    let hedgesWon = Counter()
    /// Retries and hedges that the budget did not allow.
    let overBudget = Counter()
    /// Retries that the budget has left.
    let budget = Gauge()
    /// How many requests it is sent at once at most, if that is found out; else 0.
    let concurrencyLimit = Gauge()
    /// From the end of the request to the head of the response, of each attempt that was answered.
    let firstByte = DurationHistogram()
    private let after = CacheLinePadding()

    init(name: String) {
        self.name = name
    }
}

/// The largest of the values of the last seconds: of one to two times `halfMs`. Pure.
struct RecentMaximum {
    static let halfMs: Int64 = 5_000

    private var current: Int64 = 0
    private var previous: Int64 = 0
    private var halfEndsMs: Int64 = .min

    /// Takes a value in, and gives the largest.
    mutating func record(_ value: Int64, nowMs: Int64) -> Int64 {
        if nowMs >= halfEndsMs {
            previous = current
            current = 0
            halfEndsMs = nowMs + Self.halfMs
        }
        current = max(current, value)
        return max(current, previous)
    }
}
