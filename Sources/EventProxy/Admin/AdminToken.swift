// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What operators have to know. It is in a file of its own, which only the proxy need be able to read.
struct AdminToken: Equatable {
    /// Fewer could be tried one after the other.
    static let bytesMin = 16
    static let bytesMax = 1_024

    private let bytes: [UInt8]

    /// Why a file holds no token.
    struct Failure: Error {
        let reason: String
    }

    /// The token in the file at `path`; a line break at its end is none of it. Blocks while it reads.
    init(path: String) throws(Failure) {
        let content: [UInt8]
        do throws(FileError) {
            content = try readFile(path, bytesMax: Self.bytesMax + 3)
        } catch {
            throw Failure(reason: "cannot \(error.operation): \(error.text)")
        }
        try self.init(content)
    }

    init(_ content: [UInt8]) throws(Failure) {
        let end = content.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        bytes = Array(content[..<(end.map { $0 + 1 } ?? 0)])
        guard (Self.bytesMin...Self.bytesMax).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            let wanted = "\(Self.bytesMin) to \(Self.bytesMax) visible ASCII characters in one line"
            throw Failure(reason: "it must hold \(wanted), such as those of: openssl rand -hex 32")
        }
    }

    /// Whether a request says the token (RFC 6750 §2.1). Browsers, which cannot do that, ask their user for a password
    /// (RFC 7617 §2): that is the token, whatever the name.
    func isSaid(by fields: borrowing Fields) -> Bool {
        guard let value = fields.only(.authorization) else { return false }
        let scheme = value.firstIndex(of: UInt8(ascii: " ")) ?? value.count
        var start = scheme
        while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
        let credentials = value.extracting(start..<value.count)
        if value.extracting(0..<scheme).equalsIgnoringCase("bearer") { return equals(credentials) }
        guard value.extracting(0..<scheme).equalsIgnoringCase("basic"),
            let pair = Self.decodeBase64(credentials), let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { return false }
        return equals(pair.span.extracting(colon + 1..<pair.count))
    }

    /// In a time that tells nothing of the token but its length.
    @inline(never)
    private func equals(_ given: Span<UInt8>) -> Bool {
        var difference: UInt8 = given.count == bytes.count ? 0 : 1
        for i in bytes.indices { difference |= bytes[i] ^ (i < given.count ? given[i] : 0) }
        return difference == 0
    }

    /// RFC 4648 §4. Nil for what is none.
    static func decodeBase64(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0, text.count <= 4 * Self.bytesMax else { return nil }
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
        return bytes
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
