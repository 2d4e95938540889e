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
        let parts = AuthorizationParts(of: value)
        guard let pair = parts.basic(of: value, bytesMax: Self.pairBytesMax) else { return nil }
        name = Array(pair.name)
        password = Array(pair.password)
        // Neither may hold controls.
        guard name.count <= Self.nameBytesMax, password.count <= Self.passwordBytesMax,
            (name + password).allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
    }

    private static let pairBytesMax = nameBytesMax + 1 + passwordBytesMax
}

/// Where in a value of `Authorization` its scheme and what belongs to that are (RFC 9110 §11.4).
struct AuthorizationParts {
    let scheme: Range<Int>
    let credentials: Range<Int>

    init(of value: Span<UInt8>) {
        let end = value.firstIndex(of: UInt8(ascii: " ")) ?? value.count
        var start = end
        while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
        scheme = 0..<end
        credentials = start..<value.count
    }

    /// The name and the password of the scheme Basic; nil for another, or for what is malformed.
    func basic(
        of value: Span<UInt8>, bytesMax: Int
    ) -> (name: ArraySlice<UInt8>, password: ArraySlice<UInt8>)? {
        guard value.extracting(scheme).equalsIgnoringCase("basic"),
            let pair = Base64.decode(value.extracting(credentials), bytesMax: bytesMax),
            let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return (pair[..<colon], pair[(colon + 1)...])
    }
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
