// SPDX-License-Identifier: Apache-2.0

/// A request head: a view of the bytes that were received. It cannot be kept beyond the call that it is passed to.
public struct RequestHead: ~Escapable {
    private let bytes: Span<UInt8>
    private let lines: Span<FieldLine>
    private let parsed: ParsedRequest

    @_lifetime(copy bytes, copy lines)
    init(_ parsed: ParsedRequest, bytes: Span<UInt8>, lines: Span<FieldLine>) {
        self.bytes = bytes
        self.lines = lines
        self.parsed = parsed
    }

    /// The method; see `methodToken` for one that is `.other`.
    public var method: Method { parsed.method }
    /// The method as it came, for `Method.other`.
    public var methodToken: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(parsed.methodRange) }
    }

    /// The target in origin-form, as it came; of an absolute-form target what follows the authority. `*` for OPTIONS.
    public var target: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(parsed.targetRange) }
    }

    /// The target lacks its slash (`http://host?query`): a slash is to be written before it.
    package var needsSlash: Bool { parsed.needsSlash }

    /// The target up to its question mark; never decoded.
    public var path: Span<UInt8> {
        @_lifetime(copy self) get {
            if parsed.needsSlash {
                // Such a target had "http://" in front; one of those slashes stands for the path.
                let authority = parsed.authorityRange ?? 1..<1
                return bytes.extracting(authority.lowerBound - 1..<authority.lowerBound)
            }
            let target = bytes.extracting(parsed.targetRange)
            return target.extracting(0..<(target.firstIndex(of: UInt8(ascii: "?")) ?? target.count))
        }
    }

    /// What follows the question mark of the target; nil when there is none.
    public var query: Span<UInt8>? {
        @_lifetime(copy self) get {
            let target = bytes.extracting(parsed.targetRange)
            guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else { return nil }
            return target.dropping(mark + 1)
        }
    }

    /// Whom the request is for, `host` or `host:port`: from the target, else from Host (RFC 9112 §3.3). Nil only in
    /// HTTP/1.0.
    public var authority: Span<UInt8>? {
        @_lifetime(copy self) get {
            guard let range = parsed.authorityRange else { return nil }
            return bytes.extracting(range)
        }
    }

    /// 0 for HTTP/1.0, 1 for HTTP/1.1 and higher minor versions.
    public var minorVersion: UInt8 { parsed.minorVersion }
    /// How the request's content ends; never `.untilClose`.
    public var framing: BodyFraming { parsed.framing }
    /// The client waits for 100 before it sends the content.
    public var expectsContinue: Bool { parsed.expectsContinue }

    /// The field lines, in the order they came.
    public var fields: Fields {
        @_lifetime(copy self) get { Fields(bytes, lines) }
    }

    package var connection: ConnectionOptions { parsed.connection }
    package var hasUpgrade: Bool { parsed.hasUpgrade }

    /// The request line as it came, without its CRLF.
    package var line: Span<UInt8> {
        @_lifetime(copy self) get {
            let start = parsed.methodRange.lowerBound
            let end = bytes.firstIndex(of: UInt8(ascii: "\r"), from: start) ?? start
            return bytes.extracting(start..<end)
        }
    }
}
