// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

private final class Owner: DeadlineOwner {
    func deadlinePassed() {}
}

/// The wheel beside a plain list of deadlines, in time that the test owns.
private struct WheelModel: ~Copyable {
    struct Deadline {
        let id: TimerWheel.ID
        let owner: Owner
        var atMs: Int64?
        /// The first tick at which it must have passed.
        var dueTick: Int64 = 0
    }

    var wheel: TimerWheel
    var deadlines: [Deadline] = []
    var nowMs: Int64
    let seed: UInt64

    init(nowMs: Int64, seed: UInt64) {
        wheel = TimerWheel(nowMs: nowMs)
        self.nowMs = nowMs
        self.seed = seed
    }

    private func fail(_ text: String) {
        Issue.record("seed \(seed) at \(nowMs) ms: \(text)")
    }

    mutating func add() {
        let owner = Owner()
        deadlines.append(Deadline(id: wheel.add(owner), owner: owner))
    }

    mutating func set(_ index: Int, atMs: Int64) {
        wheel.set(deadlines[index].id, atMs: atMs)
        deadlines[index].atMs = atMs
        let tick = (atMs + TimerWheel.tickMs - 1) / TimerWheel.tickMs
        deadlines[index].dueTick = max(tick, nowMs / TimerWheel.tickMs + 1)
        checkNext()
    }

    mutating func clear(_ index: Int) {
        wheel.clear(deadlines[index].id)
        deadlines[index].atMs = nil
        checkNext()
    }

    mutating func remove(_ index: Int) {
        wheel.remove(deadlines[index].id)
        deadlines.swapAt(index, deadlines.count - 1)
        deadlines.removeLast()
        checkNext()
    }

    /// Lets time go on and checks what passes: everything that is due, once, and nothing early.
    mutating func advance(to now: Int64) {
        nowMs = now
        while let owner = wheel.popPassed(nowMs: now) {
            guard let index = deadlines.firstIndex(where: { $0.owner === owner }) else {
                fail("one passed that was removed")
                continue
            }
            guard let atMs = deadlines[index].atMs else {
                fail("one passed that was not set")
                continue
            }
            if atMs > now { fail("the deadline at \(atMs) ms passed early") }
            deadlines[index].atMs = nil
        }
        for deadline in deadlines {
            if let atMs = deadline.atMs, deadline.dueTick <= now / TimerWheel.tickMs { fail("\(atMs) ms did not pass") }
        }
        checkNext()
    }

    private func checkNext() {
        guard let first = deadlines.filter({ $0.atMs != nil }).map(\.dueTick).min() else { return }
        guard let next = wheel.nextMs else { return fail("nothing is next") }
        if next > first * TimerWheel.tickMs { fail("next is \(next) ms, but one is due at tick \(first)") }
        if next / TimerWheel.tickMs <= nowMs / TimerWheel.tickMs { fail("next is \(next) ms, which has passed") }
    }

    mutating func step(_ random: inout SeededGenerator, jumpMs: ClosedRange<Int64>) {
        let horizonMs = TimerWheel.horizonTicks * TimerWheel.tickMs
        let index = deadlines.isEmpty ? 0 : Int.random(in: 0..<deadlines.count, using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0, 1: add()
        case 2 where !deadlines.isEmpty: remove(index)
        case 3 where !deadlines.isEmpty: clear(index)
        case 4...6 where !deadlines.isEmpty: set(index, atMs: nowMs + .random(in: 0...100, using: &random))
        case 7 where !deadlines.isEmpty: set(index, atMs: nowMs + .random(in: 0...horizonMs, using: &random))
        case 9 where !deadlines.isEmpty: set(index, atMs: nowMs + horizonMs + .random(in: -9...9, using: &random))
        case 10 where !deadlines.isEmpty: set(index, atMs: nowMs + .random(in: 0...100_000, using: &random))
        case 11 where !deadlines.isEmpty: set(index, atMs: max(nowMs - .random(in: 0...50, using: &random), 0))
        case 12 where !deadlines.isEmpty:
            if let atMs = deadlines[index].atMs { set(index, atMs: atMs + .random(in: -20...20, using: &random)) }
        default: advance(to: nowMs + .random(in: jumpMs, using: &random))
        }
    }
}

struct TimerWheelTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64], [0...4, 1...40, 0...20_000, 4...4] as [ClosedRange<Int64>])
    func `deadlines pass when they are due, whatever was done to them`(_ seed: UInt64, _ jumpMs: ClosedRange<Int64>) {
        var random = SeededGenerator(seed: seed)
        let start = [0, 1, 3_999_999_999, 123_456_789_012].randomElement(using: &random)! as Int64
        var model = WheelModel(nowMs: start, seed: seed)
        for _ in 0..<4000 { model.step(&random, jumpMs: jumpMs) }
        // Everything passes in the end, and then nothing is left to wait for.
        model.advance(to: model.nowMs + 200_000)
        model.advance(to: model.nowMs + 20_000)
        #expect(model.wheel.nextMs == nil, "seed \(seed)")
        for deadline in model.deadlines { #expect(deadline.atMs == nil, "seed \(seed)") }
    }

    @Test(arguments: 1...40 as ClosedRange<Int64>)
    func `advanced tick by tick, a deadline passes in the tick after it`(_ atMs: Int64) {
        var wheel = TimerWheel(nowMs: 0)
        let owner = Owner()
        let id = wheel.add(owner)
        wheel.set(id, atMs: atMs)
        var passedMs: Int64?
        for now in 1...60 as ClosedRange<Int64> where wheel.popPassed(nowMs: now) != nil { passedMs = now }
        #expect(passedMs.map { $0 >= atMs && $0 < atMs + TimerWheel.tickMs } == true)
        withExtendedLifetime(owner) {}
    }

    @Test func `a wheel that nothing was set on for a thousand years has nothing to make up for`() {
        var model = WheelModel(nowMs: 0, seed: 0)
        for _ in 0..<3 { model.add() }
        let now: Int64 = 1000 * 365 * 86_400_000
        // What is set before the wheel has been told the time is linked near to where it stopped.
        model.set(0, atMs: now + 5_000)
        model.set(1, atMs: now + 10_000)
        model.set(2, atMs: 3)
        for seconds in 0...11 as ClosedRange<Int64> { model.advance(to: now + seconds * 1000) }
        #expect(model.deadlines.allSatisfy { $0.atMs == nil })
    }

    @Test func `an owner that took its deadline back before it went is not called`() {
        var wheel = TimerWheel(nowMs: 0)
        var owner: Owner? = Owner()
        let id = wheel.add(owner!)
        wheel.set(id, atMs: 4)
        wheel.remove(id)
        owner = nil
        #expect(wheel.popPassed(nowMs: 100) == nil)
    }

    @Test func `a place that was given back is given out again`() {
        var wheel = TimerWheel(nowMs: 0)
        let first = Owner()
        let second = Owner()
        let id = wheel.add(first)
        wheel.set(id, atMs: 4)
        wheel.remove(id)
        let next = wheel.add(second)
        #expect(next == id)
        #expect(wheel.popPassed(nowMs: 100) == nil)
        wheel.set(next, atMs: 104)
        #expect(wheel.popPassed(nowMs: 103) == nil)
        #expect(wheel.popPassed(nowMs: 104) === second)
        #expect(wheel.popPassed(nowMs: 1000) == nil)
        withExtendedLifetime((first, second)) {}
    }
}
