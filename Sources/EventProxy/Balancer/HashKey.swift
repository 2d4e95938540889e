// SPDX-License-Identifier: Apache-2.0
public import EventHTTP

/// What the consistent hash goes by. A request that lacks it goes by its client's address: were they all alike, one
/// host would get them all.
enum HashKey: Sendable {
    /// Nothing is hashed.
    case none
    case address
    /// The value of the first field of this name.
    case field([UInt8])
    case cookie([UInt8])

    init(_ balancing: ProxyConfiguration.Balancing) {
        guard balancing.policy == .hash else {
            self = .none
            return
        }
        if let name = balancing.hashField {
            self = .field(Array(name.utf8))
        } else if let name = balancing.hashCookie {
            self = .cookie(Array(name.utf8))
        } else {
            self = .address
        }
    }

    init(_ sticky: ProxyConfiguration.Route.Sticky) {
        self =
            switch sticky {
            case .none: .none
            case .address: .address
            case .field(let name): .field(Array(name.utf8))
            case .cookie(let name): .cookie(Array(name.utf8))
            }
    }

    func key(of head: borrowing RequestHead, from client: SocketAddress) -> UInt64 {
        switch self {
        case .none: 0
        case .address: Self.key(of: client)
        case .field(let name): Self.key(ofField: name.span, head) ?? Self.key(of: client)
        case .cookie(let name): Self.key(ofCookie: name.span, head) ?? Self.key(of: client)
        }
    }

    private static func key(of client: SocketAddress) -> UInt64 {
        Hash64.combine(client.hostWords.0, client.hostWords.1)
    }

    private static func key(ofField name: Span<UInt8>, _ head: borrowing RequestHead) -> UInt64? {
        let fields = head.fields
        for i in 0..<fields.count where fields[i].name.isSameName(as: name) {
            return Hash64.hash(fields[i].value, seed: 0)
        }
        return nil
    }

    /// In whichever of several lines it is: HTTP/2 to HTTP/1.1 gateways join them (RFC 9113 §8.2.3), but not all do.
    private static func key(ofCookie name: Span<UInt8>, _ head: borrowing RequestHead) -> UInt64? {
        let fields = head.fields
        for i in 0..<fields.count where fields[i].id == .cookie {
            let line = fields[i].value
            if let range = Cookies.value(of: name, in: line) {
                return Hash64.hash(line.extracting(range), seed: 0)
            }
        }
        return nil
    }
}

extension RequestHead {
    /// The value of the first cookie of this name that has one, in any of the lines; nil if none has.
    ///
    /// The value is a view of the request, as it came: case counts in names and values, and quotes belong to
    /// the value.
    @_lifetime(copy self)
    public func cookie(_ name: String) -> Span<UInt8>? {
        let fields = self.fields
        for i in 0..<fields.count where fields[i].id == .cookie {
            let line = fields[i].value
            if let range = Cookies.value(of: name.utf8.span, in: line) { return line.extracting(range) }
        }
        return nil
    }
}

/// The syntax of the `Cookie` field (RFC 6265 §4.2.1): pairs of `name=value`, separated by `;` and a space.
enum Cookies {
    /// Where the value of the first cookie of that name is which has one; an empty value tells nobody from anybody.
    ///
    /// Names are case-sensitive. Quotes around a value belong to it, as they do for user agents (§5.2). Space that
    /// should not be there is passed over, and so is a part that is no pair.
    static func value(of name: Span<UInt8>, in line: Span<UInt8>) -> Range<Int>? {
        var start = 0
        while start < line.count {
            let end = position(of: UInt8(ascii: ";"), in: line, start..<line.count)
            let equals = position(of: UInt8(ascii: "="), in: line, start..<end)
            if equals < end, isEqual(name, line, trimmed(start..<equals, line)) {
                let value = trimmed(equals + 1..<end, line)
                if !value.isEmpty { return value }
            }
            start = end + 1
        }
        return nil
    }

    /// The end of the range when the byte is not there.
    private static func position(of byte: UInt8, in line: Span<UInt8>, _ range: Range<Int>) -> Int {
        for i in range where line[i] == byte { return i }
        return range.upperBound
    }

    private static func trimmed(_ range: Range<Int>, _ line: Span<UInt8>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, isSpace(line[start]) { start += 1 }
        while end > start, isSpace(line[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isEqual(_ name: Span<UInt8>, _ line: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard name.count == range.count else { return false }
        for i in 0..<name.count where name[i] != line[range.lowerBound + i] { return false }
        return true
    }
}
