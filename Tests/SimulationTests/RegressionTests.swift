// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    import EventHTTP
    import EventProxy
    import Testing

    /// Worlds in which seeds found defects, made small and without the rest of the seed's chance, so that they stay
    /// what they are when scenarios are drawn otherwise. Each under a few seeds.
    struct RegressionTests {
        private static func requests(_ count: Int, _ make: (Int) -> (method: String, path: String, count: Int))
            -> [Request]
        {
            (0..<count).map { id in
                let (method, path, content) = make(id)
                return Request(
                    id: id, method: method, path: path, count: content, size: 100, isChunked: id % 2 == 1)
            }
        }

        private func judge(
            _ world: World, _ services: [Int], _ requests: [Request],
            configure: (inout ProxyConfiguration) -> Void = { _ in },
            arrange: (SimulatedClient) -> Void = { _ in }
        ) {
            world.startedMs = world.kernel.nowMs
            world.startProxy(services, configure: configure)
            let client = world.addClient(requests, .good, atMs: 0)
            arrange(client)
            world.kernel.run(untilMs: world.startedMs + 100_000) { world.clients.allSatisfy(\.isOver) }
            world.kernel.run(untilMs: world.kernel.nowMs + 40_000)
            world.finish()
            #expect(world.problems.isEmpty, "seed \(world.seed): \(world.problems.joined(separator: "\n"))")
        }

        /// The deadline of the whole request held instead, once the end of the content had been sent.
        @Test(arguments: 0..<10 as Range<UInt64>)
        func `a request with content leaves a host that hangs after the time of one attempt`(seed: UInt64) {
            let world = World(seed: seed)
            world.addOrigins(2)
            world.origins[0].mischief = [.hang]
            world.origins[0].mischiefMs = 0..<Int64.max
            judge(world, [1, 1], Self.requests(4) { _ in ("PUT", "/a", 500) }) { $0.timeouts.perTryMs = 1_000 }
        }

        /// The hedge was sent while the retry was connecting.
        @Test(arguments: 0..<20 as Range<UInt64>)
        func `a request that kills is not hedged beside its retry`(seed: UInt64) {
            let world = World(seed: seed)
            // The first death is known after four times this, and the retry is sent after six. The hedge, which comes
            // after 100 ms while there are few samples, is between them, and sent before the second death is known.
            world.kernel.link.latencyNs = Int64(18_000_000 + world.random.below(6_000_000))
            world.addOrigins(5)
            world.hasPoison = true
            judge(world, [3, 2], Self.requests(1) { _ in ("GET", "/fail", 0) })
        }

        /// The look whether it is still there, due when it had no answer yet, ended it while that was being sent.
        @Test(arguments: 0..<10 as Range<UInt64>)
        func `a client that has ended its side is sent all of its answer, however slowly it takes it`(seed: UInt64) {
            let world = World(seed: seed)
            world.kernel.link.windowBytes = 1_000
            world.kernel.link.latencyNs = 60_000_000
            world.addOrigins(2)
            judge(
                world, [1, 1], [Request(id: 0, method: "GET", path: "/a", count: 0, size: 20_000, isChunked: false)]
            ) { _ in
            } arrange: {
                $0.halfCloses = true
            }
        }

        /// Its connections, an idle and a fresh one, counted as two hosts that the request had killed.
        @Test(arguments: 0..<20 as Range<UInt64>)
        func `a host that ends idle and fresh connections is left for another`(seed: UInt64) {
            let world = World(seed: seed)
            world.thinkMs = 50
            world.addOrigins(3)
            world.origins[1].mischief = [seed % 2 == 0 ? .endAfterRequest : .resetAfterRequest]
            world.origins[1].mischiefMs = world.kernel.nowMs + 200..<Int64.max
            judge(world, [2, 1], Self.requests(20) { _ in ("GET", "/a", 0) })
        }

        /// It was answered 502 after the second, as if it had killed both.
        @Test(arguments: 0..<20 as Range<UInt64>)
        func `a request that shared the deaths of two origins is cleared by the next of its kind`(seed: UInt64) {
            let world = World(seed: seed)
            world.hasPoison = true
            world.kernel.link.latencyNs = 100_000_000
            world.addOrigins(4)
            func kill(nextHostOf id: Int, after deaths: Int) {
                if let hosts = world.records[id]?.hosts, hosts.count > deaths {
                    world.origins[hosts[deaths]].die()
                    if deaths == 0 { return kill(nextHostOf: id, after: 1) }
                    let next = Request(id: 2, method: "GET", path: "/a", count: 0, size: 10, isChunked: false)
                    world.addClient([next], .good, atMs: 500)
                } else {
                    world.kernel.after(ms: 1) { kill(nextHostOf: id, after: deaths) }
                }
            }
            kill(nextHostOf: 1, after: 0)
            judge(world, [2, 2], Self.requests(2) { _ in ("GET", "/a", 0) }) {
                $0.retry.hedge = false
                $0.healthCheck.type = .none
            }
            #expect(world.origins.reduce(0) { $0 + $1.deaths } == 2)
        }
    }
#endif
