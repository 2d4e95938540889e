// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// The trace that a request belongs to (W3C Trace Context, levels 1 and 2). The span is not part of it: each attempt
/// has one of its own.
struct TraceContext: Equatable {
    /// The bits that are defined: sampled, and that the trace's number is random (§3.2.2.5, level 2 §3.2.2.5.2).
    static let knownFlags: UInt8 = 0b11
    /// `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
    static let fieldBytes = 55

    let high: UInt64
    let low: UInt64
    let flags: UInt8

    /// A trace that begins here. It is marked as sampled, or no origin that leaves that to its caller would record it.
    init(using random: inout IdentifierSource) {
        high = random.next()
        low = random.nextSpan()
        flags = Self.knownFlags
    }

    /// The trace that a `traceparent` names; nil if the field is not valid (§3.2.2).
    init?(_ field: Span<UInt8>) {
        guard field.count >= Self.fieldBytes, field[2] == dash, field[35] == dash, field[52] == dash,
            let version = Self.hexadecimal(field, 0..<2), let high = Self.hexadecimal(field, 3..<19),
            let low = Self.hexadecimal(field, 19..<35), let parent = Self.hexadecimal(field, 36..<52),
            let flags = Self.hexadecimal(field, 53..<55)
        else { return nil }
        // A version to come may have more behind another dash; 255 is none (§3.2.2.1 and §4.3).
        guard version != 0xFF, field.count == Self.fieldBytes || version > 0 && field[55] == dash else { return nil }
        guard high | low != 0, parent != 0 else { return nil }
        self.high = high
        self.low = low
        self.flags = UInt8(truncatingIfNeeded: flags) & Self.knownFlags
    }

    /// Lower case only (§3.2.2): capital letters make the field invalid.
    private static func hexadecimal(_ field: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        var number: UInt64 = 0
        for i in range {
            switch field[i] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(field[i] - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(field[i] - 0x57)
            default: return nil
            }
        }
        return number
    }

    /// Writes the `traceparent` for an origin, and says where in the head the 16 digits of the span are, which are
    /// zeros until an attempt has one.
    func write(to writer: inout FieldWriter) -> Int {
        writer.begin("traceparent")
        writer.literal("00-")
        writer.hexadecimal16(high)
        writer.hexadecimal16(low)
        writer.literal("-")
        let spanOffset = writer.buffer.count
        writer.hexadecimal16(0)
        writer.literal("-0")
        writer.decimal(UInt64(flags))
        writer.end()
        return spanOffset
    }
}

private let dash = UInt8(ascii: "-")
