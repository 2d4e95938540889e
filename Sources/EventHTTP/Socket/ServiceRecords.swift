// SPDX-License-Identifier: Apache-2.0

/// What a DNS message (RFC 1035 section 4) says of where a service is (RFC 2782). Pure; nothing in the message makes it
/// take more time or memory than the message's length.
package struct ServiceRecords: Equatable {
    /// One place where the service is.
    package struct Record: Equatable {
        /// Those with the lowest are to be used, the others as long as there is none of them.
        package let priority: UInt16
        /// Its share of the requests, beside those of the same priority.
        package let weight: UInt16
        package let port: UInt16
        /// The host's full name; empty if the service is said not to be available.
        package let target: String

        package init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
            self.priority = priority
            self.weight = weight
            self.port = port
            self.target = target
        }
    }

    /// A message that is none, or says something impossible.
    package struct Malformed: Error {}

    static let typeSRV: UInt16 = 33
    static let classInternet: UInt16 = 1

    /// In the order of the message.
    package private(set) var records: [Record] = []
    /// How long all of them hold; seconds.
    package private(set) var ttlSeconds = UInt32.max

    package init(_ records: [Record], ttlSeconds: UInt32) {
        self.records = records
        self.ttlSeconds = ttlSeconds
    }

    /// What `message` says.
    package init(_ message: [UInt8]) throws(Malformed) {
        var reader = MessageReader(message)
        reader.skip(4)
        let questions = try reader.uint16()
        let answers = try reader.uint16()
        reader.skip(4)
        for _ in 0..<questions {
            try reader.skipName()
            reader.skip(4)
        }
        for _ in 0..<answers { try take(from: &reader) }
    }

    /// Takes a record, or passes one over that says something else, as an alias does (RFC 1035 section 3.2.2).
    private mutating func take(from reader: inout MessageReader) throws(Malformed) {
        try reader.skipName()
        let (type, kind, ttl) = (try reader.uint16(), try reader.uint16(), try reader.uint32())
        let end = Int(try reader.uint16()) + reader.position
        guard end <= reader.message.count else { throw Malformed() }
        if type == Self.typeSRV, kind == Self.classInternet {
            let (priority, weight, port) = (try reader.uint16(), try reader.uint16(), try reader.uint16())
            let target = try reader.name()
            guard reader.position == end else { throw Malformed() }
            records.append(Record(priority: priority, weight: weight, port: port, target: target))
            // RFC 2181 section 8: with the first bit set it is none.
            let heldSeconds = ttl > UInt32(Int32.max) ? 0 : ttl
            ttlSeconds = min(ttlSeconds, heldSeconds)
        }
        reader.position = end
    }
}

/// Reads a DNS message from its beginning.
private struct MessageReader {
    /// RFC 1035 section 2.3.4: 255 octets in the message.
    private static let nameCharactersMax = 253

    let message: [UInt8]
    /// Of the next byte; may be beyond the message's end, where nothing can be read.
    var position = 0

    init(_ message: [UInt8]) { self.message = message }

    mutating func skip(_ count: Int) { position += count }

    private mutating func byte() throws(ServiceRecords.Malformed) -> UInt8 {
        guard position < message.count else { throw ServiceRecords.Malformed() }
        defer { position += 1 }
        return message[position]
    }

    mutating func uint16() throws(ServiceRecords.Malformed) -> UInt16 { UInt16(try byte()) << 8 | UInt16(try byte()) }

    mutating func uint32() throws(ServiceRecords.Malformed) -> UInt32 {
        UInt32(try uint16()) << 16 | UInt32(try uint16())
    }

    /// A name of something else, whatever it is made of.
    mutating func skipName() throws(ServiceRecords.Malformed) {
        while true {
            let length = Int(try byte())
            if length == 0 { return }
            // The rest stands elsewhere.
            if length >= 0xc0 { return skip(1) }
            skip(length)
        }
    }

    /// A name, whose end may stand elsewhere in the message (RFC 1035 section 4.1.4): always further ahead, so that
    /// no chain of them is endless.
    mutating func name() throws(ServiceRecords.Malformed) -> String {
        var text: [UInt8] = []
        var back: Int?
        var lowest = position
        while true {
            let length = Int(try byte())
            switch length {
            case 0:
                position = back ?? position
                return String(decoding: text, as: UTF8.self)
            case 1...63:
                if !text.isEmpty { text.append(UInt8(ascii: ".")) }
                for _ in 0..<length { text.append(try nameByte()) }
                guard text.count <= Self.nameCharactersMax else { throw ServiceRecords.Malformed() }
            case 0xc0...:
                let place = (length & 0x3f) << 8 | Int(try byte())
                guard place < lowest else { throw ServiceRecords.Malformed() }
                back = back ?? position
                lowest = place
                position = place
            default: throw ServiceRecords.Malformed()
            }
        }
    }

    /// What names of hosts and services are made of (RFC 1123 section 2.1, RFC 2782); a name with anything else would
    /// mean something else to whom it is given next.
    private mutating func nameByte() throws(ServiceRecords.Malformed) -> UInt8 {
        let byte = try byte()
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            return byte
        default: throw ServiceRecords.Malformed()
        }
    }
}
