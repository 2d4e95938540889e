// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

struct ProxySnapshotTests {
    private static func configuration(_ services: [String: [String]]) -> ProxyConfiguration {
        ProxyConfiguration(
            services: services.sorted { $0.key < $1.key }.map { name, hosts in
                .init(name: name, hosts: hosts.map { ProxyConfiguration.Host(address: $0, port: 80) })
            })
    }

    private static func snapshot(_ services: [String: [String]], after old: ProxySnapshot? = nil) -> ProxySnapshot {
        ProxySnapshot(configuration(services), KnownAddresses(), after: old, workers: 1)
    }

    @Test func `a host keeps its identity as long as its service and address stay`() {
        let first = Self.snapshot(["a": ["10.0.0.1", "10.0.0.2"], "b": ["10.0.0.1"]])
        let second = Self.snapshot(["a": ["10.0.0.2", "10.0.0.3"], "b": ["10.0.0.1"]], after: first)
        let third = Self.snapshot(["a": ["10.0.0.1", "10.0.0.2"]], after: second)
        #expect(first.hosts.map(\.id) == [0, 1, 2])
        #expect(second.hosts.map(\.id) == [1, 3, 2])
        // Who comes back is new.
        #expect(third.hosts.map(\.id) == [4, 1])
        #expect(first.numbers(in: second) == [nil, 0, 2])
        #expect(second.serviceNumbers(in: third) == [0, nil])
    }

    @Test func `a host that is to be told whose its connections are is another one`() {
        var configuration = Self.configuration(["a": ["10.0.0.1"], "b": ["10.0.0.2"]])
        let first = ProxySnapshot(configuration, KnownAddresses(), after: nil, workers: 1)
        configuration.services[0].sendProxy = .v2
        let second = ProxySnapshot(configuration, KnownAddresses(), after: first, workers: 1)
        #expect(second.hosts.map(\.takesProxyHeader) == [true, false])
        #expect(first.numbers(in: second) == [nil, 1])
    }

    @Test func `the hosts of a service's records have their ports and their weights`() {
        let configuration = ProxyConfiguration(services: [
            .init(name: "a", hosts: [.init(address: "_http._tcp.app", port: 0)])
        ])
        func snapshot(_ weights: [Int], after old: ProxySnapshot? = nil) -> ProxySnapshot {
            var known = KnownAddresses()
            known[HostName(configuration.services[0].hosts[0])] = zip([8080, 8081] as [UInt16], weights).map {
                HostPlace(address: SocketAddress("10.0.0.1", port: $0)!, weight: $1)
            }
            return ProxySnapshot(configuration, known, after: old, workers: 1)
        }
        let first = snapshot([1, 3])
        #expect(first.hosts.map(\.label) == ["a-10.0.0.1-8080", "a-10.0.0.1-8081"])
        let table = first.makeTable()
        #expect((0..<2).map { table[$0].weight } == [1, 3])
        // The records may change their minds of who gets how much; the hosts stay who they are.
        let second = snapshot([5, 1], after: first)
        #expect(second.hosts.map(\.id) == first.hosts.map(\.id))
        #expect(second.hosts.map(\.weight) == [5, 1])
    }

    @Test func `a name has as many hosts as addresses, and none if they are not known`() {
        let configuration = Self.configuration(["a": ["app", "10.0.0.1"], "b": ["other"]])
        var known = KnownAddresses()
        // One of them is also there as an address: that is one host.
        known[HostName(.init(address: "app", port: 80))] = ["10.0.0.1", "10.0.0.2"].map {
            HostPlace(address: SocketAddress($0, port: 80)!)
        }
        let snapshot = ProxySnapshot(configuration, known, after: nil, workers: 1)
        #expect(snapshot.hosts.map(\.address.host) == ["10.0.0.1", "10.0.0.2"])
        #expect(snapshot.hostCounts == [2, 0])
        #expect(snapshot.hosts.map(\.label) == ["a-10.0.0.1-80", "a-10.0.0.2-80"])
    }

