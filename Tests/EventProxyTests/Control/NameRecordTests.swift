// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

struct NameRecordTests {
    private static func found(_ hosts: String...) -> Result<NameAnswer, Resolver.Failure> {
        .success(NameAnswer(hosts.map { SocketAddress($0, port: 80)! }))
    }

    private static func failure(isFinal: Bool) -> Result<NameAnswer, Resolver.Failure> {
        .failure(Resolver.Failure(name: "app", reason: "why", isFinal: isFinal))
    }

    private static let holdMs: Int64 = 30_000

    private static func known(_ hosts: String...) -> NameRecord {
        var record = NameRecord()
        _ = record.record(.success(NameAnswer(hosts.map { SocketAddress($0, port: 80)! })), holdMs: holdMs, nowMs: 0)
        return record
    }

    @Test func `another order of the same addresses is no change`() {
        var record = Self.known("10.0.0.2", "10.0.0.1")
        #expect(record.places.map(\.address.host) == ["10.0.0.1", "10.0.0.2"])
        expect(record.record(Self.found("10.0.0.1", "10.0.0.2"), holdMs: Self.holdMs, nowMs: 1) == .none)
        expect(record.record(Self.found("10.0.0.1", "10.0.0.3"), holdMs: Self.holdMs, nowMs: 2) == .moved)
        #expect(record.places.map(\.address.host) == ["10.0.0.1", "10.0.0.3"])
    }

    @Test func `another weight or another port is a change`() {
        func places(_ port: UInt16, weight: UInt16) -> Result<NameAnswer, Resolver.Failure> {
            let address = SocketAddress("10.0.0.1", port: port)!
            let other = SocketAddress("10.0.0.2", port: port)!
            let places = [
                ServiceAnswer.Place(address: address, weight: weight), ServiceAnswer.Place(address: other, weight: 1),
            ]
            return .success(NameAnswer(ServiceAnswer(places: places, ttlSeconds: 5)))
        }
        var record = NameRecord()
        expect(record.record(places(80, weight: 1), holdMs: Self.holdMs, nowMs: 0) == .moved)
        expect(record.record(places(80, weight: 1), holdMs: Self.holdMs, nowMs: 1) == .none)
        expect(record.record(places(80, weight: 2), holdMs: Self.holdMs, nowMs: 2) == .moved)
        expect(record.record(places(81, weight: 2), holdMs: Self.holdMs, nowMs: 3) == .moved)
    }

    @Test func `a resolver that fails takes no address away, however long it fails`() {
        var record = Self.known("10.0.0.1")
        expect(record.record(Self.failure(isFinal: false), holdMs: Self.holdMs, nowMs: 1) == .failing)
        for hour in 1...100 as ClosedRange<Int64> {
            expect(record.record(Self.failure(isFinal: false), holdMs: Self.holdMs, nowMs: hour * 3_600_000) == .none)
        }
        #expect(record.places.count == 1 && record.failure == "why")
        expect(record.record(Self.found("10.0.0.1"), holdMs: Self.holdMs, nowMs: 999_999_999) == .recovered)
        #expect(record.failure == nil)
    }

    @Test(arguments: [true, false])
    func `an answer without addresses has to last before the last ones go`(isEmptyList: Bool) {
        let empty = isEmptyList ? .success(NameAnswer([])) : Self.failure(isFinal: true)
        var record = Self.known("10.0.0.1")
        expect(record.record(empty, holdMs: Self.holdMs, nowMs: 1_000) == .failing)
        expect(record.record(empty, holdMs: Self.holdMs, nowMs: 30_999) == .none)
        #expect(record.places.count == 1)
        expect(record.record(empty, holdMs: Self.holdMs, nowMs: 31_000) == .moved)
        #expect(record.places.isEmpty)
        expect(record.record(Self.found("10.0.0.9"), holdMs: Self.holdMs, nowMs: 40_000) == .moved)
    }

    @Test func `answers without addresses count in a row only`() {
        var record = Self.known("10.0.0.1")
        _ = record.record(Self.failure(isFinal: true), holdMs: Self.holdMs, nowMs: 0)
        _ = record.record(Self.failure(isFinal: false), holdMs: Self.holdMs, nowMs: 20_000)
        _ = record.record(Self.failure(isFinal: true), holdMs: Self.holdMs, nowMs: 40_000)
        #expect(record.places.count == 1)
        _ = record.record(Self.failure(isFinal: true), holdMs: Self.holdMs, nowMs: 70_000)
        #expect(record.places.isEmpty)
    }
}
