// SPDX-License-Identifier: Apache-2.0

/// Takes the chunked transfer coding (RFC 9112 §7.1) apart.
///
/// It never keeps bytes: a chunk-size line or a trailer section that is not complete stays with the caller, who asks
/// again when there is more. So a message is decoded alike however it was split.
struct ChunkedDecoder {
    enum Step: Equatable {
        /// These bytes are content; everything up to their end is consumed.
        case data(Range<Int>)
        /// The trailer section begins after this many bytes; it ends with an empty line and is parsed by `FieldParser`.
        case trailers(Int)
        /// So many bytes were consumed, and more are needed.
        case more(Int)
    }

    private enum State {
        case size
        case data(UInt64)
        case dataEnd
        case trailers
    }

    private var state = State.size
    /// As far as they count for the extensions.
    private var paidBytes: UInt32 = 0
    private var extensionBytes: UInt32 = 0

    /// The next step over `bytes`.
    mutating func next(_ bytes: Span<UInt8>) throws(ParseError) -> Step {
        var position = 0
        while true {
            switch state {
            case .trailers: return .trailers(position)
            case .size:
                guard let end = try parseSizeLine(bytes, from: position) else { return .more(position) }
                position = end
            case .data(let left):
                let available = UInt64(bytes.count - position)
                if available == 0 { return .more(position) }
                let taken = min(available, left)
                state = taken == left ? .dataEnd : .data(left - taken)
                return .data(position..<position + Int(taken))
            case .dataEnd:
                guard position < bytes.count else { return .more(position) }
                guard bytes[position] == UInt8(ascii: "\r") else { throw .chunkEnd }
                guard position + 1 < bytes.count else { return .more(position) }
                guard bytes[position + 1] == UInt8(ascii: "\n") else { throw .chunkEnd }
                position += 2
                state = .size
            }
        }
    }

    /// `chunk-size [ chunk-ext ] CRLF`; returns the position after it, or nil when it is not complete.
    private mutating func parseSizeLine(_ bytes: Span<UInt8>, from start: Int) throws(ParseError) -> Int? {
        var size: UInt64 = 0
        var position = start
        while position < bytes.count, let digit = Self.hexadecimal(bytes[position]) {
            // Sixteen digits fill 64 bits; one more would wrap, even if it were preceded by zeros.
            guard position - start < 16 else { throw .chunkSize }
            size = size << 4 | UInt64(digit)
            position += 1
        }
        guard position < bytes.count else { return nil }
        guard position > start, size <= UInt64(Int64.max) else { throw .chunkSize }
        let extensionStart = position
        // A line is looked at no farther than it may reach with its CRLF, so that one which is too long is refused
        // alike whether its end is there or not.
        let reach = start + ParserLimits.chunkLineBytesMax + 2
        guard let lineEnd = try ChunkExtension.end(bytes.extracting(0..<min(bytes.count, reach)), from: position) else {
            if bytes.count >= reach { throw .chunkSize }
            return nil
        }
        extensionBytes += UInt32(lineEnd - extensionStart)
        let paid = min(UInt64(paidBytes) + min(size, 1 << 20), UInt64(ParserLimits.chunkExtensionBytesMax))
        paidBytes = UInt32(paid)
        // Extensions mean nothing to us, so they may not cost more than the data (CVE-2023-39326).
        let allowed =
            ParserLimits.chunkExtensionBytesFree
            + Int(paid) * ParserLimits.chunkExtensionBytesPerDataByte
        guard Int(extensionBytes) <= min(allowed, ParserLimits.chunkExtensionBytesMax) else { throw .chunkExtension }
        state = size == 0 ? .trailers : .data(size)
        return lineEnd + 2
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- 0x57
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- 0x37
        default: nil
        }
    }
}

/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` (RFC 9112 §7.1.1): checked, then forgotten.
enum ChunkExtension {
    /// The position of the CR that ends the line, with its LF there too; nil when the line is not complete.
    static func end(_ bytes: Span<UInt8>, from start: Int) throws(ParseError) -> Int? {
        var position = start
        while true {
            let afterSpace = skipSpace(bytes, position)
            guard afterSpace < bytes.count else { return nil }
            if bytes[afterSpace] == UInt8(ascii: "\r") {
                // White space belongs to an extension; before the line's end there is none.
                guard afterSpace == position else { throw .chunkSize }
                guard afterSpace + 1 < bytes.count else { return nil }
                guard bytes[afterSpace + 1] == UInt8(ascii: "\n") else { throw .lineEnd }
                return afterSpace
            }
            guard bytes[afterSpace] == UInt8(ascii: ";") else {
                throw position == start ? .chunkSize : .chunkExtension
            }
            guard let next = try skipExtension(bytes, from: afterSpace + 1) else { return nil }
            position = next
        }
    }

    private static func skipExtension(_ bytes: Span<UInt8>, from start: Int) throws(ParseError) -> Int? {
        let nameStart = skipSpace(bytes, start)
        let nameEnd = ByteScanner.tokenEnd(bytes, from: nameStart).end
        guard nameEnd < bytes.count else { return nil }
        guard nameEnd > nameStart else { throw .chunkExtension }
        let equals = skipSpace(bytes, nameEnd)
        guard equals < bytes.count else { return nil }
        guard bytes[equals] == UInt8(ascii: "=") else { return nameEnd }
        let valueStart = skipSpace(bytes, equals + 1)
        guard valueStart < bytes.count else { return nil }
        if bytes[valueStart] == UInt8(ascii: "\"") { return try skipQuoted(bytes, from: valueStart + 1) }
        let valueEnd = ByteScanner.tokenEnd(bytes, from: valueStart).end
        guard valueEnd < bytes.count else { return nil }
        guard valueEnd > valueStart else { throw .chunkExtension }
        return valueEnd
    }

    /// A quoted-string (RFC 9110 §5.6.4), of which the opening quote has been read.
    private static func skipQuoted(_ bytes: Span<UInt8>, from start: Int) throws(ParseError) -> Int? {
        var position = start
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") { return position + 1 }
            if byte == UInt8(ascii: "\\") {
                position += 1
                guard position < bytes.count else { return nil }
            }
            let quoted = bytes[position]
            guard quoted == 0x09 || (quoted >= 0x20 && quoted != 0x7f) else { throw .chunkExtension }
            position += 1
        }
        return nil
    }

    private static func skipSpace(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var position = start
        while position < bytes.count, FieldParser.isSpace(bytes[position]) { position += 1 }
        return position
    }
}
