// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    import EventHTTP
    import EventProxy
    import Testing

    /// Worlds with so many requests that budgets are felt.
    struct StormTests {
        /// P4, judged by what arrived: of all that origins were sent, a fifth and the floor may be repetitions. All
        /// hosts answer 503, or slowly, so that every request would be sent again if it might.
        @Test(arguments: 0..<4 as Range<UInt64>, [SimulatedOrigin.Mischief.serverError, .slow])
        func `P4: in an outage retries and hedges stay a fifth of the load`(
            seed: UInt64, mischief: SimulatedOrigin.Mischief
        ) {
            let world = World(seed: seed)
            world.thinkMs = 20
            world.addOrigins(4)
            for origin in world.origins {
                origin.mischief = [mischief]
                origin.mischiefOneIn = mischief == .slow ? 3 : 1
                origin.mischiefMs = 0..<Int64.max
            }
            world.startedMs = world.kernel.nowMs
            world.startProxy([2, 2]) { $0.healthCheck.type = .none }
            for client in 0..<12 {
                let requests = (0..<40).map {
                    Request(
                        id: client * 100 + $0, method: "GET", path: "/a", count: 0, size: 10, isChunked: false)
                }
                world.addClient(requests, .good, atMs: Int64(client))
            }
            world.kernel.run(untilMs: world.startedMs + 300_000) { world.clients.allSatisfy(\.isOver) }
            let seconds = Double(world.kernel.nowMs - world.startedMs) / 1_000
            let records = world.records.values
            let delivered = records.reduce(0) { $0 + $1.hosts.count }
            let extra = delivered - records.filter { !$0.hosts.isEmpty }.count
            // What idle connections cost is not repeated: these origins do not end them in the middle of a request.
            let allowed = 0.2 * Double(records.count) + 2 * 3 * (seconds + 10)
            #expect(Double(extra) <= allowed, "\(extra) of \(records.count) in \(seconds) s")
            world.kernel.run(untilMs: world.kernel.nowMs + 40_000)
            world.finish()
            #expect(world.problems.isEmpty, "\(world.problems.joined(separator: "\n"))")
        }

        /// P7 and the promise of the chaos run: `/fail` once a second, under which its origin dies each time that it is
        /// let through, costs nobody else an error.
        @Test(arguments: 0..<12 as Range<UInt64>)
        func `P7: a query of death once a second costs nobody else an error`(seed: UInt64) {
            let world = World(seed: seed)
            world.thinkMs = 120
            world.hasPoison = true
            world.kernel.link.latencyNs = [100_000, 2_000_000, 10_000_000][Int(seed % 3)]
            world.addOrigins(6)
            world.startedMs = world.kernel.nowMs
            world.startProxy([3, 3]) { _ in }
            for client in 0..<8 {
                let requests = (0..<60).map {
                    Request(
                        id: client * 100 + $0, method: "GET", path: "/a", count: 0, size: 500, isChunked: false)
                }
                world.addClient(requests, .good, atMs: Int64(client * 10))
            }
            for second in 1...6 {
                let killer = Request(
                    id: 10_000 + second, method: "GET", path: "/fail", count: 0, size: 0, isChunked: false)
                world.addClient([killer], .good, atMs: Int64(second) * 1_000)
            }
            world.kernel.run(untilMs: world.startedMs + 300_000) { world.clients.allSatisfy(\.isOver) }
            world.kernel.run(untilMs: world.kernel.nowMs + 40_000)
            world.finish()
            #expect(world.origins.reduce(0) { $0 + $1.deaths } > 0)
            #expect(world.problems.isEmpty, "seed \(seed): \(world.problems.joined(separator: "\n"))")
        }
    }
#endif
