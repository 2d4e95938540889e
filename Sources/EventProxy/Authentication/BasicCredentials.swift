// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What a client says in `Authorization: Basic` (RFC 7617 §2).
struct BasicCredentials: Sendable, Equatable {
    /// Longer ones are nobody's; hashing takes longer the longer a password is.
    static let nameBytesMax = 255
    static let passwordBytesMax = 512

    let name: [UInt8]
    let password: [UInt8]

    /// Nil if the request has none, several, or what is malformed.
    init?(_ fields: borrowing Fields) {
        guard let value = fields.only(.authorization) else { return nil }
        let scheme = value.firstIndex(of: UInt8(ascii: " ")) ?? value.count
        guard value.extracting(0..<scheme).equalsIgnoringCase("basic") else { return nil }
        var start = scheme
        while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
        guard let pair = Base64.decode(value.extracting(start..<value.count), bytesMax: Self.pairBytesMax),
            let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        name = Array(pair[..<colon])
        password = Array(pair[(colon + 1)...])
        // Neither may hold controls.
        guard name.count <= Self.nameBytesMax, password.count <= Self.passwordBytesMax,
            pair.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
    }

    private static let pairBytesMax = nameBytesMax + 1 + passwordBytesMax
}

/// RFC 4648 §4.
enum Base64 {
    /// Nil for what is none, or more than `bytesMax` bytes.
    static func decode(_ text: Span<UInt8>, bytesMax: Int) -> [UInt8]? {
        guard text.count % 4 == 0, text.count / 4 * 3 <= bytesMax + 2 else { return nil }
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var padding = 0
        for i in text.indices {
            let byte = text[i]
            if byte == UInt8(ascii: "=") { padding += 1 } else if padding > 0 { return nil }
            guard let digit = byte == UInt8(ascii: "=") ? 0 : digit(byte) else { return nil }
            word = word << 6 | digit
            if i % 4 == 3 {
                bytes += [UInt8(word >> 16 & 0xFF), UInt8(word >> 8 & 0xFF), UInt8(word & 0xFF)]
                word = 0
            }
        }
        guard padding <= 2 else { return nil }
        bytes.removeLast(padding)
        return bytes.count <= bytesMax ? bytes : nil
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
