// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    @testable import EventHTTP
    @testable import EventProxy
    import Testing

    /// Worlds in which a route keeps requests from one service, while hosts fail, come and go.
    struct RoutedChangeTests {
        private static func route(_ configuration: inout ProxyConfiguration) {
            var route = ProxyConfiguration.Route()
            route.services = ["s1", "s2"]
            configuration.routes = [route]
        }

        private static func change(_ world: World) {
            // Of the services of the route one host each stays; those of the other one are always there to go wrong.
            let members = world.origins.indices.filter { $0 < 6 || world.random.oneIn(2) }
            world.change(to: Set(members)) { configuration in
                route(&configuration)
                let policies = ProxyConfiguration.Balancing.Policy.allCases
                configuration.balancing.policy = policies[world.random.below(policies.count)]
                configuration.limits.hostRequests = world.random.oneIn(2) ? 2 : 0
                configuration.attempts = 5
                // The numbers of the services change, too.
                if world.random.oneIn(2) { configuration.services.reverse() }
            }
        }

        private static func run(seed: UInt64) -> World {
            let world = World(seed: seed)
            world.thinkMs = 10
            world.addOrigins(12)
            for origin in world.origins where origin.index % 3 != 0 {
                origin.mischief = [.serverError, .refuses, .resetAfterRequest, .hang]
                origin.mischiefOneIn = 2
                origin.mischiefMs = 0..<Int64.max
            }
            world.startedMs = world.kernel.nowMs
            world.judgesLimits = false
            world.startProxy([world.origins.count]) { _ in }
            change(world)
            for client in 0..<8 {
                let requests = (0..<20).map { number in
                    Request(
                        id: client * 100 + number, method: "GET", path: "/a", count: 0, size: 100, isChunked: false)
                }
                world.addClient(requests, .good, atMs: Int64(client))
            }
            for _ in 0..<40 { world.kernel.after(ms: Int64(world.random.below(4_000))) { change(world) } }
            world.kernel.run(untilMs: world.startedMs + 400_000) { world.clients.allSatisfy(\.isOver) }
            return world
        }

        @Test(arguments: UInt64(0)..<20) func `no other service gets a request, whatever fails and changes`(
            seed: UInt64
        ) {
            let world = Self.run(seed: seed)
            let hosts = world.records.values.flatMap(\.hosts)
            #expect(hosts.count > 160, "requests were sent, and sent again")
            let strays = hosts.filter { $0 % 3 == 0 }
            #expect(strays.isEmpty, "seed \(seed): hosts \(strays) are of the other service")
        }
    }
#endif
