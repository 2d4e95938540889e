// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// The changes that a policy makes to the fields of a message, after those of the configuration.
///
/// A change is refused if the field could not stand in a message (RFC 9110 §5.1 and §5.5), frames it or belongs to one
/// connection (§7.6.1), or is the proxy's own to write, such as `Via` and `X-Forwarded-For`, under whatever alias; or
/// if there are more than ``changesMax``, or ``bytesMax`` of them. The message then goes on without it, and the log
/// tells it.
public struct ProxyFields: ~Copyable {
    /// How many changes there can be to one message.
    public static let changesMax = 64
    /// How much names and values can be of them all.
    public static let bytesMax = 16_384

    private struct Change {
        let name: Range<Int>
        /// Nil if the field is only left out.
        let value: Range<Int>?
        /// What the message has of that name does not go on.
        let replaces: Bool
        /// A later change has replaced it.
        var isReplaced = false
    }

    /// Names and values, one after another. The memory is kept for the next message.
    private var bytes: [UInt8] = []
    private var changes: [Change] = []
    /// The first name that was refused.
    private(set) var refused: String?

    init() {}

    /// What the message has of this name is replaced by one line.
    @discardableResult
    public mutating func set(_ name: String, _ value: String) -> Bool {
        change(name, value.utf8.span, replaces: true)
    }

    /// The same with bytes of another field.
    @discardableResult
    public mutating func set(_ name: String, _ value: Span<UInt8>) -> Bool {
        change(name, value, replaces: true)
    }

    /// One more line of this name. False if it was refused.
    @discardableResult
    public mutating func add(_ name: String, _ value: String) -> Bool {
        change(name, value.utf8.span, replaces: false)
    }

    /// The field does not go on.
    @discardableResult
    public mutating func remove(_ name: String) -> Bool {
        change(name, nil, replaces: true)
    }

    private mutating func change(_ name: String, _ value: Span<UInt8>?, replaces: Bool) -> Bool {
        let start = bytes.count
        let count = name.utf8.count + (value?.count ?? 0)
        guard changes.count < Self.changesMax, start + count <= Self.bytesMax,
            Self.isAllowed(name.utf8.span), Self.isValue(value)
        else {
            if refused == nil { refused = name }
            return false
        }
        bytes.append(contentsOf: name.utf8)
        let nameEnd = bytes.count
        if replaces { replaceEarlier(start..<nameEnd) }
        if let value { for i in value.indices { bytes.append(value[i]) } }
        changes.append(
            Change(
                name: start..<nameEnd, value: value == nil ? nil : nameEnd..<bytes.count, replaces: replaces))
        return true
    }

    private mutating func replaceEarlier(_ name: Range<Int>) {
        for i in changes.indices
        where bytes.span.extracting(changes[i].name).isSameName(as: bytes.span.extracting(name)) {
            changes[i].isReplaced = true
        }
    }

    private static func isAllowed(_ name: Span<UInt8>) -> Bool {
        guard (1...ValueKind<String?>.fieldNameBytesMax).contains(name.count) else { return false }
        for i in name.indices where !isTokenByte(name[i]) { return false }
        return !ForwardedFields.isReserved(name)
    }

    private static func isValue(_ value: Span<UInt8>?) -> Bool {
        guard let value else { return true }
        for i in value.indices where value[i] < 0x20 && value[i] != 0x09 || value[i] == 0x7F { return false }
        return true
    }

    // MARK: What the proxy makes of it

    /// For the next message.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        changes.removeAll(keepingCapacity: true)
        refused = nil
    }

    /// Whether what the message has of this name goes no further.
    func drops(_ name: Span<UInt8>) -> Bool {
        for change in changes where change.replaces {
            if bytes.span.extracting(change.name).isSameName(as: name) { return true }
        }
        return false
    }

    /// Writes what is added.
    func write(to writer: inout FieldWriter) {
        for change in changes where !change.isReplaced {
            guard let value = change.value else { continue }
            writer.add(token: bytes.span.extracting(change.name), bytes.span.extracting(value))
        }
    }
}

extension FieldLines {
    /// Whether one of the lines has this name, given in lower case.
    func contains(_ name: StaticString) -> Bool {
        var found = false
        forEach { line, _ in found = found || line.equalsIgnoringCase(name) }
        return found
    }

    /// Each line in turn.
    func forEach(_ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
        let lines = bytes
        let span = lines.span
        var start = 0
        // They are written by `add`: a name, a colon and a space, a value, CR and LF.
        while let end = span.firstIndex(of: UInt8(ascii: "\r"), from: start),
            let colon = span.firstIndex(of: UInt8(ascii: ":"), from: start)
        {
            body(span.extracting(start..<colon), span.extracting(colon + 2..<end))
            start = end + 2
        }
    }
}
