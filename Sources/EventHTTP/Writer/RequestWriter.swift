// SPDX-License-Identifier: Apache-2.0

/// Writes request heads to origins: a start line, the caller's fields, and one framing field that says how the content
/// really follows.
package enum RequestWriter {
    /// Appends the head of `request` as it goes on: same method and target, HTTP/1.1, `host` as Host.
    ///
    /// `fields` adds the end-to-end fields. With `upgrade` the connection is asked to become a tunnel.
    package static func append(
        _ request: borrowing RequestHead, host: Span<UInt8>, upgrade: StaticString? = nil,
        to buffer: inout Buffer, pool: BufferPool, fields: (inout FieldWriter) -> Void
    ) {
        let ahead: StaticString =
            !request.needsSlash ? "" : request.method == .options && request.target.isEmpty ? "*" : "/"
        appendLines(
            method: request.methodToken, ahead: ahead, target: request.target, host: host, framing: request.framing,
            announced: announced(request), to: &buffer, pool: pool, fields: fields)
        if request.expectsContinue { buffer.append("Expect: 100-continue\r\n") }
        if let upgrade {
            buffer.append("Connection: Upgrade\r\nUpgrade: ")
            buffer.append(upgrade)
            buffer.append("\r\n")
        }
        buffer.append("\r\n")
    }

    /// Appends the head of a request of our own. With `announcesNothing` one without content says so (RFC 9110 §8.6).
    package static func append(
        method: Span<UInt8>, target: Span<UInt8>, host: Span<UInt8>, framing: BodyFraming, announcesNothing: Bool,
        to buffer: inout Buffer, pool: BufferPool, fields: (inout FieldWriter) -> Void
    ) {
        appendLines(
            method: method, ahead: "", target: target, host: host, framing: framing,
            announced: announcesNothing ? 0 : nil, to: &buffer, pool: pool, fields: fields)
        buffer.append("\r\n")
    }

    /// All lines of a head but those that are special to one kind. `ahead` is what the target begins with.
    @inline(__always)
    private static func appendLines(
        method: Span<UInt8>, ahead: StaticString, target: Span<UInt8>, host: Span<UInt8>, framing: BodyFraming,
        announced: UInt64?, to buffer: inout Buffer, pool: BufferPool, fields: (inout FieldWriter) -> Void
    ) {
        buffer.reserve(method.count + target.count + host.count + MessageWriter.fixedBytesMax, from: pool)
        buffer.append(method)
        buffer.append(" ")
        buffer.append(ahead)
        buffer.append(target)
        buffer.append(" HTTP/1.1\r\nHost: ")
        buffer.append(host)
        buffer.append("\r\n")
        var writer = FieldWriter(buffer.take(), pool: pool)
        fields(&writer)
        buffer = writer.take()
        buffer.reserve(MessageWriter.fixedBytesMax, from: pool)
        MessageWriter.appendFraming(framing, announced: announced, to: &buffer)
    }

    /// A POST without content says so (RFC 9110 §8.6), for origins that would ask for its length.
    private static func announced(_ request: borrowing RequestHead) -> UInt64? {
        request.fields.first(.contentLength) != nil ? 0 : nil
    }
}

/// Writes content as it was sent, to be sent again to another origin.
package enum ReplayWriter {
    package static func append(_ bytes: Span<UInt8>, chunked: Bool, to buffer: inout Buffer, pool: BufferPool) {
        buffer.reserve(bytes.count + ChunkedEncoder.overheadBytesMax, from: pool)
        if chunked { ChunkedEncoder.appendStart(count: bytes.count, to: &buffer) }
        buffer.append(bytes)
        if chunked { ChunkedEncoder.appendEnd(to: &buffer) }
    }

    package static func appendLastChunk(_ trailers: borrowing Fields, to buffer: inout Buffer, pool: BufferPool) {
        ChunkedEncoder.appendLast(trailers: trailers, to: &buffer, pool: pool)
    }
}
