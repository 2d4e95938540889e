// SPDX-License-Identifier: Apache-2.0

/// What a response head says, as offsets into the bytes that were parsed.
struct ParsedResponse {
    var status = Status.ok
    var reasonRange = 0..<0
    var minorVersion: UInt8 = 1
    var framing = BodyFraming.none
    /// Content-Length of a response that has no content: to HEAD, and 304. Nil with 1xx and 204, in which it must not
    /// be sent on (RFC 9110 §8.6).
    var announcedLength: UInt64?
    var connection: ConnectionOptions = []
    var hasUpgrade = false
    /// Seconds after which the origin says it will close an idle connection (`Keep-Alive: timeout=5`).
    var keepAliveSeconds: UInt64?
    var length = 0

    /// Whether the origin will read another request from this connection (RFC 9112 §9.3).
    var isPersistent: Bool {
        if connection.contains(.close) || framing == .untilClose || framing == .tunnel { return false }
        return minorVersion == 1 || connection.contains(.keepAlive)
    }
}

/// Parses response heads (RFC 9112 §4 and §5), as strictly as requests: an origin that is not understood exactly is not
/// passed on. Stateless, like `RequestParser`.
enum ResponseParser {
    /// Parses the head at the front of `bytes`, which answers a request with `method`; nil when it is not complete yet.
    static func parse(
        _ bytes: Span<UInt8>, to method: Method, limits: ParserLimits, into fields: inout FieldIndex
    ) throws(ParseError) -> ParsedResponse? {
        var head = ParsedResponse()
        guard let lineEnd = try parseLine(bytes, limits, into: &head) else { return nil }
        guard
            let end = try FieldParser.parse(bytes, from: lineEnd, limits: limits, ofResponse: true, into: &fields)
        else { return nil }
        head.length = end
        try judge(bytes, fields, method, into: &head)
        return head
    }

    private static func parseLine(
        _ bytes: Span<UInt8>, _ limits: ParserLimits, into head: inout ParsedResponse
    ) throws(ParseError) -> Int? {
        // "HTTP/1.1 200" and CRLF is the least; what cannot become that is refused at once.
        let prefix: StaticString = "HTTP/1."
        let known = min(bytes.count, prefix.utf8CodeUnitCount)
        guard ByteScanner.equalPrefix(bytes.extracting(0..<known), prefix) else { throw .statusLine }
        guard bytes.count >= 14 else { return nil }
        let minor = bytes[7] &- 0x30
        guard minor <= 9, bytes[8] == UInt8(ascii: " ") else { throw .statusLine }
        head.minorVersion = minor == 0 ? 0 : 1
        guard let code = bytes.extracting(9..<12).decimal else { throw .statusLine }
        guard let status = Status(Int(code)) else { throw .statusCode }
        head.status = status

        // Many origins leave out the space before an empty reason; nothing else may follow the code.
        var reasonStart = 12
        if bytes[12] == UInt8(ascii: " ") {
            reasonStart = 13
        } else if bytes[12] != UInt8(ascii: "\r") {
            throw .statusLine
        }
        let lineEnd = ByteScanner.valueEnd(bytes, from: reasonStart)
        if lineEnd > limits.lineBytesMax { throw .headTooLarge }
        guard lineEnd + 1 < bytes.count else { return nil }
        guard bytes[lineEnd] == UInt8(ascii: "\r"), bytes[lineEnd + 1] == UInt8(ascii: "\n") else { throw .lineEnd }
        head.reasonRange = reasonStart..<lineEnd
        return lineEnd + 2
    }

    private static func judge(
        _ bytes: Span<UInt8>, _ fields: borrowing FieldIndex, _ method: Method, into head: inout ParsedResponse
    ) throws(ParseError) {
        var framing = FramingFields()
        for i in 0..<fields.lines.count {
            let line = fields.lines[i]
            let value = bytes.extracting(line.valueRange)
            switch line.name {
            case .contentLength: framing.addContentLength(value)
            case .transferEncoding: framing.addTransferEncoding(value)
            case .connection: head.connection.add(value)
            case .upgrade: head.hasUpgrade = true
            case .keepAlive: head.keepAliveSeconds = keepAliveTimeout(value) ?? head.keepAliveSeconds
            default: break
            }
        }
        head.framing = try framing.response(to: method, status: head.status, minorVersion: head.minorVersion)
        if head.framing == .none, !head.status.isInterim, head.status != .noContent {
            head.announcedLength = framing.announcedLength
        }
    }

    /// `timeout=5, max=100` gives 5.
    private static func keepAliveTimeout(_ value: Span<UInt8>) -> UInt64? {
        var elements = ListElements(value)
        while let element = elements.next() {
            if element.count > 8, element.extracting(0..<8).equalsIgnoringCase("timeout=") {
                return element.dropping(8).decimal.map { min($0, ParserLimits.keepAliveSecondsMax) }
            }
        }
        return nil
    }
}
