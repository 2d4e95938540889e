// SPDX-License-Identifier: Apache-2.0

/// Field lines that are written again and again: checked once, then copied as they are.
public struct FieldLines: Sendable, Equatable {
    package private(set) var bytes: [UInt8] = []
    /// They have a Date, so that none is added.
    package private(set) var hasDate = false

    /// No lines.
    public init() {}

    /// Why a field cannot be written.
    public enum FieldError: Error, Equatable {
        /// Not a token (RFC 9110 §5.1).
        case name(String)
        /// CR, LF, NUL or another control in the value (RFC 9110 §5.5).
        case value(String)
        /// Framing and connection fields are the engine's.
        case reserved(String)
    }

    /// Lines from a literal: what is wrong in it stops the program.
    public init(_ lines: KeyValuePairs<String, String>) {
        for (name, value) in lines {
            do { try add(name, value) } catch { preconditionFailure("\(error)") }
        }
    }

    /// Adds a line. Throws when name or value could not stand in a message.
    public mutating func add(_ name: String, _ value: String) throws(FieldError) {
        let nameBytes = Array(name.utf8)
        let valueBytes = Array(value.utf8)
        guard !nameBytes.isEmpty, nameBytes.allSatisfy(ByteScanner.isToken) else { throw .name(name) }
        guard valueBytes.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7f) }) else { throw .value(value) }
        let id = FieldName(nameBytes.span)
        if id.isHopByHop { throw .reserved(name) }
        if id == .date { hasDate = true }
        bytes +=
            nameBytes + [UInt8(ascii: ":"), UInt8(ascii: " ")] + valueBytes + [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }
}
