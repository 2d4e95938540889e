// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    @testable import EventHTTP
    @testable import EventProxy
    import Glibc

    /// Draws a world from a seed and lets it go on until nothing is left to happen.
    enum Scenario {
        /// More than every deadline there is, added up.
        static let longestMs: Int64 = 400_000

        static func run(
            seed: UInt64, isTold: Bool = false, arrange: (World) -> Void = { _ in }
        ) -> World {
            let world = World(seed: seed)
            arrange(world)
            if isTold { world.kernel.tell = { print($0) } }
            world.random = SimulatedRandom(seed: seed &+ 1)
            drawLink(world)
            let services = (0..<1 + world.random.below(3)).map { _ in 1 + world.random.below(4) }
            world.addOrigins(services.reduce(0, +))
            drawMischief(world)
            // Not drawn from what all else is drawn from, which stays as it was.
            var own = SimulatedRandom(seed: seed ^ 0x7072_6f78)
            world.sendsProxyHeaders = own.oneIn(4)
            world.startedMs = world.kernel.nowMs
            if world.random.oneIn(8) { world.drain(atMs: Int64(world.random.below(3_000))) }
            if world.random.oneIn(50) { runOutOfDescriptors(world) }
            world.startProxy(services, workers: world.random.oneIn(4) ? 2 : 1) { configure(&$0, world) }
            drawClients(world)
            world.kernel.run(untilMs: world.startedMs + longestMs) {
                world.clients.allSatisfy(\.isOver)
            }
            // Idle connections to origins, lingering ones to clients.
            world.kernel.run(untilMs: world.kernel.nowMs + 40_000)
            world.finish()
            return world
        }

        static func describe(_ world: World) -> String {
            let origins = world.origins.map { origin in
                origin.mischief.isEmpty
                    ? "good" : "\(origin.mischief) 1/\(origin.mischiefOneIn) in \(origin.mischiefMs)"
            }
            let attempts = world.setup?.snapshot.configuration.attempts ?? 0
            let services = world.setup?.snapshot.hostCounts ?? []
            return "from \(world.startedMs) ms, \(attempts) attempts, services \(services): \(origins)"
        }

        private static func runOutOfDescriptors(_ world: World) {
            let endMs = world.kernel.nowMs + 1_000
            world.kernel.acceptFailure = { [unowned world] in
                world.kernel.nowMs < endMs && world.random.oneIn(2) ? EMFILE : 0
            }
        }

        private static func drawLink(_ world: World) {
            var link = SimulatedLink()
            link.latencyNs = [50_000, 200_000, 1_000_000, 20_000_000][world.random.below(4)]
            link.jitterNs = Int(link.latencyNs) / 2
            link.windowBytes = [2_000, 16_000, 65_536, 200_000][world.random.below(4)]
            link.splitsOneIn = [1, 3, 10][world.random.below(3)]
            world.kernel.link = link
        }

        private static func drawMischief(_ world: World) {
            let now = world.kernel.nowMs
            let count = min([0, 1, 1, 1, 2, 2, 3][world.random.below(7)], world.origins.count)
            var order = Array(world.origins.indices)
            order.shuffle(using: &world.random)
            let all = SimulatedOrigin.Mischief.allCases
            for index in order.prefix(count) {
                let origin = world.origins[index]
                let kinds = world.random.oneIn(3) ? 3 : 1
                origin.mischief = (0..<kinds).map { _ in all[world.random.below(all.count)] }
                origin.mischiefOneIn = [1, 1, 2, 5][world.random.below(4)]
                let start = now + Int64(world.random.below(1_000))
                let isLasting = world.random.oneIn(2)
                origin.mischiefMs = isLasting ? now..<Int64.max : start..<start + 200 + Int64(world.random.below(3_000))
            }
            world.hasPoison = world.random.oneIn(6)
        }

        private static func configure(_ configuration: inout ProxyConfiguration, _ world: World) {
            configuration.attempts = [3, 3, 3, 2, 4, 1][world.random.below(6)]
            configuration.retry.idempotencyKey = world.trustsKeys
            configuration.retry.hedge = !world.random.oneIn(3)
            let policies = ProxyConfiguration.Balancing.Policy.allCases
            configuration.balancing.policy = policies[world.random.below(policies.count)]
            let checks = ProxyConfiguration.HealthCheck.Kind.allCases
            configuration.healthCheck.type = checks[world.random.below(checks.count)]
            let tryMs = Int64([1_000, 2_000, 5_000][world.random.below(3)])
            configuration.timeouts.perTryMs = tryMs
            configuration.timeouts.connectMs = min(3_000, tryMs)
            if world.random.oneIn(4) {
                configuration.limits.hostRequests = 1 + world.random.below(3)
                configuration.limits.hostQueue = [0, 1, 4, 1_024][world.random.below(4)]
                configuration.timeouts.hostQueueMs = [20, 500, 1_000, 30_000][world.random.below(4)]
            }
        }

        private static func drawClients(_ world: World) {
            let count = 1 + world.random.below(6)
            for index in 0..<count {
                let requests = (0..<1 + world.random.below(10)).map { number in
                    drawRequest(world, id: index * 1_000 + number)
                }
                let manner: SimulatedClient.Manner =
                    switch world.random.below(12) {
                    case 0: .leaves(afterBytes: world.random.below(3_000), withReset: world.random.oneIn(2))
                    case 1: .stalls(afterBytes: world.random.below(300))
                    case 2: world.random.oneIn(3) ? .readsNothing : .good
                    case 3: world.random.oneIn(3) ? .garbage : .good
                    default: .good
                    }
                world.addClient(requests, manner, atMs: Int64(world.random.below(500)))
            }
        }

        private static func drawRequest(_ world: World, id: Int) -> Request {
            let isPoison = world.hasPoison && world.random.oneIn(10)
            let method = isPoison ? "GET" : ["GET", "GET", "GET", "HEAD", "PUT", "POST"][world.random.below(6)]
            let hasContent = method == "PUT" || method == "POST"
            let sizes = [0, 10, 500, 3_000, 20_000, world.random.oneIn(8) ? 300_000 : 70_000]
            let count = hasContent ? sizes[world.random.below(6)] : 0
            return Request(
                id: id, method: method, path: isPoison ? "/fail" : ["/a", "/b?c", "/d/\(id)"][world.random.below(3)],
                count: count, size: sizes[world.random.below(6)], isChunked: hasContent && world.random.oneIn(2),
                expects: count > 0 && world.random.oneIn(4),
                hasKey: method == "POST" && world.trustsKeys && world.random.oneIn(2))
        }
    }
#endif
