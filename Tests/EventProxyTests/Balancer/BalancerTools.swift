// SPDX-License-Identifier: Apache-2.0
@testable import EventProxy

/// The three balancers, to run a test with each.
enum BalancerKind: CaseIterable, Sendable {
    case roundRobin, leastRequests, consistentHash

    /// How many random scenarios to run. Fewer with the consistent hash: its ring takes long to build in a debug build.
    func seeds(_ count: UInt64) -> UInt64 { self == .consistentHash ? count / 10 : count }

    func make(_ table: borrowing HostTable, seed: Int = 0) -> Balancer {
        switch self {
        case .roundRobin: .roundRobin(WeightedRoundRobin(table, seed: seed))
        case .leastRequests: .leastRequests
        case .consistentHash: .consistentHash(ConsistentHash(table))
        }
    }
}

extension HostTable {
    /// Services of tier 0 and weight 1, with hosts of these weights.
    init(weights: [[Int]], slowStartMs: Int64 = 0) {
        self.init(weights.map { ServiceShape($0) }, slowStartMs: slowStartMs)
    }
}

extension HostTable.ServiceShape {
    /// A service whose hosts have identities made of its number.
    init(_ hostWeights: [Int], weight: Int = 1, tier: Int = 0, number: UInt64 = 0) {
        let hosts = hostWeights.enumerated().map { index, weight in
            HostTable.HostShape(weight: weight, identity: number << 32 + UInt64(index))
        }
        self.init(weight: weight, tier: tier, hosts: hosts)
    }
}

extension TriedHosts {
    init(_ hosts: [Int]) {
        self.init()
        for host in hosts { insert(host) }
    }
}

/// A table, a balancer and a generator, for tests that only choose.
struct Chooser: ~Copyable {
    var table: HostTable
    var balancer: Balancer
    var random: SplitMix64
    var nowMs: Int64 = 0

    init(_ kind: BalancerKind, _ table: consuming HostTable, seed: UInt64 = 1) {
        balancer = kind.make(table, seed: Int(seed % 1000))
        self.table = table
        random = SplitMix64(seed: seed)
    }

    mutating func choose(key: UInt64 = 0, tried: [Int] = []) -> Int? {
        table.endRests(nowMs: nowMs)
        return balancer.select(table, key: key, tried: TriedHosts(tried), nowMs: nowMs, random: &random)
    }

    /// How often each host is the first choice. Nothing is in flight; each choice has another key.
    mutating func counts(_ choices: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: table.count)
        for key in 0..<choices { counts[choose(key: UInt64(key))!] += 1 }
        return counts
    }
}

/// Requests that arrive evenly at hosts which each take a time to answer. A virtual clock in milliseconds.
struct LoadSimulation: ~Copyable {
    struct Host {
        var latencyMs: Int64
        var isFailing = false
        var retryAfterMs: Int64 = 0
        /// The host answers one request after the other.
        var isSerial = false
    }

    private struct Pending {
        let host: Int
        let beganMs: Int64
        let endMs: Int64
    }

    var chooser: Chooser
    var hosts: [Host]
    private var pending: [Pending] = []
    private var freeMs: [Int64]

    init(_ chooser: consuming Chooser, _ hosts: [Host]) {
        self.chooser = chooser
        self.hosts = hosts
        freeMs = hosts.map { _ in 0 }
    }

    /// How many requests each host gets while so many arrive, one every `gapMs`.
    mutating func run(requests: Int, gapMs: Int64) -> [Int] {
        var counts = [Int](repeating: 0, count: hosts.count)
        for _ in 0..<requests {
            chooser.nowMs += gapMs
            finishDue()
            let host = chooser.choose(key: chooser.random.next())!
            counts[host] += 1
            chooser.table.began(host)
            let startMs = hosts[host].isSerial ? max(chooser.nowMs, freeMs[host]) : chooser.nowMs
            freeMs[host] = startMs + hosts[host].latencyMs
            pending.append(Pending(host: host, beganMs: chooser.nowMs, endMs: freeMs[host]))
        }
        return counts
    }

    private mutating func finishDue() {
        let due = pending.filter { $0.endMs <= chooser.nowMs }.sorted { $0.endMs < $1.endMs }
        pending.removeAll { $0.endMs <= chooser.nowMs }
        for request in due {
            let host = hosts[request.host]
            chooser.table.ended(
                request.host, host.isFailing ? .failed : .answered,
                latencyNs: (request.endMs - request.beganMs) * 1_000_000, nowMs: request.endMs)
            if host.isFailing {
                chooser.table.rest(request.host, forMs: host.retryAfterMs, nowMs: request.endMs)
            }
        }
    }
}
