// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// Where services are, as DNS messages say it (RFC 2782).
struct ServiceRecordsTests {
    // MARK: Messages

    private static func uint16(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

    private static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    /// A record under the name of the question, at byte 12 of the message.
    private static func record(type: Int = 33, class kind: Int = 1, ttl: [UInt8] = [0, 0, 0, 30], _ data: [UInt8])
        -> [UInt8]
    {
        [0xc0, 12] + uint16(type) + uint16(kind) + ttl + uint16(data.count) + data
    }

    private static func service(
        _ priority: Int, _ weight: Int, _ port: Int, _ target: [UInt8], ttl: [UInt8] = [0, 0, 0, 30]
    ) -> [UInt8] {
        record(ttl: ttl, uint16(priority) + uint16(weight) + uint16(port) + target)
    }

    /// Of four labels, three of them as long as can be.
    private static func longName(lastLabel: Int) -> [UInt8] {
        let label = [63] + [UInt8](repeating: UInt8(ascii: "a"), count: 63)
        return label + label + label + [UInt8(lastLabel)] + [UInt8](repeating: UInt8(ascii: "b"), count: lastLabel) + [
            0
        ]
    }

    private static let question = name("_http._tcp.app.test") + uint16(33) + uint16(1)

    private static func message(_ answers: [UInt8]..., count: Int? = nil) -> [UInt8] {
        uint16(7) + uint16(0x8180) + uint16(1) + uint16(count ?? answers.count) + uint16(0) + uint16(0) + question
            + answers.flatMap { $0 }
    }

    // MARK: What they say

    @Test func `each record is a place of the service, and the shortest time holds for all`() throws {
        let records = try ServiceRecords(
            Self.message(
                Self.service(1, 2, 8080, Self.name("a.app.test"), ttl: [0, 0, 1, 0]),
                Self.service(0, 65535, 443, Self.name("B.app.test"))))
        #expect(
            records.records == [
                .init(priority: 1, weight: 2, port: 8080, target: "a.app.test"),
                .init(priority: 0, weight: 65535, port: 443, target: "B.app.test"),
            ])
        #expect(records.ttlSeconds == 30)
        for order in [[5, 9, 7], [9, 7, 5], [7, 5, 9]] as [[UInt8]] {
            let services = order.map { Self.service(0, 0, 80, Self.name("a.test"), ttl: [0, 0, 0, $0]) }
            #expect(try ServiceRecords(Self.message(services[0], services[1], services[2])).ttlSeconds == 5)
        }
    }

    @Test func `the end of a name may stand elsewhere in the message`() throws {
        // Byte 23 is where app.test of the question begins.
        let records = try ServiceRecords(Self.message(Self.service(0, 0, 80, [1, UInt8(ascii: "a"), 0xc0, 23])))
        #expect(records.records.map(\.target) == ["a.app.test"])
    }

    @Test(arguments: [
        ("an alias", record(type: 5, name("other.test"))), ("a text", record(type: 16, [3, 0, 0xff, 0xc0])),
        ("another class", record(class: 3, [0])),
    ])
    func `other records are passed over`(what: String, other: [UInt8]) throws {
        let records = try ServiceRecords(Self.message(other, Self.service(0, 0, 80, Self.name("a.test"))))
        #expect(records.records.map(\.target) == ["a.test"])
    }

    @Test func `a time with its first bit set is none`() throws {
        let ttl: [UInt8] = [0x80, 0, 0, 1]
        #expect(try ServiceRecords(Self.message(Self.service(0, 0, 80, [0], ttl: ttl))).ttlSeconds == 0)
    }

    @Test(arguments: [
        ("nothing", []),
        ("a name that stands where it begins", message(service(0, 0, 80, [0xc0, 55]))),
        ("a name that stands further on", message(service(0, 0, 80, [0xc0, 100]), [UInt8](repeating: 0, count: 90))),
        ("names that stand in each other", message(record([0, 0, 0, 0, 0, 80, 1, 0x61, 0xc0, 55]))),
        ("a kind of label that there is not", message(service(0, 0, 80, [0x40, 0x61, 0]))),
        ("a label with a dot", message(service(0, 0, 80, [3, 0x61, 0x2e, 0x62, 0]))),
        ("a label with a NUL", message(service(0, 0, 80, [3, 0x61, 0, 0x62, 0]))),
        ("a name of 256 octets", message(service(0, 0, 80, longName(lastLabel: 62)))),
        ("another record that ends beyond it", message(record(type: 16, []).dropLast() + [1])),
        ("more data than its name", message(service(0, 0, 80, [0, 0]))),
        ("less data than a port", message(record([0, 0, 0, 0]))),
        ("fewer records than it says", message(service(0, 0, 80, [0]), count: 2)),
    ])
    func `a message that says something impossible says nothing`(what: String, message: [UInt8]) {
        #expect(throws: ServiceRecords.Malformed.self, "\(what)") { try ServiceRecords(message) }
    }

