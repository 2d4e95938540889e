// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    @testable import EventProxy
    import Testing

    /// Worlds in which hosts have more to do than they may.
    struct LimitTests {
        /// The world judges that no host has more requests than its limit, that each request is answered once, and that
        /// the queues are empty at the end.
        private func run(seed: UInt64, configure: (inout ProxyConfiguration, World) -> Void) -> World {
            let world = World(seed: seed)
            world.thinkMs = 5
            world.addOrigins(1 + world.random.below(4))
            world.startedMs = world.kernel.nowMs
            let first = 1 + world.random.below(world.origins.count)
            let services = [first, world.origins.count - first].filter { $0 > 0 }
            let workers = 1 + world.random.below(2)
            world.startProxy(services, workers: workers) {
                $0.limits.hostRequests = (1 + world.random.below(3)) * workers
                configure(&$0, world)
            }
            for client in 0..<10 {
                let requests = (0..<20).map {
                    Request(
                        id: client * 100 + $0, method: ["GET", "PUT", "POST"][world.random.below(3)], path: "/a",
                        count: 0, size: [10, 5_000][world.random.below(2)], isChunked: false)
                }
                let leaves = client == 9 && world.random.oneIn(2)
                world.addClient(
                    requests, leaves ? .leaves(afterBytes: 200 + world.random.below(400), withReset: true) : .good,
                    atMs: Int64(client))
            }
            world.kernel.run(untilMs: world.startedMs + 300_000) { world.clients.allSatisfy(\.isOver) }
            world.kernel.run(untilMs: world.kernel.nowMs + 40_000)
            return world
        }

        @Test(arguments: 0..<100 as Range<UInt64>)
        func `good hosts at their limit answer in turn or say that they are full`(seed: UInt64) {
            let world = run(seed: seed) { configuration, world in
                configuration.limits.hostQueue = [0, 2, 1_024][world.random.below(3)]
                configuration.timeouts.hostQueueMs = [50, 1_000][world.random.below(2)]
            }
            // A refusal costs no retry and ejects nobody.
            #expect(world.proxies.allSatisfy { $0.metrics.retries == 0 })
            #expect(world.setup?.health.ejectedCount == 0)
            world.finish()
            #expect(world.problems.isEmpty, "seed \(seed): \(world.problems.joined(separator: "\n"))")
        }

        @Test(arguments: 0..<100 as Range<UInt64>)
        func `hosts that fail at their limit lose and double nothing`(seed: UInt64) {
            let all = SimulatedOrigin.Mischief.allCases
            let world = run(seed: seed) { configuration, world in
                configuration.limits.hostQueue = 1_024
                configuration.timeouts.perTryMs = 1_000
                configuration.timeouts.connectMs = 1_000
                let origin = world.origins[0]
                origin.mischief = [all[world.random.below(all.count)]]
                origin.mischiefOneIn = 1 + world.random.below(3)
                origin.mischiefMs = 0..<Int64.max
            }
            world.finish()
            #expect(world.problems.isEmpty, "seed \(seed): \(world.problems.joined(separator: "\n"))")
        }

        @Test func `worlds with limits meet them`() {
            var queued: UInt64 = 0
            var limited: UInt64 = 0
            for seed in 0..<10 as Range<UInt64> {
                let world = run(seed: seed) { configuration, _ in configuration.limits.hostQueue = 4 }
                queued += world.proxies.reduce(0) { $0 + $1.metrics.hostQueued.total }
                limited += world.proxies.reduce(0) { $0 + $1.metrics.hostLimited.total }
                world.finish()
            }
            #expect(queued > 100 && limited > 10, "\(queued) \(limited)")
        }
    }
#endif
