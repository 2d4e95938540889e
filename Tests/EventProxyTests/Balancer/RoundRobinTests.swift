// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

struct RoundRobinTests {
    static let shapes: [[Int]] = [
        [1], [2], [7], [1, 1], [2, 2], [2, 3], [3, 3], [1, 5], [4, 1, 2], [3, 5, 7], [10, 1, 1, 6],
    ]

    /// Of each service all hosts equally often, and all services equally often.
    private func expectEven(_ shape: [Int], _ chosen: [Int], rounds: Int) {
        var counts = [Int](repeating: 0, count: shape.reduce(0, +))
        for host in chosen { counts[host] += 1 }
        var first = 0
        for hosts in shape {
            #expect(Set(counts[first..<first + hosts]) == [rounds / hosts], "\(shape) \(counts)")
            first += hosts
        }
    }

    private func product(_ shape: [Int]) -> Int { shape.reduce(1, *) }

    @Test(arguments: shapes, [0, 1, 5, 12345]) func `services and their hosts are chosen exactly evenly`(
        shape: [Int], seed: Int
    ) {
        var balancer = EqualTurns(hostCounts: shape, seed: seed)
        let rounds = product(shape)
        let chosen = (0..<rounds * shape.count).map { _ in balancer.select() }
        expectEven(shape, chosen, rounds: rounds)
        // And in between never more than one apart: each service once in every round.
        for start in stride(from: 0, to: chosen.count, by: shape.count) {
            let services = Set(chosen[start..<start + shape.count].map { balancer.service(of: $0) })
            #expect(services.count == shape.count)
        }
    }

    @Test func `of two services with two hosts all four are chosen, which the reference got wrong`() {
        var balancer = EqualTurns(hostCounts: [2, 2], seed: 0)
        #expect((0..<8).map { _ in balancer.select() } == [0, 2, 1, 3, 0, 2, 1, 3])
    }

    @Test(arguments: shapes) func `seeds only say where the round begins`(shape: [Int]) {
        for seed in 0..<20 {
            var balancer = EqualTurns(hostCounts: shape, seed: seed)
            let first = balancer.select()
            #expect(balancer.service(of: first) == seed % shape.count)
        }
    }

    @Test(arguments: shapes, [0, 3]) func `alternates prefer services that were not tried, and never repeat a host`(
        shape: [Int], seed: Int
    ) {
        var balancer = EqualTurns(hostCounts: shape, seed: seed)
        let hosts = min(shape.reduce(0, +), TriedHosts.attemptsMax)
        for _ in 0..<50 {
            var tried = TriedHosts()
            tried.insert(balancer.select())
            var services = [balancer.service(of: tried.all[0])]
            while tried.count < hosts {
                guard let next = balancer.selectAlternate(tried: tried) else {
                    Issue.record("no alternate after \(tried.all) of \(shape)")
                    return
                }
                #expect(!tried.contains(next))
                let service = balancer.service(of: next)
                let isEveryServiceTried = Set(services).count == shape.count
                #expect(isEveryServiceTried || !services.contains(service), "\(shape) \(tried.all) \(next)")
                services.append(service)
                tried.insert(next)
            }
            if hosts == shape.reduce(0, +) { #expect(balancer.selectAlternate(tried: tried) == nil) }
        }
    }

    @Test(arguments: shapes) func `failures do not disturb the even distribution of first attempts`(shape: [Int]) {
        var generator = SplitMix64(seed: 42)
        var balancer = EqualTurns(hostCounts: shape, seed: 1)
        let rounds = product(shape)
        var chosen: [Int] = []
        for _ in 0..<rounds * shape.count {
            var tried = TriedHosts()
            tried.insert(balancer.select())
            chosen.append(tried.all[0])
            for _ in 0..<Int.random(in: 0..<4, using: &generator) where tried.count < TriedHosts.attemptsMax {
                if let next = balancer.selectAlternate(tried: tried) { tried.insert(next) }
            }
        }
        expectEven(shape, chosen, rounds: rounds)
    }

    @Test func `the load of a dead host is spread over the hosts of the other service`() {
        var balancer = EqualTurns(hostCounts: [3, 3], seed: 0)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<180 {
            let first = balancer.select()
            guard first == 0 else { continue }
            var tried = TriedHosts()
            tried.insert(first)
            if let next = balancer.selectAlternate(tried: tried) { counts[next] += 1 }
        }
        #expect(counts == [0, 0, 0, 10, 10, 10])
    }

    @Test func `the set of tried hosts holds ten`() async {
        var tried = TriedHosts()
        for host in 0..<10 {
            #expect(!tried.contains(host))
            tried.insert(host)
        }
        #expect((0..<10).allSatisfy(tried.contains) && !tried.contains(10) && !tried.contains(-1 + 12))
        await #expect(processExitsWith: .failure) {
            var tried = TriedHosts()
            for host in 0...10 { tried.insert(host) }
        }
    }
}

extension TriedHosts {
    fileprivate var all: [Int] { (0..<1000).filter(contains) }
}
