// SPDX-License-Identifier: Apache-2.0

/// A response head from an origin: a view of the bytes that were received.
public struct ResponseHead: ~Escapable {
    private let bytes: Span<UInt8>
    private let lines: Span<FieldLine>
    private let parsed: ParsedResponse

    @_lifetime(copy bytes, copy lines)
    init(_ parsed: ParsedResponse, bytes: Span<UInt8>, lines: Span<FieldLine>) {
        self.bytes = bytes
        self.lines = lines
        self.parsed = parsed
    }

    /// The status code.
    public var status: Status { parsed.status }
    /// 0 for HTTP/1.0, 1 for HTTP/1.1 and higher minor versions.
    public var minorVersion: UInt8 { parsed.minorVersion }
    /// The reason phrase as it came; may be empty.
    public var reason: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(parsed.reasonRange) }
    }
    /// How the content ends.
    public var framing: BodyFraming { parsed.framing }
    /// Content-Length of a response that has no content: the answer to HEAD, and 304.
    public var announcedLength: UInt64? { parsed.announcedLength }
    /// The field lines, in the order they came.
    public var fields: Fields {
        @_lifetime(copy self) get { Fields(bytes, lines) }
    }
    /// `Retry-After` (RFC 9110 §10.2.3) in milliseconds; nil when there is none. A date counts from the response's own
    /// `Date`, whatever clock both are from; without that, or before it, it says nothing.
    package var retryAfterMs: Int64? {
        guard let value = fields.first(.retryAfter) else { return nil }
        if let seconds = value.decimal { return Int64(min(seconds, 86_400)) * 1_000 }
        guard let then = HTTPDate.unixSeconds(value), let date = fields.first(.date),
            let now = HTTPDate.unixSeconds(date), then > now
        else { return nil }
        return min(then - now, 86_400) * 1_000
    }
    package var connection: ConnectionOptions { parsed.connection }
    package var hasUpgrade: Bool { parsed.hasUpgrade }
}
