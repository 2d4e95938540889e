// SPDX-License-Identifier: Apache-2.0

/// A field line of a parsed head: bytes that the parser has found to be a valid name and a valid value.
public struct Field: ~Escapable {
    private let bytes: Span<UInt8>
    private let line: FieldLine

    @_lifetime(copy bytes)
    package init(_ line: FieldLine, in bytes: Span<UInt8>) {
        self.line = line
        self.bytes = bytes
    }

    /// The field, when the engine knows it.
    public var id: FieldName { line.name }

    /// The name as it came.
    public var name: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(line.nameRange) }
    }

    /// The value without the white space around it.
    public var value: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(line.valueRange) }
    }

    /// The name has `_` or `.` in it.
    package var isAlias: Bool { line.isAlias }
}

/// The field lines of a head or a trailer section, in the order they came; repeated names stay apart.
public struct Fields: ~Escapable {
    private let bytes: Span<UInt8>
    private let lines: Span<FieldLine>

    @_lifetime(copy bytes, copy lines)
    package init(_ bytes: Span<UInt8>, _ lines: Span<FieldLine>) {
        self.bytes = bytes
        self.lines = lines
    }

    /// How many lines there are.
    public var count: Int { lines.count }

    /// The line at a position in 0..<count.
    public subscript(index: Int) -> Field {
        @_lifetime(copy self) get { Field(lines[index], in: bytes) }
    }

    /// The value of the first line with this name.
    @_lifetime(copy self)
    public func first(_ name: FieldName) -> Span<UInt8>? {
        for i in lines.indices where lines[i].name == name { return bytes.extracting(lines[i].valueRange) }
        return nil
    }

    /// The value of the line with this name, if there is exactly one.
    @_lifetime(copy self)
    package func only(_ name: FieldName) -> Span<UInt8>? {
        var found: Int?
        for i in lines.indices where lines[i].name == name {
            if found != nil { return nil }
            found = i
        }
        guard let found else { return nil }
        return bytes.extracting(lines[found].valueRange)
    }

    /// The value of the first line with this name, given in lower case.
    @_lifetime(copy self)
    public func first(_ name: StaticString) -> Span<UInt8>? {
        for i in lines.indices where bytes.extracting(lines[i].nameRange).equalsIgnoringCase(name) {
            return bytes.extracting(lines[i].valueRange)
        }
        return nil
    }

    /// Whether a `Connection` line names `field`, which then concerns this connection only (RFC 9110 §7.6.1).
    package func isNamedByConnection(_ field: borrowing Field) -> Bool {
        for i in lines.indices where lines[i].name == .connection {
            var elements = ListElements(bytes.extracting(lines[i].valueRange))
            while let element = elements.next() {
                if ByteScanner.equalIgnoringCase(element, field.name) { return true }
            }
        }
        return false
    }
}
