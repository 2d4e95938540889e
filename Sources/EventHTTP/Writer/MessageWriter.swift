// SPDX-License-Identifier: Apache-2.0

/// Start lines and the fields that frame a message: what only the engine writes, so that each message has exactly one
/// framing and it is the one that its content gets.
enum MessageWriter {
    /// Room for all that this file writes of one head.
    static let fixedBytesMax = 256

    static func appendStatusLine(_ status: Status, reason: Span<UInt8>, to buffer: inout Buffer) {
        buffer.append("HTTP/1.1 ")
        buffer.append(decimal: UInt64(status.code))
        buffer.append(" ")
        if reason.isEmpty { buffer.append(status.reason) } else { buffer.append(reason) }
        buffer.append("\r\n")
    }

    /// Content-Length or Transfer-Encoding, or neither (RFC 9112 §6). `announced` is the length that a response without
    /// content may tell of.
    static func appendFraming(_ framing: BodyFraming, announced: UInt64?, to buffer: inout Buffer) {
        switch framing {
        case .length(let length): appendLength(length, to: &buffer)
        case .chunked: buffer.append("Transfer-Encoding: chunked\r\n")
        case .none: if let announced { appendLength(announced, to: &buffer) }
        case .untilClose, .tunnel: break
        }
    }

    private static func appendLength(_ length: UInt64, to buffer: inout Buffer) {
        buffer.append("Content-Length: ")
        buffer.append(decimal: length)
        buffer.append("\r\n")
    }
}

/// Writes the chunked transfer coding (RFC 9112 §7.1): a size line before, CRLF after, never an extension.
enum ChunkedEncoder {
    /// 16 hexadecimal digits and CRLF before the data, CRLF after it.
    static let overheadBytesMax = 20

    static func appendStart(count: Int, to buffer: inout Buffer) {
        precondition(count > 0, "a chunk of size zero would end the content")
        buffer.append(hexadecimal: UInt64(count))
        buffer.append("\r\n")
    }

    static func appendEnd(to buffer: inout Buffer) {
        buffer.append("\r\n")
    }

    /// The last chunk and the trailers that may be passed on (RFC 9112 §7.1.2).
    static func appendLast(trailers: borrowing Fields, to buffer: inout Buffer, pool: BufferPool) {
        buffer.reserve(8, from: pool)
        buffer.append("0\r\n")
        for i in 0..<trailers.count {
            let field = trailers[i]
            if field.id.isForbiddenInTrailers || field.isAlias || describesContent(field.name) { continue }
            buffer.reserve(field.name.count + field.value.count + 8, from: pool)
            buffer.append(field.name)
            buffer.append(": ")
            buffer.append(field.value)
            buffer.append("\r\n")
        }
        buffer.append("\r\n")
    }

    /// Any field that describes the content comes too late in a trailer section (RFC 9110 §6.5.1), known or not.
    private static func describesContent(_ name: Span<UInt8>) -> Bool {
        name.count >= 8 && name.extracting(0..<8).equalsIgnoringCase("content-")
    }

    static func appendLast(to buffer: inout Buffer) {
        buffer.append("0\r\n\r\n")
    }
}
