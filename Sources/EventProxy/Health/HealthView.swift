// SPDX-License-Identifier: Apache-2.0

/// The board as one loop last saw it: which hosts to use, ready for the balancer. One load of the board's generation
/// tells whether it is still current.
///
/// When fewer than half of the hosts are available, and fewer than half of the services have most of theirs, the rest
/// could hardly bear the load, or it is not the hosts that fail: then those that are ejected or found down are used
/// too, as long as they take connections (panic). Further
/// attempts of a request may take any host, better tiers first, so that no state of this board alone fails a request.
struct HealthView: ~Copyable {
    /// Below this share of available hosts, the failing ones are used too.
    static let panicPercent = 50

    private let board: HealthBoard
    private var tiers: ContiguousArray<HostTier>
    private var generation: Int = .min
    /// When the time of an ejected host is up, which changes no word.
    private var nextProbeMs: Int64 = .max

    /// Hosts that are `available`.
    private(set) var availableCount = 0
    /// First attempts go to hosts of this tier or better.
    private(set) var openTier = HostTier.available
    private(set) var isPanicking = false
    /// A host whose probe is due, for `HealthBoard.tryProbe`.
    private(set) var probeHost: Int?

    init(_ board: HealthBoard) {
        self.board = board
        tiers = ContiguousArray(repeating: .available, count: board.hostCount)
    }

    /// Brings the view up to date. True if anything may have changed.
    @discardableResult
    mutating func refresh(nowMs: Int64) -> Bool {
        let current = board.generation
        if current == generation, nowMs < nextProbeMs { return false }
        generation = current
        copy(nowMs)
        return true
    }

    /// Tells the board what an attempt says of its host; see there. Here, so that the board is borrowed with the view:
    /// to take it out of a property would count a reference in memory that all workers share, for each request.
    func report(
        _ outcome: Outcome, of host: Int, isProbe: Bool = false, sentMs: Int64, nowMs: Int64,
        to detector: inout OutlierDetector, using random: inout some RandomNumberGenerator
    ) -> HealthChange? {
        board.report(
            outcome, of: host, isProbe: isProbe, sentMs: sentMs, nowMs: nowMs, to: &detector, using: &random)
    }

    /// Whether a first attempt may go there.
    func isOpen(_ host: Int) -> Bool { tiers[host] <= openTier }

    func tier(_ host: Int) -> HostTier { tiers[host] }

    private mutating func copy(_ nowMs: Int64) {
        var counts = InlineArray<4, Int>(repeating: 0)
        nextProbeMs = .max
        probeHost = nil
        var wellCount = 0
        for hosts in board.services {
            let before = counts[0]
            for host in hosts { look(at: host, nowMs, &counts) }
            if board.isWell(available: counts[0] - before, of: hosts.count) { wellCount += 1 }
        }
        availableCount = counts[0]
        isPanicking =
            availableCount * 100 < Self.panicPercent * board.hostCount && !board.isHalfOfServices(wellCount)
        openTier = .available
        if isPanicking, counts[1] > 0 { openTier = .failing }
        if availableCount + counts[1] == 0 { openTier = counts[2] > 0 ? .unreachable : .draining }
    }

    private mutating func look(at host: Int, _ nowMs: Int64, _ counts: inout InlineArray<4, Int>) {
        let state = board.state(host)
        tiers[host] = state.tier
        counts[Int(state.tier.rawValue)] += 1
        guard state.isEjected, !state.isCheckedOut else { return }
        if !state.isProbeDue(nowMs: nowMs) {
            nextProbeMs = min(nextProbeMs, state.timeMs)
        } else if probeHost == nil {
            // The next one comes when somebody has taken this probe, which changes the generation.
            probeHost = host
        }
    }
}
