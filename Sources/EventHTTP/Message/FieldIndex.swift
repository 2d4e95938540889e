// SPDX-License-Identifier: Apache-2.0

/// Where a field line of a head is: offsets into the bytes that were parsed.
package struct FieldLine: BitwiseCopyable, Sendable {
    package let name: FieldName
    /// The name has `_` or `.` where a CGI or a framework would read `-`.
    package let isAlias: Bool
    package let nameLength: UInt16
    package let nameStart: UInt32
    package let valueStart: UInt32
    package let valueLength: UInt32

    package var nameRange: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameLength) }
    package var valueRange: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueLength) }
}

/// The field lines of one head, in the order they came. A loop has one and fills it anew for each head.
package struct FieldIndex: ~Copyable {
    package var lines: FixedArray<FieldLine>

    package init(capacity: Int) {
        lines = FixedArray(capacity: capacity)
    }
}
