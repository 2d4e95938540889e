// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

struct ConcurrencyLimitTests {
    /// A service with some servers that take requests in the order in which they come, and clients that ask again as
    /// soon as they are answered. Time is virtual.
    private struct World {
        var limit: ConcurrencyLimit
        var servers: Int
        var serviceUs: Int64
        var clients: Int
        private var nowUs: Int64 = 0
        private var inFlight: [(beganUs: Int64, endsUs: Int64)] = []
        private var freeUs: [Int64] = []
        private var random = SplitMix64(seed: 7)

        init(most: Int = 1_000, servers: Int, serviceUs: Int64 = 10_000, clients: Int = 200) {
            limit = ConcurrencyLimit(most: most)
            self.servers = servers
            self.serviceUs = serviceUs
            self.clients = clients
        }

        mutating func run(seconds: Int64) {
            let endUs = nowUs + seconds * 1_000_000
            while nowUs < endUs {
                while inFlight.count < min(clients, limit.current) { begin() }
                if clients > limit.current { limit.reached() }
                guard let next = inFlight.indices.min(by: { inFlight[$0].endsUs < inFlight[$1].endsUs }) else { return }
                let ended = inFlight.remove(at: next)
                nowUs = max(nowUs, ended.endsUs)
                _ = limit.record(us: nowUs - ended.beganUs, beganMs: ended.beganUs / 1_000, nowMs: nowUs / 1_000)
            }
        }

        private mutating func begin() {
            while freeUs.count < servers { freeUs.append(nowUs) }
            freeUs.sort()
            freeUs.removeLast(freeUs.count - servers)
            // From nine to eleven tenths of the usual time.
            let takesUs = serviceUs * Int64(90 + random.below(21)) / 100
            freeUs[0] = max(freeUs[0], nowUs) + takesUs
            inFlight.append((nowUs, freeUs[0]))
        }
    }

    @Test func `the limit falls when latency rises, and rises again when it falls`() {
        var world = World(servers: 40)
        world.run(seconds: 10)
        #expect((40...90).contains(world.limit.current), "as many as there are servers and a few that wait")
        world.servers = 8
        world.run(seconds: 10)
        #expect((4...24).contains(world.limit.current))
        world.servers = 40
        world.run(seconds: 10)
        #expect((40...90).contains(world.limit.current))
    }

    @Test func `a service that has become slower for good is not held down`() {
        var world = World(servers: 40)
        world.run(seconds: 20)
        world.serviceUs = 100_000
        world.run(seconds: 8)
        #expect(world.limit.current < 20, "nobody can know yet why it takes longer")
        world.run(seconds: 60)
        #expect((40...90).contains(world.limit.current))
    }

    @Test func `under load that never ends the limit does not creep up`() {
        var world = World(servers: 40)
        for _ in 0..<60 {
            world.run(seconds: 10)
            #expect((10...90).contains(world.limit.current))
        }
    }

    @Test func `a limit that is not reached does not grow, and none is beyond the most`() {
        var world = World(servers: 40, clients: 10)
        world.run(seconds: 60)
        #expect(world.limit.current == 20)
        world.clients = 200
        world.limit = ConcurrencyLimit(most: 30)
        world.run(seconds: 60)
        #expect(world.limit.current == 30)
        #expect(world.limit.bounded(by: 25).current == 25)
    }

    @Test func `it is never below four, however slow the service is`() {
        var world = World(servers: 1, serviceUs: 1_000_000)
        world.limit = ConcurrencyLimit(most: 1)
        world.run(seconds: 600)
        #expect(world.limit.current == 4)
    }

    @Test func `a window without enough requests says nothing, and one alone lowers it only so far`() {
        var limit = ConcurrencyLimit(most: 1_000)
        func record(us: Int64, _ times: Range<Int64>) -> Int {
            for tick in times { _ = limit.record(us: us, beganMs: tick * 20, nowMs: tick * 20) }
            return limit.current
        }
        #expect(record(us: 10_000, 0..<16) == 20, "that is without load")
        #expect(record(us: 10_000_000, 100..<115) == 20)
        // Half of it, and its square root.
        #expect(record(us: 10_000_000, 115..<116) == 14)
    }

    @Test func `some requests that are slow by nature do not lower it`() {
        var limit = ConcurrencyLimit(most: 1_000)
        for tick in 0..<10_000 as Range<Int64> {
            limit.reached()
            _ = limit.record(us: tick % 3 == 0 ? 500_000 : 10_000, beganMs: tick * 2, nowMs: tick * 2)
        }
        #expect(limit.current > 500)
    }
}
