// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What a request is called wherever it goes (`X-Request-ID`): by its origins, in the answer, in every log. Stored in
/// place, so that having one allocates nothing.
struct RequestID {
    /// The longest that is taken over from a peer that is trusted; what is generated has 32 digits.
    static let bytesMax = 128
    static let generatedBytes = 32

    private var bytes = InlineArray<128, UInt8>(repeating: 0)
    private var length: UInt8 = 0

    /// No name: `request_id` is off.
    init() {}

    /// 128 random bits in hexadecimal.
    init(using random: inout IdentifierSource) {
        append(random.next())
        append(random.next())
    }

    /// The name that came, if it is one of 1 to 128 of `A-Z a-z 0-9 . _ -`: safe in any log, field, shell or file name.
    init?(accepting value: Span<UInt8>) {
        guard !value.isEmpty, value.count <= Self.bytesMax else { return nil }
        for i in value.indices {
            switch value[i] {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                bytes[i] = value[i]
            default: return nil
            }
        }
        length = UInt8(value.count)
    }

    var isEmpty: Bool { length == 0 }

    var span: Span<UInt8> {
        @_lifetime(borrow self) get { bytes.span.extracting(0..<Int(length)) }
    }

    private mutating func append(_ number: UInt64) {
        var rest = number
        let start = Int(length)
        for position in stride(from: start + 15, through: start, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            bytes[position] = digit < 10 ? 0x30 + digit : 0x57 + digit
            rest >>= 4
        }
        length += 16
    }
}
