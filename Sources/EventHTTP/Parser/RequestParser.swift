// SPDX-License-Identifier: Apache-2.0

/// What a request head says, as offsets into the bytes that were parsed.
struct ParsedRequest {
    var method = Method.get
    var methodRange = 0..<0
    /// The target in origin-form, or `*`: an absolute-form target without its scheme and authority.
    var targetRange = 0..<0
    /// The origin-form lacks its slash: `http://host` and `http://host?query`.
    var needsSlash = false
    /// The authority that the request is for: the target's if it has one (RFC 9112 §3.2.2), else Host's. Nil only in
    /// HTTP/1.0.
    var authorityRange: Range<Int>?
    var minorVersion: UInt8 = 1
    var framing = BodyFraming.none
    var connection: ConnectionOptions = []
    var expectsContinue = false
    var hasUpgrade = false
    /// From the first byte, an ignored empty line included, to the one after the empty line that ends the head.
    var length = 0
}

/// Parses request heads (RFC 9112 §3 and §5).
///
/// Stateless: a head is parsed from its beginning each time a line has been added, so where the bytes were split cannot
/// matter. Nothing is copied.
enum RequestParser {
    /// Parses the head at the front of `bytes`; nil when it is not complete yet.
    static func parse(
        _ bytes: Span<UInt8>, limits: ParserLimits, into fields: inout FieldIndex
    ) throws(ParseError) -> ParsedRequest? {
        var head = ParsedRequest()
        guard let lineEnd = try parseLine(bytes, limits, into: &head) else { return nil }
        guard let end = try FieldParser.parse(bytes, from: lineEnd, limits: limits, into: &fields) else { return nil }
        head.length = end
        try judge(bytes, fields, into: &head)
        return head
    }

    /// Whether what may be no valid head begins as one with the method HEAD.
    static func asksForHead(_ bytes: Span<UInt8>) -> Bool {
        (bytes.hasPrefix("\r\n") ? bytes.dropping(2) : bytes).hasPrefix("HEAD ")
    }

    // MARK: The request line

    private static func parseLine(
        _ bytes: Span<UInt8>, _ limits: ParserLimits, into head: inout ParsedRequest
    ) throws(ParseError) -> Int? {
        guard !bytes.isEmpty else { return nil }
        var start = 0
        if bytes[0] == UInt8(ascii: "\r") {
            // One empty line before a request is ignored (RFC 9112 §2.2).
            guard bytes.count > 1 else { return nil }
            guard bytes[1] == UInt8(ascii: "\n") else { throw .lineEnd }
            start = 2
            guard bytes.count > 2 else { return nil }
        }
        let methodEnd = ByteScanner.tokenEnd(bytes, from: start).end
        if methodEnd - start > ParserLimits.methodBytesMax { throw .methodTooLong }
        if methodEnd == bytes.count { return nil }
        guard methodEnd > start else { throw .requestLine }
        guard bytes[methodEnd] == UInt8(ascii: " ") else { throw .method }
        head.methodRange = start..<methodEnd
        head.method = Method(bytes.extracting(start..<methodEnd))

        let targetStart = methodEnd + 1
        let targetEnd = ByteScanner.targetEnd(bytes, from: targetStart)
        if targetEnd - start > limits.lineBytesMax { throw .targetTooLong }
        if targetEnd == bytes.count { return nil }
        guard targetEnd > targetStart, bytes[targetEnd] == UInt8(ascii: " ") else {
            throw bytes[targetEnd] == UInt8(ascii: "\r") ? .requestLine : .target
        }
        guard let lineEnd = try parseVersion(bytes, from: targetEnd + 1, into: &head) else { return nil }
        try parseTarget(bytes, targetStart..<targetEnd, into: &head)
        return lineEnd
    }

    /// `HTTP/1.x` and CRLF (RFC 9112 §2.3). A higher minor version is treated as 1.1 (RFC 9110 §2.5). Each byte is
    /// judged as soon as it is there, so that what is refused is refused for the same reason however it was split.
    private static func parseVersion(
        _ bytes: Span<UInt8>, from start: Int, into head: inout ParsedRequest
    ) throws(ParseError) -> Int? {
        let rest = bytes.dropping(start)
        guard ByteScanner.equalPrefix(rest.extracting(0..<min(rest.count, 5)), "HTTP/") else { throw .version }
        for i in 5..<max(min(rest.count, 8), 5) {
            guard i == 6 ? rest[6] == UInt8(ascii: ".") : rest[i] &- 0x30 <= 9 else { throw .version }
        }
        guard rest.count > 8 else { return nil }
        guard rest[8] == UInt8(ascii: "\r") else { throw rest[8] == UInt8(ascii: "\n") ? .lineEnd : .version }
        guard rest.count > 9 else { return nil }
        guard rest[9] == UInt8(ascii: "\n") else { throw .lineEnd }
        guard rest[5] == UInt8(ascii: "1") else { throw .versionNotSupported }
        head.minorVersion = rest[7] == UInt8(ascii: "0") ? 0 : 1
        return start + 10
    }

    /// The four forms of RFC 9112 §3.2.
    private static func parseTarget(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into head: inout ParsedRequest
    ) throws(ParseError) {
        let target = bytes.extracting(range)
        head.targetRange = range
        if head.method == .connect {
            // RFC 9110 §9.3.6: there is no default port.
            guard HostParser.isValid(target, needsPort: true) else { throw .target }
            head.authorityRange = range
        } else if target[0] == UInt8(ascii: "/") {
            return
        } else if target.equals("*") {
            guard head.method == .options else { throw .target }
        } else {
            guard target.count > 7, target.extracting(0..<7).equalsIgnoringCase("http://") else { throw .target }
            var end = 7
            while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?") { end += 1 }
            guard HostParser.isValid(target.extracting(7..<end)) else { throw .target }
            head.authorityRange = range.lowerBound + 7..<range.lowerBound + end
            head.targetRange = range.lowerBound + end..<range.upperBound
            head.needsSlash = end == target.count || target[end] == UInt8(ascii: "?")
        }
    }

    // MARK: The fields that matter to everybody

    private static func judge(
        _ bytes: Span<UInt8>, _ fields: borrowing FieldIndex, into head: inout ParsedRequest
    ) throws(ParseError) {
        var framing = FramingFields()
        var hosts = 0
        var expectations = 0
        var isExpectationKnown = true
        for i in 0..<fields.lines.count {
            let line = fields.lines[i]
            switch line.name {
            case .host:
                hosts += 1
                guard HostParser.isValid(bytes.extracting(line.valueRange)) else { throw .host }
                if head.authorityRange == nil { head.authorityRange = line.valueRange }
            case .contentLength: framing.addContentLength(bytes.extracting(line.valueRange))
            case .transferEncoding: framing.addTransferEncoding(bytes.extracting(line.valueRange))
            case .connection: head.connection.add(bytes.extracting(line.valueRange))
            case .upgrade: head.hasUpgrade = true
            case .expect:
                expectations += 1
                if !bytes.extracting(line.valueRange).equalsIgnoringCase("100-continue") { isExpectationKnown = false }
            default: break
            }
        }
        guard hosts == 1 || (hosts == 0 && head.minorVersion == 0) else { throw .host }
        head.framing = try framing.request(minorVersion: head.minorVersion)
        if expectations > 0, head.minorVersion == 1 {
            // RFC 9110 §10.1.1: what is not known is refused; 1.0 knows no expectations and none without content count.
            guard expectations == 1, isExpectationKnown else { throw .expectation }
            head.expectsContinue = head.framing != .none
        }
    }
}
