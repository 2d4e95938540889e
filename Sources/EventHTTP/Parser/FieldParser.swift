// SPDX-License-Identifier: Apache-2.0

/// Parses field lines up to the empty line that ends them (RFC 9112 §5): the rest of a head, or a trailer section.
enum FieldParser {
    /// Fills `fields` with the lines of `bytes` from `start` on. Returns the position after the empty line, or nil when
    /// that has not come yet. Positions in `fields` count from the beginning of `bytes`.
    ///
    /// Strict: lines end in CRLF, a name is followed at once by its colon, nothing is folded, and the only control in a
    /// value is HTAB. Of a response white space before a colon is no part of the name, and does not go on; a request
    /// that has any is refused (RFC 9112 §5.1).
    static func parse(
        _ bytes: Span<UInt8>, from start: Int, limits: ParserLimits, ofResponse: Bool = false,
        into fields: inout FieldIndex
    ) throws(ParseError) -> Int? {
        // Nothing is looked at beyond the limit, so that a head which is too large is refused alike however much of it
        // is there.
        let limit = start + limits.headBytesMax
        let end = try parseLines(
            bytes.extracting(0..<min(bytes.count, limit)), from: start, limits, ofResponse, into: &fields)
        if end == nil && bytes.count > limit { throw .headTooLarge }
        return end
    }

    private static func parseLines(
        _ bytes: Span<UInt8>, from start: Int, _ limits: ParserLimits, _ ofResponse: Bool,
        into fields: inout FieldIndex
    ) throws(ParseError) -> Int? {
        fields.lines.removeAll()
        var position = start
        while true {
            guard position < bytes.count else { return nil }
            switch bytes[position] {
            case UInt8(ascii: "\r"):
                guard position + 1 < bytes.count else { return nil }
                guard bytes[position + 1] == UInt8(ascii: "\n") else { throw .lineEnd }
                return position + 2
            case UInt8(ascii: "\n"): throw .lineEnd
            case UInt8(ascii: " "), UInt8(ascii: "\t"): throw .obsFold
            default: break
            }
            guard let end = try parseLine(bytes, from: position, limits, ofResponse, into: &fields) else { return nil }
            position = end
        }
    }

    /// One line; returns the position after its CRLF, or nil when that has not come yet.
    private static func parseLine(
        _ bytes: Span<UInt8>, from start: Int, _ limits: ParserLimits, _ ofResponse: Bool,
        into fields: inout FieldIndex
    ) throws(ParseError) -> Int? {
        let (nameEnd, isAlias) = ByteScanner.tokenEnd(bytes, from: start)
        if nameEnd == bytes.count { return nil }
        guard nameEnd > start else { throw .fieldName }
        var colon = nameEnd
        if ofResponse {
            while colon < bytes.count, isSpace(bytes[colon]) { colon += 1 }
            if colon == bytes.count { return nil }
        }
        guard bytes[colon] == UInt8(ascii: ":") else { throw .fieldName }
        guard nameEnd - start <= Int(UInt16.max) else { throw .headTooLarge }

        var valueStart = colon + 1
        while valueStart < bytes.count, isSpace(bytes[valueStart]) { valueStart += 1 }
        let lineEnd = ByteScanner.valueEnd(bytes, from: valueStart)
        if lineEnd == bytes.count { return nil }
        guard bytes[lineEnd] == UInt8(ascii: "\r") else {
            throw bytes[lineEnd] == UInt8(ascii: "\n") ? .lineEnd : .fieldValue
        }
        guard lineEnd + 1 < bytes.count else { return nil }
        guard bytes[lineEnd + 1] == UInt8(ascii: "\n") else { throw .lineEnd }
        var valueEnd = lineEnd
        while valueEnd > valueStart, isSpace(bytes[valueEnd - 1]) { valueEnd -= 1 }

        guard fields.lines.count < limits.fieldsMax else { throw .tooManyFields }
        let line = FieldLine(
            name: FieldName(bytes.extracting(start..<nameEnd)), isAlias: isAlias,
            nameLength: UInt16(nameEnd - start), nameStart: UInt32(start),
            valueStart: UInt32(valueStart), valueLength: UInt32(valueEnd - valueStart))
        guard fields.lines.append(line) else { throw .tooManyFields }
        return lineEnd + 2
    }

    /// Optional white space (RFC 9110 §5.6.3).
    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
