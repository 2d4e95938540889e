// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct CheckStateTests {
    private struct Check {
        var random = SplitMix64(seed: 1)
        var state: CheckState
        var nowMs: Int64 = 0

        init(_ options: CheckState.Options = CheckState.Options(), seed: UInt64 = 1) {
            random = SplitMix64(seed: seed)
            state = CheckState(options, nowMs: 0, using: &random)
        }

        /// Lets time pass to the next check, which ends at once.
        mutating func record(_ result: CheckState.Result) -> CheckVerdict? {
            nowMs = max(nowMs, state.nextMs)
            return state.record(result, nowMs: nowMs, using: &random)
        }

        mutating func verdicts(_ results: [CheckState.Result]) -> [CheckVerdict] {
            results.map {
                _ = record($0)
                return state.verdict
            }
        }

        var waitMs: Int64 { state.nextMs - nowMs }
    }

    private let failed = CheckState.Result.failed(.timeout)

    @Test func `a new host is up with one that passes, and down with three that fail`() {
        var check = Check()
        #expect(check.verdicts([.passed]) == [.up])
        check = Check()
        #expect(check.verdicts([failed, failed, failed]) == [.unknown, .unknown, .down])
        check = Check()
        #expect(check.verdicts([failed, failed, .passed]) == [.unknown, .unknown, .up])
    }

    @Test func `three in a row make down, two make up`() {
        var check = Check()
        _ = check.record(.passed)
        #expect(check.verdicts([failed, failed, .passed, failed, failed]) == [.up, .up, .up, .up, .up])
        #expect(check.record(failed) == .down)
        #expect(check.verdicts([.passed, failed, .passed]) == [.down, .down, .down])
        #expect(check.record(.passed) == .up)
    }

    @Test func `a drain is believed at once, and ends as down or up`() {
        var check = Check()
        _ = check.record(.passed)
        #expect(check.record(.drain) == .drain)
        #expect(check.verdicts([failed, failed, failed]) == [.drain, .drain, .down])
        #expect(check.record(.drain) == .drain, "a host that was down and drains now: no new requests either way")
        #expect(check.verdicts([.passed, .passed]) == [.drain, .up])
    }

    @Test func `only connections that fail make it unreachable`() {
        var check = Check()
        for _ in 0..<3 { _ = check.record(.failed(.unreachable)) }
        #expect(check.state.isUnreachable)
        _ = check.record(.failed(.status))
        #expect(check.state.verdict == .down && !check.state.isUnreachable)
    }

    @Test func `checks are fast until the host is settled, and at the first sign of a change`() {
        let fast = 450...550 as ClosedRange<Int64>
        let slow = 1_800...2_200 as ClosedRange<Int64>
        var check = Check()
        #expect((0...500).contains(check.waitMs))
        for _ in 0..<3 {
            _ = check.record(.passed)
            #expect(fast.contains(check.waitMs))
        }
        _ = check.record(.passed)
        #expect(slow.contains(check.waitMs))
        for _ in 0..<3 {
            _ = check.record(failed)
            #expect(fast.contains(check.waitMs))
        }
        #expect(check.state.verdict == .down)
        for _ in 0..<2 { _ = check.record(failed) }
        #expect(fast.contains(check.waitMs))
        _ = check.record(failed)
        #expect(slow.contains(check.waitMs))
    }

    /// Against the definition: the verdict follows from the row of results that the history ends with.
    @Test(arguments: 0..<1_000 as Range<UInt64>)
    func `verdicts follow from the last results, whatever came before`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var options = CheckState.Options()
        options.rise = Int.random(in: 1...4, using: &random)
        options.fall = Int.random(in: 1...4, using: &random)
        var check = Check(options, seed: seed)
        var row: [CheckState.Result] = []
        for _ in 0..<200 {
            let before = check.state.verdict
            let result = [.passed, failed, failed, .passed, .drain].randomElement(using: &random)!
            if row.last != result { row = [] }
            row.append(result)
            let change = check.record(result)
            let after = check.state.verdict
            #expect(change == (before == after ? nil : after), "seed \(seed)")
            switch after {
            case .up where before != .up:
                #expect(result == .passed && (row.count >= options.rise || before == .unknown))
            case .down where before != .down: #expect(result == failed && row.count >= options.fall, "seed \(seed)")
            case .drain where before != .drain: #expect(result == .drain, "seed \(seed)")
            default: break
            }
            if result == .passed, row.count >= options.rise { #expect(after == .up, "seed \(seed)") }
            if result == failed, row.count >= options.fall { #expect(after == .down, "seed \(seed)") }
            #expect((450...2_200).contains(check.waitMs), "seed \(seed)")
        }
    }
}