    @Test func `a message that is cut off says nothing, wherever it is cut`() throws {
        let whole = Self.message(Self.service(0, 0, 80, Self.name("a.test")))
        _ = try ServiceRecords(whole)
        for length in whole.indices {
            #expect(throws: ServiceRecords.Malformed.self, "\(length)") { try ServiceRecords(Array(whole[..<length])) }
        }
    }

    @Test func `a long name and a short one are the longest and the shortest`() throws {
        let longest = Self.service(0, 0, 80, Self.longName(lastLabel: 61))
        let records = try ServiceRecords(Self.message(longest, Self.service(0, 0, 80, [0])))
        #expect(records.records.map(\.target.utf8.count) == [253, 0])
    }
}

/// The places that follow from records and the addresses of their hosts.
struct ServicePlacesTests {
    private static func records(_ lines: (priority: Int, weight: Int, port: Int, target: String)...) -> ServiceRecords {
        ServiceRecords(
            lines.map {
                .init(
                    priority: UInt16($0.priority), weight: UInt16($0.weight), port: UInt16($0.port), target: $0.target)
            }, ttlSeconds: 5)
    }

    /// Hosts are called by the last number of their address; `gone` has none, and `?` is not answered for.
    private static func places(_ records: ServiceRecords) throws(Resolver.Failure) -> [String] {
        let answer = try Resolver.places(of: records, "app") { target, port throws(Resolver.Failure) in
            if target == "gone" || target == "?" {
                throw Resolver.Failure(name: target, reason: "why", isFinal: target == "gone")
            }
            return target.split(separator: "+").compactMap { SocketAddress("10.0.0.\($0)", port: port) }
        }
        return answer.places.map { "\($0.address)*\($0.weight)" }
    }

    @Test(arguments: [
        ("each host at its port", records((0, 1, 80, "1"), (0, 2, 81, "2")), ["10.0.0.1:80*1", "10.0.0.2:81*2"]),
        ("each address of a host", records((0, 1, 80, "1+2")), ["10.0.0.1:80*1", "10.0.0.2:80*1"]),
        ("one address once", records((0, 1, 80, "1"), (0, 2, 80, "1")), ["10.0.0.1:80*1"]),
        ("the lowest priority alone", records((7, 1, 80, "1"), (3, 1, 80, "2")), ["10.0.0.2:80*1"]),
        ("the next if that has no address", records((3, 1, 80, "gone"), (7, 1, 80, "1")), ["10.0.0.1:80*1"]),
        ("no host at port 0", records((0, 1, 0, "1"), (0, 1, 80, "2")), ["10.0.0.2:80*1"]),
        ("not those that are gone", records((0, 1, 80, "gone"), (0, 1, 80, "2")), ["10.0.0.2:80*1"]),
    ])
    func `of a service are used`(what: String, records: ServiceRecords, expected: [String]) throws {
        #expect(try Self.places(records) == expected, "\(what)")
    }

    @Test(arguments: [
        ("all hosts are gone", records((0, 1, 80, "gone")), true), ("there is none", records((0, 0, 0, "")), true),
        ("of one it is not known", records((0, 1, 80, "1"), (0, 1, 80, "?")), false),
    ])
    func `a service has none, finally or for now, if`(what: String, records: ServiceRecords, isFinal: Bool) {
        let failure = #expect(throws: Resolver.Failure.self, "\(what)") { try Self.places(records) }
        #expect(failure?.isFinal == isFinal, "\(what)")
    }

    /// HOST_NOT_FOUND, TRY_AGAIN, NO_RECOVERY and NO_DATA of netdb.h, and its NETDB_INTERNAL.
    @Test(arguments: [(1, true), (2, false), (3, false), (4, true), (-1, false)] as [(Int32, Bool)])
    func `that there is no name, or no record, is an answer`(reason: Int32, isFinal: Bool) {
        #expect(Resolver.isFinal(reason) == isFinal)
    }

    @Test func `so many hosts are looked up, and none of a service that has more`() throws {
        func records(_ count: Int) -> ServiceRecords {
            let lines = (0..<count).map {
                ServiceRecords.Record(priority: 0, weight: 0, port: UInt16(1 + $0), target: "1")
            }
            return ServiceRecords(lines, ttlSeconds: 5)
        }
        #expect(try Self.places(records(Resolver.targetsMax)).count == Resolver.targetsMax)
        #expect(throws: Resolver.Failure.self) { try Self.places(records(Resolver.targetsMax + 1)) }
    }
}
