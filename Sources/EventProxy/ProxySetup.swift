// SPDX-License-Identifier: Apache-2.0
public import EventHTTP
internal import Logging
internal import Synchronization

/// What all loops of a proxy share: who it is, what they learn together, and the snapshot that they work by.
public final class ProxySetup: Sendable {
    /// How many loops there are.
    public let workers: Int
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
    /// while it does. `seed` chooses where the round robin begins and what the proxy calls itself in `Via`. `workers`
    /// is how many loops there will be.
    public convenience init(_ configuration: ProxyConfiguration, seed: UInt32, workers: Int) {
        // Nobody outside can know it, so nobody can make requests that look alike to us.
        var random = SystemRandomNumberGenerator()
        self.init(
            configuration, seed: seed, workers: workers, fingerprintKey: random.next(),
            identifiers: IdentifierSource(using: &random))
    }

    /// With a key that is known, so that a simulation can be repeated.
    init(
        _ configuration: ProxyConfiguration, seed: UInt32, workers: Int, fingerprintKey: UInt64,
        identifiers: IdentifierSource? = nil, logger: Logger = Logger(label: "proxy-log"),
        passwords: PasswordChecker = PasswordChecker()
    ) {
        self.passwords = passwords
        self.workers = workers
        self.logger = logger
        self.fingerprintKey = fingerprintKey
        pseudonym = "proxy-server-" + String(seed, radix: 16)
        self.seed = Int(seed >> 1)
        metrics = (0..<workers).map { _ in WorkerMetrics() }
        var random = SplitMix64(seed: fingerprintKey)
        self.identifiers = identifiers ?? IdentifierSource(using: &random)
        let addresses = FirstLookup.addresses(of: configuration.hostNames, logger: logger)
        state = Mutex(State(snapshot: ProxySnapshot(configuration, addresses, after: nil, workers: workers)))
    }

    /// What the proxy works by now.
    var snapshot: ProxySnapshot { state.withLock { $0.snapshot } }
    /// What it knows of the hosts that it has now.
    var health: HealthBoard { snapshot.health }
    /// What clients are allowed now.
    public var serverOptions: ServerOptions { snapshot.serverOptions }
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
