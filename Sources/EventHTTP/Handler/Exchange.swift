// SPDX-License-Identifier: Apache-2.0

/// The right and the duty to answer one request. It can be moved, not copied; answering consumes it. Dropped without an
/// answer, it answers 500.
public struct Exchange: ~Copyable {
    let connection: ServerConnection
    let id: UInt64

    init(_ connection: ServerConnection, _ id: UInt64) {
        self.connection = connection
        self.id = id
    }

    deinit {
        connection.exchangeDropped(id)
    }

    /// Whom the request is from: the peer, or whom a trusted proxy has named.
    public var clientAddress: SocketAddress { connection.client }

    /// Who has connected: the client, or the last proxy before us.
    package var peerAddress: SocketAddress { connection.peer }

    /// The peer is a proxy, and the request is `client`'s.
    package func note(client: SocketAddress) {
        connection.note(id, client: client)
    }

    /// The server stops, and its observers have been told so.
    package var isDraining: Bool { connection.server.isDraining }

    /// The address that the client reached; nil when the connection is gone.
    package var localAddress: SocketAddress? { connection.localAddress }

    // MARK: Answering

    /// Answers with `body` as the content. To HEAD only its length is told.
    public consuming func respond(
        _ status: Status, _ body: Span<UInt8>, fields: (inout FieldWriter) -> Void = { _ in }
    ) {
        let count = UInt64(body.count)
        guard connection.startResponse(id, status, framing: .length(count), fields: fields) else { return }
        connection.write(body)
        connection.endResponse()
    }

    /// Answers with text that the program has.
    public consuming func respond(
        _ status: Status, _ body: StaticString, fields: (inout FieldWriter) -> Void = { _ in }
    ) {
        let count = UInt64(body.utf8CodeUnitCount)
        guard connection.startResponse(id, status, framing: .length(count), fields: fields) else { return }
        connection.write(body)
        connection.endResponse()
    }

    /// Begins a response whose content follows piece by piece: `length` bytes of it, or chunked when that is not known.
    public consuming func begin(
        _ status: Status, length: UInt64?, fields: (inout FieldWriter) -> Void = { _ in }
    ) -> BodyWriter {
        let framing = length.map { BodyFraming.length($0) } ?? BodyFraming.chunked
        _ = connection.startResponse(id, status, framing: framing, fields: fields)
        return BodyWriter(connection, id)
    }

    /// Answers 101: the connection becomes a tunnel for `protocol` (RFC 9110 §7.8). What the client sends then is told
    /// to the observer as content.
    package consuming func tunnel(
        to protocol: Span<UInt8>, fields: (inout FieldWriter) -> Void
    ) -> BodyWriter {
        _ = connection.startResponse(id, .switchingProtocols, framing: .tunnel) { writer in
            writer.literal("Upgrade: ")
            writer.text(`protocol`)
            writer.end()
            fields(&writer)
        }
        return BodyWriter(connection, id)
    }

    /// Passes on a response of an origin: its status, its reason, its framing; `fields` says which fields.
    package consuming func relay(
        _ head: borrowing ResponseHead, fields: (inout FieldWriter) -> Void
    ) -> BodyWriter {
        _ = connection.startResponse(
            id, head.status, reason: head.reason, framing: head.framing, announced: head.announcedLength,
            fields: fields)
        return BodyWriter(connection, id)
    }

    /// Adds to the access log's line of the exchange, in the place of what was added before. Possible until the
    /// exchange is logged, even when it cannot be answered any more.
    package func note(_ write: (inout AccessNotes) -> Void) {
        connection.note(id, write)
    }

    /// Makes the answer, which has not begun yet, the last one over its connection.
    package func endConnection() {
        connection.endAfterAnswer(id)
    }

    // MARK: Following the request

    /// Has the rest of the exchange told to `observer`. It is kept until the exchange ends.
    public func observe(_ observer: any ExchangeObserver) {
        connection.observe(id, observer)
    }

    /// Starts, or goes on, reading the request's content. A client that waits for 100 is sent it. Without this, content
    /// stays with the client (and is discarded after the answer).
    public func readBody() {
        connection.readBody(id)
    }

    /// Leaves further content with the client until `readBody` is called: back-pressure.
    public func pauseBody() {
        connection.pauseBody(id)
    }

    /// Sends an interim response (RFC 9110 §15.2): not to HTTP/1.0, and not after the response has begun.
    public func interim(_ status: Status, fields: (inout FieldWriter) -> Void = { _ in }) {
        connection.sendInterim(id, status, fields: fields)
    }
}

/// Writes the content of a response that has begun. Dropped before `finish`, it breaks the connection, so that the
/// client sees that something is missing.
public struct BodyWriter: ~Copyable {
    let connection: ServerConnection
    let id: UInt64

    init(_ connection: ServerConnection, _ id: UInt64) {
        self.connection = connection
        self.id = id
    }

    deinit {
        connection.responseDropped(id)
    }

    /// Writes a piece. False asks the caller to wait for `responseDrained`: at most 64 KiB wait for a slow client, and
    /// a fast one gets 256 KiB before others have their turn.
    /// What is sent when the client has gone is nothing, without an error; the observer has been told.
    public func write(_ bytes: Span<UInt8>) -> Bool {
        guard connection.isCurrent(id) else { return false }
        connection.write(bytes)
        connection.flushSoon()
        return connection.isWritable && connection.keepsTurn(bytes.count)
    }

    /// Ends the content.
    public consuming func finish() {
        guard connection.isCurrent(id) else { return }
        connection.endResponse()
    }

    // MARK: For the relay, which sends what it wrote by itself

    package func append(_ bytes: Span<UInt8>) {
        guard connection.isCurrent(id) else { return }
        connection.write(bytes)
    }

    package var isWritable: Bool { connection.isCurrent(id) && connection.isWritable }

    package func flush() {
        guard connection.isCurrent(id) else { return }
        connection.flush()
    }

    package consuming func finish(trailers: borrowing Fields) {
        guard connection.isCurrent(id) else { return }
        connection.endResponse(trailers: trailers)
    }

    /// Ends our side of a tunnel. The client's may go on; dropping the writer breaks it off.
    package func endSide() {
        guard connection.isCurrent(id) else { return }
        connection.endResponse()
    }

    /// As for ``Exchange``.
    package func note(_ write: (inout AccessNotes) -> Void) {
        connection.note(id, write)
    }

    package func readBody() {
        connection.readBody(id)
    }

    package func pauseBody() {
        connection.pauseBody(id)
    }

    /// No more of the request's content is wanted; what comes is discarded.
    package func discardBody() {
        connection.observe(id, nil)
    }
}
