// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    @testable import EventHTTP
    @testable import EventProxy
    import Testing

    extension World {
        /// Goes over to these origins, as a reload or a lookup would have it. An origin stays in its service.
        func change(to members: Set<Int>, configure: (inout ProxyConfiguration) -> Void) {
            guard let setup else { return }
            var configuration = setup.snapshot.configuration
            configuration.services = (0..<3).compactMap { service in
                let hosts = members.sorted().filter { $0 % 3 == service }.map {
                    ProxyConfiguration.Host(address: origins[$0].address.host, port: origins[$0].address.port)
                }
                return hosts.isEmpty ? nil : ProxyConfiguration.Service(name: "s\(service)", hosts: hosts)
            }
            configure(&configuration)
            let snapshot = setup.publish(configuration, KnownAddresses())
            checker?.follow(snapshot)
            for (proxy, server) in zip(proxies, servers) {
                proxy.apply(snapshot)
                server.options = snapshot.serverOptions(of: "proxy-server")
            }
        }
    }

    /// Worlds whose hosts come and go while requests are under way.
    struct ChangeTests {
        /// Some of the origins, in a world with a bad one at least two others.
        private static func draw(_ world: World) -> Set<Int> {
            var members = Array(world.origins.indices)
            members.shuffle(using: &world.random)
            members.removeLast(world.random.below(members.count))
            return Set(members + (world.badHosts.isEmpty ? [] : [1, 2]))
        }

        private static func configure(_ configuration: inout ProxyConfiguration, _ world: World) {
            let policies = ProxyConfiguration.Balancing.Policy.allCases
            configuration.balancing.policy = policies[world.random.below(policies.count)]
            let checks = ProxyConfiguration.HealthCheck.Kind.allCases
            configuration.healthCheck.type = checks[world.random.below(checks.count)]
            configuration.retry.hedge = world.random.oneIn(2)
            configuration.limits.hostRequests = world.random.oneIn(3) ? 4 + world.random.below(4) : 0
            configuration.timeouts.hostQueueMs = 30_000
            configuration.timeouts.originIdleMs = [50, 4_000][world.random.below(2)]
        }

        private static func run(seed: UInt64, mischief: Bool) -> World {
            let world = World(seed: seed)
            world.thinkMs = 10
            world.kernel.link.latencyNs = [50_000, 1_000_000, 20_000_000][world.random.below(3)]
            world.addOrigins(3 + world.random.below(5))
            if mischief {
                let all = SimulatedOrigin.Mischief.allCases
                world.origins[0].mischief = [all[world.random.below(all.count)]]
                world.origins[0].mischiefOneIn = 1 + world.random.below(3)
                world.origins[0].mischiefMs = 0..<Int64.max
            }
            world.startedMs = world.kernel.nowMs
            world.judgesLimits = false
            world.startProxy([world.origins.count], workers: 1 + world.random.below(2)) { _ in }
            world.change(to: Set(world.origins.indices)) { _ in }
            for client in 0..<6 {
                let requests = (0..<20).map { number in
                    let method = ["GET", "GET", "PUT", "POST"][world.random.below(4)]
                    let count = method == "GET" ? 0 : [10, 3_000, 70_000][world.random.below(3)]
                    return Request(
                        id: client * 100 + number, method: method, path: "/a", count: count,
                        size: [10, 5_000, 70_000][world.random.below(3)], isChunked: count > 0 && world.random.oneIn(2))
                }
                world.addClient(requests, .good, atMs: Int64(client))
            }
            for _ in 0..<20 {
                world.kernel.after(ms: Int64(world.random.below(1_000))) {
                    world.change(to: draw(world)) { configure(&$0, world) }
                }
            }
            world.kernel.run(untilMs: world.startedMs + 400_000) { world.clients.allSatisfy(\.isOver) }
            world.kernel.run(untilMs: world.kernel.nowMs + 40_000)
            return world
        }

        @Test(arguments: 0..<20) func `good hosts that come and go cost no request`(batch: Int) {
            for seed in stride(from: UInt64(batch), to: 40, by: 20) {
                let world = Self.run(seed: seed, mischief: false)
                #expect(world.proxies.allSatisfy { $0.snapshot.number == 22 })
                world.finish()
                #expect(world.problems.isEmpty, "seed \(seed): \(world.problems.joined(separator: "\n"))")
            }
        }

        @Test(arguments: 0..<20) func `the promises hold while hosts come and go and one is bad`(batch: Int) {
            for seed in stride(from: UInt64(batch), to: 40, by: 20) {
                let world = Self.run(seed: seed, mischief: true)
                world.finish()
                #expect(world.problems.isEmpty, "seed \(seed): \(world.problems.joined(separator: "\n"))")
            }
        }
    }
#endif
