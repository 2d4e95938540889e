// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// A parsed request with these lines after its first one and `Host`.
func withRequest<R>(
    _ line: String = "GET / HTTP/1.1", host: String? = "h", _ lines: [String] = [],
    _ body: (borrowing RequestHead) throws -> R
) throws -> R {
    let all = [line] + (host.map { ["Host: \($0)"] } ?? []) + lines + ["", ""]
    let text = Array(all.joined(separator: "\r\n").utf8)
    var fields = FieldIndex(capacity: 100)
    let parsed = try #require(try RequestParser.parse(text.span, limits: ParserLimits(), into: &fields))
    return try body(RequestHead(parsed, bytes: text.span, lines: fields.lines.span))
}

/// What `write` leaves in the buffer, as lines.
func writtenLines(_ write: (inout Buffer, BufferPool) -> Void) -> [String] {
    let pool = BufferPool()
    var buffer = Buffer()
    write(&buffer, pool)
    let text = written(buffer)
    buffer.release(to: pool)
    #expect(pool.lentCount == 0)
    return text.split(separator: "\r\n").map(String.init)
}

private func written(_ buffer: borrowing Buffer) -> String {
    let bytes = buffer.bytes
    return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
}
