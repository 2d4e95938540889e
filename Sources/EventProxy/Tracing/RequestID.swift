// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What a request is called wherever it goes (`X-Request-ID`): by its origins, in the answer, in every log. Stored in
/// place, so that having one allocates nothing.
struct RequestID {
    /// One that was generated, which is nearly every one: it becomes digits where it is written.
    private var high: UInt64 = 0
    private var low: UInt64 = 0
    private var isGenerated = false
    /// One that came.
    private var bytes = InlineArray<128, UInt8>(repeating: 0)
    private var length: UInt8 = 0

    /// No name: `request_id` is off.
    init() {}

    /// 128 random bits, in 32 digits of hexadecimal.
    init(using random: inout IdentifierSource) {
        high = random.next()
        low = random.next()
        isGenerated = true
    }

    /// The name that came, if it is safe to take over.
    init?(accepting value: Span<UInt8>) {
        guard RequestName.isSafe(value) else { return nil }
        for i in value.indices { bytes[i] = value[i] }
        length = UInt8(value.count)
    }

    var isEmpty: Bool { !isGenerated && length == 0 }

    /// Writes the name as the value of a field.
    func write(to writer: inout FieldWriter) {
        if isGenerated {
            writer.hexadecimal16(high)
            writer.hexadecimal16(low)
        } else {
            writer.text(span)
        }
    }

    /// The same with all its digits in place, for whoever wants its bytes.
    var spelled: RequestID {
        guard isGenerated else { return self }
        var copy = self
        copy.isGenerated = false
        copy.spell(high)
        copy.spell(low)
        return copy
    }

    private mutating func spell(_ number: UInt64) {
        let first = Hexadecimal.digits(UInt32(truncatingIfNeeded: number >> 32))
        let last = Hexadecimal.digits(UInt32(truncatingIfNeeded: number))
        for place in 0..<16 {
            let digits = place < 8 ? first : last
            bytes[Int(length)] = UInt8(truncatingIfNeeded: digits >> UInt64(8 * (place % 8)))
            length += 1
        }
    }

    /// The bytes of one that is `spelled`.
    var span: Span<UInt8> {
        @_lifetime(borrow self) get {
            precondition(!isGenerated)
            return bytes.span.extracting(0..<Int(length))
        }
    }
}
