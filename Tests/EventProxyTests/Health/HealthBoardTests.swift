// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

/// Makes a board, and reports outcomes to it as a loop does.
final class LoopOfHosts {
    let board: HealthBoard
    var random: SplitMix64
    var detectors: [OutlierDetector]

    init(_ board: HealthBoard, seed: UInt64 = 1) {
        self.board = board
        random = SplitMix64(seed: seed)
        detectors = [OutlierDetector](repeating: OutlierDetector(), count: board.hostCount)
    }

    func report(_ outcome: Outcome, of host: Int, isProbe: Bool = false, sentMs: Int64? = nil, at nowMs: Int64)
        -> HealthChange?
    {
        board.report(
            outcome, of: host, isProbe: isProbe, sentMs: sentMs ?? nowMs, nowMs: nowMs, to: &detectors[host],
            using: &random)
    }

    func eject(_ host: Int, _ reason: EjectionReason = .consecutiveFailures, at nowMs: Int64)
        -> HealthBoard.EjectionResult
    {
        board.eject(host, reason, nowMs: nowMs, using: &random)
    }
}

@Suite struct HealthBoardTests {
    @Test func `five errors eject, a probe brings back, and a failed probe makes it longer`() {
        let loop = LoopOfHosts(HealthBoard(hostCounts: [4]))
        let board = loop.board
        let before = board.generation
        for _ in 0..<4 { #expect(loop.report(.serverError, of: 1, at: 0) == nil) }
        guard case .ejected(.consecutiveFailures, let untilMs) = loop.report(.serverError, of: 1, at: 0) else {
            Issue.record("not ejected")
            return
        }
        #expect((4_500...5_500).contains(untilMs) && board.generation != before)
        #expect(board.ejectedCount == 1 && board.availableCount == 3)
        #expect(!board.tryProbe(1, nowMs: untilMs - 1))
        #expect(board.tryProbe(1, nowMs: untilMs))
        #expect(!board.tryProbe(1, nowMs: untilMs), "one probe at a time")
        guard case .ejected(_, let laterMs) = loop.report(.serverError, of: 1, isProbe: true, at: untilMs + 10) else {
            Issue.record("not ejected again")
            return
        }
        #expect((9_000...11_000).contains(laterMs - untilMs - 10))
        #expect(board.tryProbe(1, nowMs: laterMs))
        #expect(loop.report(.success, of: 1, isProbe: true, at: laterMs) == .returned)
        #expect(board.ejectedCount == 0 && board.availableCount == 4)
        #expect(board.state(1).timeMs == laterMs && board.ejections(1) == 2, "slow start counts from here")
    }

    @Test func `a host that is out is thrown out again only by its probe`() {
        let loop = LoopOfHosts(HealthBoard(hostCounts: [4]))
        _ = loop.eject(0, at: 100)
        #expect(loop.eject(0, at: 200) == .wasOut)
        #expect(loop.board.ejectedMs(0) == 100 && loop.board.ejections(0) == 1)
    }

    @Test func `a host that is gone does not change any more`() {
        let loop = LoopOfHosts(HealthBoard(hostCounts: [4]))
        loop.board.retire(0)
        #expect(loop.eject(0, at: 100) == .wasOut)
        #expect(!loop.board.checked(0, .down, nowMs: 100))
        #expect(loop.board.ejectedCount == 0 && loop.board.availableCount == 4)
    }

    @Test func `an answer to a request from before the ejection brings nothing back, unless the host hung`() {
        let loop = LoopOfHosts(HealthBoard(hostCounts: [4]))
        _ = loop.eject(0, at: 100)
        #expect(loop.report(.success, of: 0, sentMs: 99, at: 200) == nil)
        #expect(loop.report(.serverError, of: 0, sentMs: 99, at: 200) == nil)
        #expect(loop.board.streak(0) == FailureStreak(), "nor does a failure from before count again")
        #expect(loop.report(.success, of: 0, sentMs: 100, at: 200) == .returned)
        _ = loop.eject(1, .hang, at: 100)
        #expect(loop.report(.success, of: 1, sentMs: 0, at: 200) == .returned)
    }

    @Test func `a probe that says nothing lets another go, and one that is never heard of too`() {
        let loop = LoopOfHosts(HealthBoard(hostCounts: [2]))
        _ = loop.eject(0, at: 0)
        #expect(loop.board.tryProbe(0, nowMs: 6_000))
        #expect(loop.report(.clientGone, of: 0, isProbe: true, at: 6_100) == nil)
        #expect(loop.board.tryProbe(0, nowMs: 6_100))
        #expect(!loop.board.tryProbe(0, nowMs: 6_100 + Ejection.probeMs - 1))
        #expect(loop.board.tryProbe(0, nowMs: 6_100 + Ejection.probeMs))
    }

    @Test func `half at most is ejected, and refusing hosts beyond it, but never the last`() {
        for (hosts, capped, refusing) in [
            (1, 0, 0), (2, 1, 1), (3, 1, 2), (4, 2, 3), (5, 2, 4), (6, 3, 5), (100, 50, 99),
        ] {
            let loop = LoopOfHosts(HealthBoard(hostCounts: [hosts]))
            for host in 0..<hosts { _ = loop.eject(host, at: 0) }
            #expect(loop.board.ejectedCount == capped, "\(hosts) hosts")
            #expect(loop.board.ejectionsRefused == hosts - capped)
            for host in 0..<hosts { _ = loop.eject(host, .connectFailure, at: 0) }
            #expect(loop.board.ejectedCount == refusing, "\(hosts) hosts")
        }
    }

    @Test func `a whole service may be ejected when another is well`() {
        let loop = LoopOfHosts(HealthBoard(hostCounts: [6]))
        var changes: [HealthChange?] = []
        for host in 0..<3 { for _ in 0..<5 { changes.append(loop.report(.serverError, of: host, at: 0)) } }
        #expect(changes.compactMap { $0 }.count == 3 && loop.board.ejectedCount == 3)
        for _ in 0..<4 { _ = loop.report(.serverError, of: 3, at: 0) }
        #expect(loop.report(.serverError, of: 3, at: 0) == .notEjected(.consecutiveFailures))
    }

    @Test func `the last host that checks leave is not ejected`() {
        let loop = LoopOfHosts(HealthBoard(hostCounts: [4]))
        for host in 0..<3 { #expect(loop.board.checked(host, .down, nowMs: 0)) }
        #expect(!loop.board.checked(0, .down, nowMs: 0), "nothing new")
        #expect(loop.eject(3, at: 0) == .refused)
        #expect(loop.eject(0, at: 0) == .wasOut)
        #expect(loop.board.checked(0, .up, nowMs: 0))
        #expect(loop.eject(3, at: 0) != .refused)
        #expect(loop.board.availableCount == 1)
    }

    @Test func `a check brings back who took no connections, not who answered with errors`() {
        let loop = LoopOfHosts(HealthBoard(hostCounts: [6]))
        _ = loop.eject(0, .connectFailure, at: 100)
        _ = loop.eject(1, .consecutiveFailures, at: 100)
        #expect(!loop.board.checkPassed(0, sentMs: 99, nowMs: 200), "it began before")
        #expect(loop.board.checkPassed(0, sentMs: 100, nowMs: 200))
        #expect(!loop.board.checkPassed(1, sentMs: 100, nowMs: 200))
        #expect(loop.board.availableCount == 5)
    }

    @Test func `a healthy host's successes change nothing that is shared`() {
        let loop = LoopOfHosts(HealthBoard(hostCounts: [3]))
        let before = loop.board.generation
        for i in 0..<1_000 { _ = loop.report(.success, of: i % 3, at: Int64(i)) }
        #expect(loop.board.generation == before)
    }

    /// Every operation in any order, against counts made from the states themselves.
    @Test(arguments: 0..<1_000 as Range<UInt64>)
    func `the counts are true and the limits hold whatever happens`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let hosts = Int.random(in: 1...9, using: &random)
        let loop = LoopOfHosts(HealthBoard(hostCounts: [hosts]), seed: seed)
        let board = loop.board
        var nowMs: Int64 = 1
        for _ in 0..<300 {
            nowMs += Int64.random(in: 0...2_000, using: &random)
            let host = Int.random(in: 0..<hosts, using: &random)
            let sentMs = nowMs - Int64.random(in: 0...min(nowMs, 500), using: &random)
            var mayRaiseUnavailable = false
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4:
                let outcome = Outcome.allCases.randomElement(using: &random)!
                _ = loop.report(outcome, of: host, sentMs: sentMs, at: nowMs)
            case 4:
                let verdict = CheckVerdict.allCases.randomElement(using: &random)!
                mayRaiseUnavailable = true
                _ = board.checked(host, verdict, isUnreachable: Bool.random(using: &random), nowMs: nowMs)
            case 5: _ = loop.eject(host, EjectionReason.allCases.randomElement(using: &random)!, at: nowMs)
            case 6: _ = board.checkPassed(host, sentMs: sentMs, nowMs: nowMs)
            default:
                guard board.tryProbe(host, nowMs: nowMs) else { continue }
                let outcome = Outcome.allCases.randomElement(using: &random)!
                _ = loop.report(outcome, of: host, isProbe: true, at: nowMs)
            }
            let states = (0..<hosts).map { board.state($0) }
            #expect(board.ejectedCount == states.count(where: \.isEjected), "seed \(seed)")
            #expect(board.availableCount == states.count(where: \.isAvailable), "seed \(seed)")
            let soft = states.count { $0.isEjected && $0.reason != .connectFailure }
            // A refusing host whose probe then failed otherwise may be one more.
            #expect(soft <= board.ejectedMax || states.contains { $0.level > 1 }, "seed \(seed)")
            #expect(mayRaiseUnavailable || board.ejectedCount < hosts, "seed \(seed)")
        }
    }
}
