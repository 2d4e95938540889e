// SPDX-License-Identifier: Apache-2.0
public import EventHTTP
internal import Logging
internal import Synchronization

/// What all loops of a proxy share: who it is, what they learn together, and the snapshot that they work by.
public final class ProxySetup: Sendable {
    /// How many loops there are.
    public let workers: Int
    /// What the proxy calls itself, a token: in `Proxy-Status`, and with more to it in `Via`.
    let name: String
    /// What the proxy calls itself in `Via`.
    let pseudonym: String
    let seed: Int
    let poison = PoisonBoard()
    let passwords: PasswordChecker
    /// What each worker counts.
    let metrics: [WorkerMetrics]
    let reloads = ReloadMetrics()
    let fingerprintKey: UInt64
    /// What the sources of the loops' identifiers are made from.
    let identifiers: IdentifierSource
    let logger: Logger

    private struct State {
        var snapshot: ProxySnapshot
        var workers: [LoopBound<ProxyWorker>] = []
        var shedsForMemory = false
    }

    private let state: Mutex<State>

    /// Resolves the names of the hosts, as far as that is possible soon; ``Proxy`` does so again and again. Blocks
    /// while it does. `seed` chooses where the round robin begins, and tells proxies of one name apart. `workers`
    /// is how many loops there will be. `name` is what the proxy calls itself in `Proxy-Status`, `Via` and to hosts
    /// that it checks.
    public convenience init(
        _ configuration: ProxyConfiguration, seed: UInt32, workers: Int, name: String = "proxy-server"
    ) {
        // Nobody outside can know it, so nobody can make requests that look alike to us.
        var random = SystemRandomNumberGenerator()
        self.init(
            configuration, seed: seed, workers: workers, fingerprintKey: random.next(),
            identifiers: IdentifierSource(using: &random), name: name)
    }

    /// With a key that is known, so that a simulation can be repeated.
    init(
        _ configuration: ProxyConfiguration, seed: UInt32, workers: Int, fingerprintKey: UInt64,
        identifiers: IdentifierSource? = nil, logger: Logger = Logger(label: "proxy-log"),
        passwords: PasswordChecker = PasswordChecker(), name: String = "proxy-server"
    ) {
        self.passwords = passwords
        self.workers = workers
        self.logger = logger
        self.fingerprintKey = fingerprintKey
        self.name = Self.token(name)
        pseudonym = self.name + "-" + String(seed, radix: 16)
        self.seed = Int(seed >> 1)
        metrics = (0..<workers).map { _ in WorkerMetrics() }
        var random = SplitMix64(seed: fingerprintKey)
        self.identifiers = identifiers ?? IdentifierSource(using: &random)
        let addresses = FirstLookup.addresses(of: configuration.hostNames, logger: logger)
        state = Mutex(State(snapshot: ProxySnapshot(configuration, addresses, after: nil, workers: workers)))
    }

    /// A name as a field can have it, which begins with a letter (RFC 9651 §3.3.4).
    private static func token(_ name: String) -> String {
        let name = String(decoding: name.utf8.map { isTokenByte($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
        return name.utf8.first.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 } == true
            ? name : "proxy-\(name)"
    }

    /// What the proxy works by now.
    var snapshot: ProxySnapshot { state.withLock { $0.snapshot } }
    /// What it knows of the hosts that it has now.
    var health: HealthBoard { snapshot.health }
    /// What clients are allowed now.
    public var serverOptions: ServerOptions { snapshot.serverOptions(of: name) }
    /// What each host is given at a time, now.
    public var hostLimits: HostLimits { snapshot.hostLimits }
    /// What the server of a worker counts into.
    public func serverMetrics(worker: Int) -> ServerMetrics { metrics[worker].server }

    /// Enters a worker that is told of each further snapshot, and tells it at once of one that it does not know.
    func join(_ worker: LoopBound<ProxyWorker>, knows known: ProxySnapshot) {
        state.withLock { state in
            state.workers.append(worker)
            let snapshot = state.snapshot
            if snapshot.number > known.number { worker.submit { $0.apply(snapshot) } }
            if state.shedsForMemory { worker.submit { $0.shedForMemory(true) } }
        }
    }

    /// Requests are refused, because memory runs out.
    var shedsForMemory: Bool { state.withLock { $0.shedsForMemory } }

    /// Has each loop refuse requests, or serve them again, as soon as it comes round.
    func shedForMemory(_ sheds: Bool) {
        state.withLock { state in
            state.shedsForMemory = sheds
            for worker in state.workers { worker.submit { $0.shedForMemory(sheds) } }
        }
    }

    /// Has the proxy work by another configuration, or other addresses: each loop as soon as it comes round.
    func publish(_ configuration: ProxyConfiguration, _ addresses: KnownAddresses) -> ProxySnapshot {
        state.withLock { state in
            let old = state.snapshot
            let new = ProxySnapshot(configuration, addresses, after: old, workers: workers)
            state.snapshot = new
            for (host, place) in old.numbers(in: new).enumerated() where place == nil { old.health.retire(host) }
            for worker in state.workers { worker.submit { $0.apply(new) } }
            return new
        }
    }
}
