// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    @testable import EventProxy
    import Testing

    /// What must not wait for a deadline, by a clock that only deadlines and the network move.
    struct ClockTests {
        @Test func `content that waits for the origin's leave goes on as soon as that comes`() {
            let world = World(seed: 1)
            world.addOrigins(1)
            world.origins[0].givesLeave = true
            world.startedMs = world.kernel.nowMs
            world.startProxy([1]) { _ in }
            let request = Request(
                id: 0, method: "PUT", path: "/a", count: 500, size: 100, isChunked: false, expects: true)
            world.addClient([request], .good, atMs: 0)
            world.kernel.run(untilMs: world.startedMs + 100_000) { world.clients.allSatisfy(\.isOver) }
            #expect(world.kernel.nowMs - world.startedMs < Transaction.continueTimeoutMs)
            world.kernel.run(untilMs: world.kernel.nowMs + 40_000)
            world.finish()
            #expect(world.problems.isEmpty, "\(world.problems.joined(separator: "\n"))")
        }
    }
#endif
