// SPDX-License-Identifier: Apache-2.0

/// Writes the field lines of a head.
///
/// It cannot write an invalid one: names come from literals, prepared lines or a parser; a control in a value that
/// comes from elsewhere is written as a space (RFC 9110 §5.5); and what frames the message or manages the connection is
/// left to the engine, which writes it last.
public struct FieldWriter: ~Copyable {
    package var buffer: Buffer
    private let pool: BufferPool
    package private(set) var hasDate = false

    package init(_ buffer: consuming Buffer, pool: BufferPool) {
        self.buffer = buffer
        self.pool = pool
    }

    package consuming func take() -> Buffer {
        buffer
    }

    /// Prepared lines.
    public mutating func add(_ lines: borrowing FieldLines) {
        buffer.reserve(lines.bytes.count, from: pool)
        buffer.append(lines.bytes.span)
        hasDate = hasDate || lines.hasDate
    }

    /// A field that the program has. A name or a value that could not stand in a message stops the program.
    public mutating func add(_ name: StaticString, _ value: StaticString) {
        beginChecked(name)
        buffer.reserve(value.utf8CodeUnitCount + 2, from: pool)
        let start = buffer.count
        buffer.append(value)
        precondition(ByteScanner.valueEnd(buffer.bytes, from: start) == buffer.count, "a control in a field value")
        end()
    }

    /// A field whose value comes from elsewhere; a control in it becomes a space.
    public mutating func add(_ name: StaticString, _ value: Span<UInt8>) {
        beginChecked(name)
        text(value)
        end()
    }

    /// A field whose value is a number.
    public mutating func add(_ name: StaticString, _ number: UInt64) {
        beginChecked(name)
        decimal(number)
        end()
    }

    /// Passes a field of a parsed head on. Fields that concern one connection only are the caller's to leave out.
    package mutating func copy(_ field: borrowing Field) {
        precondition(!field.id.isHopByHop)
        if field.id == .date { hasDate = true }
        line(field)
    }

    /// A field of a parsed head under any name, hop-by-hop or not, for a tunnel's `Upgrade`.
    package mutating func line(_ field: borrowing Field) {
        buffer.reserve(field.name.count + field.value.count + 4, from: pool)
        buffer.append(field.name)
        buffer.append(": ")
        buffer.append(field.value)
        buffer.append("\r\n")
    }

    /// A field that a program made up as it ran. `name` is a token; one that is the engine's is left out.
    package mutating func add(token name: Span<UInt8>, _ value: Span<UInt8>) {
        let id = FieldName(name)
        if id.isHopByHop { return }
        if id == .date { hasDate = true }
        buffer.reserve(name.count + 2, from: pool)
        buffer.append(name)
        buffer.append(": ")
        text(value)
        end()
    }

    // MARK: A value in pieces

    /// For names of our own, which a debug build checks.
    package mutating func begin(_ name: StaticString) {
        buffer.reserve(name.utf8CodeUnitCount + 2, from: pool)
        let start = buffer.count
        buffer.append(name)
        assert(Self.isAllowed(buffer.bytes.dropping(start)))
        buffer.append(": ")
    }

    private mutating func beginChecked(_ name: StaticString) {
        buffer.reserve(name.utf8CodeUnitCount + 2, from: pool)
        let start = buffer.count
        buffer.append(name)
        precondition(Self.isAllowed(buffer.bytes.dropping(start)), "not a token, or a field that is the engine's")
        buffer.append(": ")
    }

    private static func isAllowed(_ name: Span<UInt8>) -> Bool {
        ByteScanner.tokenEnd(name, from: 0).end == name.count && !name.isEmpty && !FieldName(name).isHopByHop
    }

    /// Bytes from anywhere. A control becomes a space.
    package mutating func text(_ value: Span<UInt8>) {
        buffer.reserve(value.count + 2, from: pool)
        var position = 0
        while position < value.count {
            let end = ByteScanner.valueEnd(value, from: position)
            buffer.append(value.extracting(position..<end))
            position = end
            if position < value.count {
                buffer.append(UInt8(ascii: " "))
                position += 1
            }
        }
    }

    /// Bytes from anywhere as a string of a structured field (RFC 9651 §4.1.6), which holds visible ASCII and spaces;
    /// any other byte becomes a question mark.
    package mutating func structured(_ value: Span<UInt8>) {
        buffer.reserve(2 * value.count + 2, from: pool)
        buffer.append(UInt8(ascii: "\""))
        for i in value.indices {
            switch value[i] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                buffer.append(UInt8(ascii: "\\"))
                buffer.append(value[i])
            case 0x20..<0x7f: buffer.append(value[i])
            default: buffer.append(UInt8(ascii: "?"))
            }
        }
        buffer.append(UInt8(ascii: "\""))
    }

    /// Writes something, and says where it is, for `again`.
    @inline(__always)
    package mutating func write(_ part: (inout FieldWriter) -> Void) -> Range<Int> {
        let start = buffer.count
        part(&self)
        return start..<buffer.count
    }

    /// Writes once more what was written before.
    package mutating func again(_ range: Range<Int>) {
        buffer.reserve(range.count, from: pool)
        buffer.append(repeating: range)
    }

    package mutating func literal(_ value: StaticString) {
        buffer.reserve(value.utf8CodeUnitCount, from: pool)
        buffer.append(value)
    }

    package mutating func decimal(_ number: UInt64) {
        buffer.reserve(20, from: pool)
        buffer.append(decimal: number)
    }

    package mutating func hexadecimal16(_ number: UInt64) {
        buffer.reserve(16, from: pool)
        buffer.append(hexadecimal16: number)
    }

    package mutating func host(of address: SocketAddress) {
        buffer.reserve(SocketAddress.textBytesMax, from: pool)
        address.appendHost(to: &buffer)
    }

    package mutating func end() {
        buffer.reserve(2, from: pool)
        buffer.append("\r\n")
    }
}