    @Test func `hosts are only so many, however many addresses a name has`() {
        var known = KnownAddresses()
        known[HostName(.init(address: "app", port: 80))] = (0..<66_000).map {
            HostPlace(address: SocketAddress(ipv4: 0x0a00_0000 + $0, port: 80))
        }
        let snapshot = ProxySnapshot(Self.configuration(["a": ["app"]]), known, after: nil, workers: 1)
        #expect(snapshot.hosts.count == HealthBoard.hostsMax)
    }

    @Test func `an ejection outlives a reload, and one of a host that goes makes room for another`() {
        let first = Self.snapshot(["a": ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]])
        var random = SplitMix64(seed: 1)
        for host in [0, 1] { _ = first.health.eject(host, .consecutiveFailures, nowMs: 1_000, using: &random) }
        #expect(first.health.eject(2, .consecutiveFailures, nowMs: 1_000, using: &random) == .refused)
        let second = Self.snapshot(["a": ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]], after: first)
        first.health.retire(0)
        #expect(second.health.state(0).isEjected && second.health.ejectedCount == 1)
        #expect(second.health.availableCount == 3)
        // A loop that is still on the old board says nothing any more of the host that went.
        #expect(first.health.eject(0, .consecutiveFailures, nowMs: 1_000, using: &random) == .wasOut)
        #expect(second.health.ejectedCount == 1)
        guard case .ejected = second.health.eject(1, .consecutiveFailures, nowMs: 1_000, using: &random) else {
            Issue.record("there was room")
            return
        }
    }

    @Test func `the configured times and sizes are in force`() {
        var configuration = Self.configuration(["a": ["10.0.0.1"]])
        configuration.timeouts.clientHeaderMs = 1
        configuration.timeouts.clientBodyMs = 2
        configuration.timeouts.clientIdleMs = 3
        configuration.timeouts.clientWriteMs = 4
        configuration.timeouts.tunnelMs = 5
        configuration.drain.delayMs = 6
        configuration.drain.timeoutMs = 7
        configuration.timeouts.connectMs = 8
        configuration.timeouts.responseMs = 9
        configuration.timeouts.originBodyMs = 10
        configuration.limits.lineBytes = 11
        configuration.limits.headBytes = 12
        configuration.limits.fields = 13
        let snapshot = ProxySnapshot(configuration, KnownAddresses(), after: nil, workers: 1)
        let clients = snapshot.serverOptions(of: "proxy-server")
        #expect(clients.headTimeoutMs == 1 && clients.bodyTimeoutMs == 2 && clients.idleTimeoutMs == 3)
        #expect(clients.writeTimeoutMs == 4 && clients.tunnelTimeoutMs == 5)
        #expect(clients.drainDelayMs == 6 && clients.drainTimeoutMs == 7)
        let origins = snapshot.timeouts
        #expect(origins.tunnelMs == 5 && origins.connectMs == 8 && origins.responseMs == 9 && origins.bodyMs == 10)
        #expect(clients.bodyBytesMax == nil)
        configuration.limits.bodyBytes = 14
        let other = ProxySnapshot(configuration, KnownAddresses(), after: snapshot, workers: 1)
        #expect(other.serverOptions(of: "proxy-server").bodyBytesMax == 14)
        for limits in [clients.limits, snapshot.limits] {
            #expect(limits.lineBytesMax == 11 && limits.headBytesMax == 12 && limits.fieldsMax == 13)
        }
    }

    @Test func `the round robin goes on where it was`() {
        let services = ["a": ["10.0.0.1", "10.0.0.2", "10.0.0.3"]]
        let first = Self.snapshot(services)
        var table = first.makeTable()
        var random = SplitMix64(seed: 1)
        var balancer = first.makeBalancer(table, seed: 0)
        var snapshot = first
        var counts = [0, 0, 0]
        // One choice after each reload: from the beginning each time, it would always be the same host.
        for _ in 0..<30 {
            let host = balancer.select(table, key: 0, tried: TriedHosts(), nowMs: 0, random: &random)
            counts[host ?? 0] += 1
            let next = Self.snapshot(services, after: snapshot)
            table = next.makeTable()
            var following = next.makeBalancer(table, seed: 0)
            following.adopt(
                balancer, hosts: snapshot.numbers(in: next), services: snapshot.serviceNumbers(in: next), choices: [0])
            balancer = following
            snapshot = next
        }
        #expect(counts == [10, 10, 10])
    }

    @Test func `so it does among the services of each route, in whatever order they come`() {
        var configuration = Self.configuration(["a": ["10.0.0.1"], "b": ["10.0.0.2"], "c": ["10.0.0.3"]])
        configuration.routes = ["/x", "/y"].map { path in
            var route = ProxyConfiguration.Route()
            route.pathPrefix = path
            route.services = ["b", "c"]
            return route
        }
        var snapshot = ProxySnapshot(configuration, KnownAddresses(), after: nil, workers: 1)
        var table = snapshot.makeTable()
        var random = SplitMix64(seed: 1)
        var balancer = snapshot.makeBalancer(table, seed: 0)
        var counts: [String: Int] = [:]
        for round in 0..<20 {
            // The route that was asked for in this round is asked for again, where it is now.
            for (number, route) in configuration.routes.enumerated() where route.pathPrefix == "/x" || round % 2 == 0 {
                let services = configuration.services.indices.filter { configuration.services[$0].name != "a" }
                let choice = ServiceChoice(number: number + 1, services: ServiceMask(services))
                let host = balancer.select(
                    table, key: 0, tried: TriedHosts(), choice: choice, nowMs: 0, random: &random)
                let service = host.map { snapshot.hosts[$0].service } ?? "none"
                counts["\(route.pathPrefix) \(service)", default: 0] += 1
            }
            configuration.routes.reverse()
            if round % 3 == 0 { configuration.services.reverse() }
            let next = ProxySnapshot(configuration, KnownAddresses(), after: snapshot, workers: 1)
            table = next.makeTable()
            var following = next.makeBalancer(table, seed: 0)
            following.adopt(
                balancer, hosts: snapshot.numbers(in: next), services: snapshot.serviceNumbers(in: next),
                choices: snapshot.choiceNumbers(in: next))
            balancer = following
            snapshot = next
        }
        #expect(counts == ["/x b": 10, "/x c": 10, "/y b": 5, "/y c": 5])
    }

    @Test func `a route that is new or gone leaves the others their turns`() {
        var configuration = Self.configuration(["a": ["10.0.0.1"], "b": ["10.0.0.2"]])
        configuration.routes = [ProxyConfiguration.Route(), ProxyConfiguration.Route()]
        configuration.routes[1].pathPrefix = "/x"
        let first = ProxySnapshot(configuration, KnownAddresses(), after: nil, workers: 1)
        configuration.routes[0].pathPrefix = "/y"
        configuration.routes.reverse()
        let second = ProxySnapshot(configuration, KnownAddresses(), after: first, workers: 1)
        #expect(first.choiceNumbers(in: second) == [0, nil, 1])
        #expect(second.choiceNumbers(in: first) == [0, 2, nil])
    }

    @Test(arguments: ProxyConfiguration.Balancing.Policy.allCases)
    func `a proxy without any host answers that there is none`(policy: ProxyConfiguration.Balancing.Policy) {
        var configuration = Self.configuration(["a": ["nowhere.invalid"], "b": ["neither.invalid"]])
        configuration.balancing.policy = policy
        let snapshot = ProxySnapshot(configuration, KnownAddresses(), after: nil, workers: 1)
        let table = snapshot.makeTable()
        var balancer = snapshot.makeBalancer(table, seed: 3)
        var random = SplitMix64(seed: 1)
        expect(balancer.select(table, key: 7, tried: TriedHosts(), nowMs: 0, random: &random) == nil)
    }
}
