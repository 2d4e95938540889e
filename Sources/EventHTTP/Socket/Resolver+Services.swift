// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Glibc

/// What a lookup of a service (RFC 2782) brings.
package struct ServiceAnswer: Sendable {
    /// A place where it is, and its share of the requests beside those of the other places.
    package struct Place: Sendable, Equatable {
        package let address: SocketAddress
        package let weight: UInt16

        package init(address: SocketAddress, weight: UInt16) {
            self.address = address
            self.weight = weight
        }
    }

    package let places: [Place]
    /// How long that holds; seconds.
    package let ttlSeconds: UInt32

    package init(places: [Place], ttlSeconds: UInt32) {
        self.places = places
        self.ttlSeconds = ttlSeconds
    }
}

extension Resolver {
    /// How many hosts of a service are looked up, each by a question of its own.
    package static let targetsMax = 256
    /// The longest message that DNS has (RFC 1035 section 4.2.2).
    private static let messageBytesMax = 65_535

    /// The places with the lowest priority of the service `name`, such as `_http._tcp.app.example.com`, that have
    /// addresses. It blocks.
    static func places(ofService name: String) throws(Failure) -> ServiceAnswer {
        let message = try message(about: name)
        let records: ServiceRecords
        do throws(ServiceRecords.Malformed) {
            records = try ServiceRecords(message)
        } catch {
            throw Failure(name: name, reason: "the answer is malformed", isFinal: false)
        }
        return try places(of: records, name) { target, port throws(Failure) in
            // The final dot: the name is whole, and no search domain is to be tried.
            try addresses(of: "\(target).", port: port)
        }
    }

    /// The same of records, with the addresses of their hosts as `addresses` knows them.
    package static func places(
        of records: ServiceRecords, _ name: String,
        _ addresses: (_ target: String, _ port: UInt16) throws(Failure) -> [SocketAddress]
    ) throws(Failure) -> ServiceAnswer {
        for priority in Set(records.records.map(\.priority)).sorted() {
            let best = records.records.filter { $0.priority == priority && $0.port != 0 && !$0.target.isEmpty }
            guard best.count <= targetsMax else {
                let reason = "it has \(best.count) hosts; at most \(targetsMax) are looked up"
                throw Failure(name: name, reason: reason, isFinal: false)
            }
            var places: [ServiceAnswer.Place] = []
            for record in best {
                for address in try known(addresses, record) where !places.contains(where: { $0.address == address }) {
                    places.append(.init(address: address, weight: record.weight))
                }
            }
            if !places.isEmpty { return ServiceAnswer(places: places, ttlSeconds: records.ttlSeconds) }
        }
        throw Failure(name: name, reason: "none of its hosts has an address", isFinal: true)
    }

    /// The addresses of a record's host; none if the resolver says that there are none.
    private static func known(
        _ addresses: (_ target: String, _ port: UInt16) throws(Failure) -> [SocketAddress],
        _ record: ServiceRecords.Record
    ) throws(Failure) -> [SocketAddress] {
        do throws(Failure) {
            return try addresses(record.target, record.port)
        } catch {
            if error.isFinal { return [] }
            throw error
        }
    }

    /// What the system's resolver says of a service, in the form in which it came.
    private static func message(about name: String) throws(Failure) -> [UInt8] {
        var message = [UInt8](repeating: 0, count: messageBytesMax)
        let (kind, type) = (Int32(ServiceRecords.classInternet), Int32(ServiceRecords.typeSRV))
        let length = unsafe cev_res_search(name, kind, type, &message, Int32(messageBytesMax))
        guard length < 0 else { return Array(message.prefix(Int(length))) }
        // It keeps its reason for each thread.
        let reason = unsafe __h_errno_location().pointee
        throw Failure(name: name, reason: unsafe String(cString: hstrerror(reason)), isFinal: isFinal(reason))
    }

    /// Whether a reason of the resolver's is an answer: there is no such name, or it has no such record.
    static func isFinal(_ reason: Int32) -> Bool { reason == HOST_NOT_FOUND || reason == noRecord }

    /// NO_DATA, which the header hides from Swift: the name exists and has no such record.
    private static let noRecord: Int32 = 4
}
