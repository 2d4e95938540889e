// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct OutlierDetectorTests {
    /// A detector with the streak that a board would count for it.
    private struct Host {
        var detector = OutlierDetector()
        var streak = FailureStreak()

        mutating func record(_ outcome: Outcome, _ nowMs: Int64 = 0) -> EjectionReason? {
            if outcome == .success { streak = FailureStreak() }
            if outcome.isFailure { streak = streak.adding(outcome) }
            return detector.record(outcome, streak: streak, nowMs: nowMs)
        }

        mutating func reasons(_ outcomes: [Outcome], _ nowMs: Int64 = 0) -> [EjectionReason?] {
            outcomes.map { record($0, nowMs) }
        }
    }

    @Test func `what ejects, and after how many`() {
        for (outcome, count, reason) in [
            (Outcome.serverError, 5, EjectionReason.consecutiveFailures), (.lost, 5, .consecutiveFailures),
            (.connectFailure, 2, .connectFailure), (.hang, 5, .hang),
        ] {
            var host = Host()
            let reasons = host.reasons([Outcome](repeating: outcome, count: count))
            #expect(reasons == [EjectionReason?](repeating: nil, count: count - 1) + [reason], "\(outcome)")
        }
        for outcome in [Outcome.success, .suspectDeath, .clientGone] {
            var host = Host()
            let reasons = host.reasons([Outcome](repeating: outcome, count: 1_000))
            #expect(reasons.allSatisfy { $0 == nil }, "\(outcome)")
        }
    }

    @Test func `failures of different kinds add up, and a success ends the row`() {
        var host = Host()
        let row: [Outcome] = [.serverError, .lost, .connectFailure, .serverError]
        #expect(host.reasons(row + [.success] + row + [.suspectDeath, .clientGone]).allSatisfy { $0 == nil })
        #expect(host.record(.serverError) == .consecutiveFailures)
    }

    @Test func `a refused connection and an error between two are not two refused ones`() {
        var host = Host()
        #expect(host.reasons([.connectFailure, .serverError, .connectFailure]).allSatisfy { $0 == nil })
        #expect(host.record(.connectFailure) == .connectFailure)
    }

    @Test func `a host that answers others does not hang`() {
        var host = Host()
        _ = host.record(.serverError, 1_000)
        for _ in 0..<10 { #expect(host.record(.hang, 1_249) == nil) }
        #expect(host.record(.hang, 1_250) == .hang)
    }

    @Test func `fails more than every other time, in twenty requests and ten seconds`() {
        var host = Host()
        var reasons: [EjectionReason?] = []
        for i in 0..<20 { reasons.append(host.record(i % 3 == 0 ? .success : .serverError, Int64(i) * 100)) }
        #expect(reasons.prefix(19).allSatisfy { $0 == nil } && reasons[19] == .successRate)

        var even = Host()
        for i in 0..<1_000 { #expect(even.record(i % 2 == 0 ? .success : .serverError, Int64(i)) == nil) }

        var rare = Host()
        for i in 0..<100 { #expect(rare.record(i % 3 == 0 ? .success : .serverError, Int64(i) * 1_000) == nil) }
        let window = rare.detector.window(nowMs: 99_000)
        #expect(window.requests == 10 && window.successes == 4)
    }

    @Test func `an ejection empties the window once`() {
        var host = Host()
        for i in 0..<40 { _ = host.record(i % 3 == 0 ? .success : .serverError) }
        host.detector.sawEjection(atMs: 10)
        #expect(host.detector.window(nowMs: 10).requests == 0)
        _ = host.record(.success, 20)
        host.detector.sawEjection(atMs: 10)
        #expect(host.detector.window(nowMs: 20).requests == 1)
    }

    /// Against the whole history, counted anew each time.
    @Test(arguments: 0..<500 as Range<UInt64>)
    func `the window counts what the last ten seconds hold`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var host = Host()
        var history: [(second: Int64, isSuccess: Bool)] = []
        var nowMs = Int64.random(in: 0...100_000, using: &random)
        for _ in 0..<150 {
            nowMs += Int64.random(in: 0...(Bool.random(using: &random) ? 100 : 4_000), using: &random)
            let outcome = Outcome.allCases.randomElement(using: &random)!
            let reason = host.record(outcome, nowMs)
            if outcome == .success || outcome.isFailure { history.append((nowMs / 1_000, outcome == .success)) }
            let recent = history.filter { $0.second > nowMs / 1_000 - 10 }
            let successes = recent.count(where: \.isSuccess)
            let window = host.detector.window(nowMs: nowMs)
            #expect(window.requests == recent.count && window.successes == successes, "seed \(seed)")
            if reason == .successRate {
                #expect(recent.count >= 20 && successes * 2 < recent.count, "seed \(seed)")
            }
            #expect(reason == nil || outcome.isFailure, "seed \(seed)")
        }
    }
}

@Suite struct EjectionTests {
    @Test func `times double up to the longest, with a tenth of jitter`() {
        var random = SplitMix64(seed: 1)
        for level in 0...Ejection.levelMax {
            let ms: Int64 = min(5_000 << Int64(level), 300_000)
            let connectMs: Int64 = min(1_000 << Int64(level), 10_000)
            var seen: Set<Int64> = []
            for _ in 0..<200 {
                let duration = Ejection.durationMs(level: level, .consecutiveFailures, using: &random)
                #expect(abs(duration - ms) <= ms / 10)
                seen.insert(duration)
                let connect = Ejection.durationMs(level: level, .connectFailure, using: &random)
                #expect(abs(connect - connectMs) <= connectMs / 10)
            }
            #expect(seen.count > 100, "hosts that went out together come back one after the other")
        }
    }

    @Test func `a minute in service forgives one ejection`() {
        #expect(Ejection.decayed(level: 3, healthyMs: 59_999) == 3)
        #expect(Ejection.decayed(level: 3, healthyMs: 60_000) == 2)
        #expect(Ejection.decayed(level: 3, healthyMs: 10_000_000) == 0)
        #expect(Ejection.decayed(level: 3, healthyMs: -5) == 3)
    }
}

@Suite struct HostStateTests {
    @Test(arguments: [CheckVerdict.down, .drain])
    func `a host that its checks took out is not probed`(_ verdict: CheckVerdict) {
        var state = HostState()
        state.isEjected = true
        #expect(state.isProbeDue(nowMs: 1))
        state.check = verdict
        #expect(state.isCheckedOut && !state.isProbeDue(nowMs: 1))
    }

    @Test(arguments: 0..<1_000 as Range<UInt64>)
    func `every field keeps its bits`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var state = HostState(bits: random.next())
        let check = CheckVerdict.allCases.randomElement(using: &random)!
        let reason = EjectionReason.allCases.randomElement(using: &random)!
        let flags = (0..<3).map { _ in Bool.random(using: &random) }
        let level = Int.random(in: 0...31, using: &random)
        let timeMs = Int64.random(in: 0..<1 << 48, using: &random)
        (state.check, state.reason, state.level, state.timeMs) = (check, reason, level, timeMs)
        (state.isEjected, state.isProbing, state.isUnreachable) = (flags[0], flags[1], flags[2])
        #expect(state.check == check && state.reason == reason && state.level == level && state.timeMs == timeMs)
        #expect([state.isEjected, state.isProbing, state.isUnreachable] == flags)
    }

    @Test func `the tiers`() {
        func tier(_ change: (inout HostState) -> Void) -> HostTier {
            var state = HostState()
            change(&state)
            return state.tier
        }
        #expect(tier { _ in } == .available)
        #expect(tier { $0.check = .up } == .available)
        #expect(tier { $0.check = .down } == .failing)
        #expect(tier { ($0.check, $0.isUnreachable) = (.down, true) } == .unreachable)
        #expect(tier { $0.check = .drain } == .draining)
        #expect(tier { ($0.isEjected, $0.reason) = (true, .hang) } == .failing)
        #expect(tier { ($0.isEjected, $0.reason) = (true, .connectFailure) } == .unreachable)
        #expect(tier { ($0.isEjected, $0.check) = (true, .drain) } == .draining)
    }
}
