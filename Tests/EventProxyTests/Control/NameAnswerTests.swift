// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport
import Testing

@testable import EventProxy

struct NameAnswerTests {
    @Test(
        arguments: [
            ([], []), ([0], [1]), ([0, 0], [1, 1]), ([33, 33, 33], [1, 1, 1]), ([100, 300], [1, 3]), ([5, 7], [5, 7]),
            ([256, 1], [256, 1]), ([257, 1], [256, 1]), ([65535, 1, 0], [256, 1, 1]), ([60000, 30000], [2, 1]),
            ([0, 4], [1, 1]),
        ] as [([UInt16], [Int])])
    func `the weights of records are shares from 1 to 256`(given: [UInt16], expected: [Int]) {
        #expect(NameAnswer.weights(given) == expected)
    }

    @Test func `a service's hosts have their ports, weights and time, others have none`() {
        let addresses = ["10.0.0.1", "10.0.0.2"].map { SocketAddress($0, port: 80)! }
        let places = zip(addresses, [10, 30]).map { ServiceAnswer.Place(address: $0, weight: $1) }
        let service = NameAnswer(ServiceAnswer(places: places, ttlSeconds: 7))
        #expect(service.places.map(\.address) == addresses && service.places.map(\.weight) == [1, 3])
        #expect(service.ttlMs == 7_000)
        let plain = NameAnswer(addresses)
        #expect(plain.places.map(\.address) == addresses && plain.places.map(\.weight) == [nil, nil])
        #expect(plain.ttlMs == nil)
    }

    @Test func `the machine's resolver knows no service that is none`() throws {
        let failed = Shared(false)
        let name = HostName(.init(address: "_http._tcp.no-such-name.invalid", port: 0))
        #expect(
            NameAnswer.lookUp(name) { result in
                if case .failure = result { failed.change { $0 = true } }
            })
        _ = try eventually(30, "the resolver") { failed.current ? true : nil }
    }
}
