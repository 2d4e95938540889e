// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    internal import Glibc

    /// A kernel that is not there: virtual time and simulated sockets under the real event loop, so that everything
    /// above the system calls runs unchanged in a network whose every accident a seed decides.
    ///
    /// Only in debug builds. A loop made within `enter` is this kernel's: its clock is virtual, its watchers are kept
    /// here instead of in libev, and it runs when `run` says so. The socket calls that are given a number from
    /// `numberBase` on come here. The peers of the simulated connections are plain objects of a test, `SimulatedPeer`.
    @safe package final class SimulatedKernel {
        /// Descriptors from here on are simulated; no real one is as large.
        static let numberBase: Int32 = 1 << 24
        /// What an iteration of a loop takes. Not nothing, so that a loop that never rests makes time pass.
        static let iterationNs: Int64 = 10_000

        package var random: SimulatedRandom
        package internal(set) var nowNs: Int64
        package var nowMs: Int64 { nowNs / 1_000_000 }
        var queue = SimulatedQueue()
        var slots: ContiguousArray<Slot> = []
        var listeners: [SocketAddress: any SimulatedListener] = [:]
        private var loops: ContiguousArray<EventLoop> = []

        /// How the next connections behave.
        package var link = SimulatedLink()
        /// An errno with which a connect fails at once, or 0. Asked for each connect.
        package var connectFailure: (SocketAddress) -> Int32 = { _ in 0 }
        /// An errno with which an accept fails although somebody waits, or 0.
        package var acceptFailure: () -> Int32 = { 0 }

        /// Everything that happened, as a hash: the same seed must give the same.
        package internal(set) var trace: UInt64 = 0xcbf2_9ce4_8422_2325
        /// Iterations of loops so far.
        package private(set) var iterations = 0
        /// Socket calls and changes of watchers: what a callback is made for.
        var actions = 0
        /// Callbacks during which nothing at all was done, in a row, of one descriptor.
        package private(set) var idleWakesMax = 0

        /// A descriptor number. A class, because all of them are looked at again and again.
        final class Slot {
            var socket: SimulatedSocket?
            unowned var target: IOTarget?
            /// Whose watcher it is, by its place among the loops.
            var loop = -1
            var events: IOEvents = []
            /// Changes with each watch, so that a callback collected before is not delivered after it.
            var generation = 0
            var idleWakes = 0
        }

        package init(seed: UInt64) {
            random = SimulatedRandom(seed: seed)
            // Some time after the machine was switched on.
            nowNs = Int64(random.below(1 << 40)) + 1_000_000_000
        }

        // MARK: The kernel of this thread

        private static let key: pthread_key_t = {
            var key = pthread_key_t()
            let status = unsafe pthread_key_create(&key, nil)
            precondition(status == 0, "no thread-specific data: errno \(status)")
            return key
        }()

        /// The kernel that the calling thread is in.
        static var current: SimulatedKernel? {
            guard let pointer = unsafe pthread_getspecific(key) else { return nil }
            return unsafe Unmanaged<SimulatedKernel>.fromOpaque(pointer).takeUnretainedValue()
        }

        /// The kernel of a simulated descriptor; nil for a real one.
        @inline(__always)
        static func of(_ number: Int32) -> SimulatedKernel? {
            if number < numberBase { return nil }
            guard let current else { preconditionFailure("a simulated descriptor outside of its kernel") }
            return current
        }

        /// Runs `body` in this kernel. Whatever has simulated descriptors is made, used and let go within.
        package func enter<Result>(_ body: () throws -> Result) rethrows -> Result {
            let before = unsafe pthread_getspecific(Self.key)
            unsafe pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
            defer { unsafe pthread_setspecific(Self.key, before) }
            return try body()
        }

        func adopt(_ loop: EventLoop) { loops.append(loop) }

        /// Lets the loops go, when all that ran on them has gone.
        package func dropLoops() { loops.removeAll() }

        // MARK: Time

        /// Has `work` done at a time; what is due at the same time is done in the order in which it was asked for.
        package func at(ns: Int64, _ work: @escaping () -> Void) {
            queue.push(max(ns, nowNs), work)
        }

        package func after(ms: Int64, _ work: @escaping () -> Void) {
            at(ns: nowNs + ms * 1_000_000, work)
        }

        /// Lets time pass, and happen what happens, up to a moment or until `isOver`.
        package func run(untilMs: Int64, _ isOver: () -> Bool = { false }) {
            let untilNs = untilMs * 1_000_000
            enter {
                while !isOver() {
                    while let work = queue.popDue(nowNs) { work() }
                    if runLoops() { continue }
                    // Before time passes for what is over already.
                    if isOver() { return }
                    let next = min(queue.nextNs, loops.reduce(Int64.max) { min($0, $1.simulatedTimerNs) })
                    if next > untilNs { return nowNs = max(nowNs, untilNs) }
                    nowNs = max(nowNs, next)
                }
            }
        }

        /// One iteration of each loop that has something to do. False when none has.
        private func runLoops() -> Bool {
            var hasRun = false
            for (index, loop) in loops.enumerated() {
                let ready = readyNumbers(of: index)
                if ready.isEmpty, loop.simulatedTimerNs > nowNs, !loop.hasPostponed { continue }
                hasRun = true
                iterations += 1
                loop.simulateIteration { self.deliver(ready) }
                nowNs += Self.iterationNs
            }
            return hasRun
        }

        // MARK: Watchers

        func watch(_ number: Int32, for events: IOEvents, _ target: IOTarget, on loop: EventLoop) {
            let index = Int(number - Self.numberBase)
            precondition(slots[index].socket != nil, "a watcher of a closed descriptor")
            actions += 1
            slots[index].target = target
            slots[index].loop = loops.firstIndex { $0 === loop } ?? -1
            slots[index].events = events
            slots[index].generation += 1
        }

        func unwatch(_ number: Int32) {
            if number < Self.numberBase { return }
            let index = Int(number - Self.numberBase)
            if slots[index].events.isEmpty { return }
            actions += 1
            slots[index].target = nil
            slots[index].events = []
            slots[index].generation += 1
        }

        private typealias Ready = (index: Int, generation: Int, events: IOEvents)

        private func readyNumbers(of loop: Int) -> [Ready] {
            var ready: [Ready] = []
            for index in slots.indices {
                let slot = slots[index]
                if slot.events.isEmpty || slot.loop != loop { continue }
                guard let socket = slot.socket else { preconditionFailure("closed, and still watched") }
                let events = socket.readiness.intersection(slot.events)
                if !events.isEmpty { ready.append((index, slot.generation, events)) }
            }
            if ready.count > 1 { ready.shuffle(using: &random) }
            return ready
        }

        private func deliver(_ ready: [Ready]) {
            for (index, generation, events) in ready {
                guard slots[index].generation == generation, let target = slots[index].target else { continue }
                note(1, index, Int(events.rawValue))
                let before = actions
                target.ready(events)
                if actions != before {
                    slots[index].idleWakes = 0
                } else {
                    slots[index].idleWakes += 1
                    idleWakesMax = max(idleWakesMax, slots[index].idleWakes)
                }
            }
        }

        /// Hears of every call, to follow a seed that failed.
        package var tell: ((String) -> Void)?

        func say(_ number: Int32, _ text: @autoclosure () -> String) {
            if let tell { tell("\(Double(nowNs / 1_000) / 1_000) ms #\(number - Self.numberBase) \(text())") }
        }

        /// Adds to the trace.
        package func note(_ kind: Int, _ a: Int, _ b: Int) {
            for word in [UInt64(truncatingIfNeeded: nowNs), UInt64(kind), UInt64(truncatingIfNeeded: a &* 65_599 &+ b)]
            {
                trace = (trace ^ word) &* 0x9E37_79B9_7F4A_7C15
                trace ^= trace >> 29
            }
        }
    }

    /// SplitMix64: all of a simulation's chance comes from one.
    package struct SimulatedRandom: RandomNumberGenerator {
        private var state: UInt64

        package init(seed: UInt64) { state = seed }

        package mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }

        /// A number from 0 to `count` - 1.
        package mutating func below(_ count: Int) -> Int {
            Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(count)).high)
        }

        package mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }
    }

    /// What is to happen, by time: a binary heap.
    struct SimulatedQueue {
        private struct Entry {
            let timeNs: Int64
            let order: Int
            let work: () -> Void

            func isBefore(_ other: Entry) -> Bool { (timeNs, order) < (other.timeNs, other.order) }
        }

        private var heap: ContiguousArray<Entry> = []
        private var pushed = 0

        var nextNs: Int64 { heap.first?.timeNs ?? .max }

        mutating func push(_ timeNs: Int64, _ work: @escaping () -> Void) {
            pushed += 1
            heap.append(Entry(timeNs: timeNs, order: pushed, work: work))
            var child = heap.count - 1
            while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        }

        mutating func popDue(_ nowNs: Int64) -> (() -> Void)? {
            guard let first = heap.first, first.timeNs <= nowNs else { return nil }
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                    if heap[child].isBefore(heap[least]) { least = child }
                }
                if least == parent { return first.work }
                heap.swapAt(parent, least)
                parent = least
            }
        }
    }
#endif
