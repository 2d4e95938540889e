// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import HTTPTypes

/// One request of a client and its response. `run` reads from top to bottom what happens; what the loop tells meanwhile
/// only sets what `run` waits for. Content, both ways, is in ClientExchange+Content.
///
/// Sound as `@unchecked`: it is touched on the loop's thread only, where the client takes each call from elsewhere.
final class ClientExchange: DeadlineOwner, @unchecked Sendable {
    let client: HTTPClient
    let core: ClientCore
    let framing: BodyFraming
    /// It may be sent twice: doing it again does no more, and all of it is here.
    private let isRepeatable: Bool
    /// Writes the content, if it does not go out together with the head.
    private let producer: HTTPClient.Content.Producer?
    private let target: ClientTarget
    private let host: ClientHost
    let deadlineMs: Int64

    /// The head, and short content, as long as they may have to be sent.
    private var request = Buffer()
    private(set) var connection: ClientConnection?
    var hasPlace = false
    private var addresses: Result<[SocketAddress], Resolver.Failure>?
    private var isConnected = false
    private var address = SocketAddress.unspecified
    private var connectFailure: HTTPClient.Failure?
    /// An idle connection had ended when it was used.
    private var wasStale = false
    private(set) var head: (status: HTTPResponse.Status, fields: HTTPFields, length: UInt64?)?
    /// Why nothing follows.
    private(set) var failure: (any Error)?
    /// All of the response has come.
    private(set) var hasEnded = false

    /// What of the response's content nobody has asked for yet.
    var piece: [UInt8]?
    /// What of a request that said how long it is has not been written yet.
    var bytesLeft: UInt64?
    /// Written since others had their turn.
    var turnBytes = 0
    /// Content of the request is still to come.
    var isSending = false
    var sender: Task<Void, Never>?
    private let gate: Gate
    let contentGate: Gate
    let senderGate: Gate
    private var deadline: TimerWheel.ID?

    init(
        _ client: HTTPClient, _ core: ClientCore, _ target: ClientTarget, _ request: HTTPRequest,
        _ content: HTTPClient.Content, deadlineMs: Int64?
    ) {
        self.client = client
        self.core = core
        self.target = target
        framing = content.framing
        producer = content.producer
        self.deadlineMs = deadlineMs ?? core.options.deadlineMs
        host = core.host(target.authority)
        isRepeatable = target.method.isIdempotent && producer == nil
        gate = Gate(core.loop)
        contentGate = Gate(core.loop)
        senderGate = Gate(core.loop)
        if case .length(let length) = framing, producer != nil { bytesLeft = length }
        write(request, content)
    }

    private func write(_ head: HTTPRequest, _ content: HTTPClient.Content) {
        let pool = core.loop.pool
        let announces = target.method == .post || target.method == .put || target.method == .patch
        let fields = head.headerFields
        RequestWriter.append(
            method: head.method.rawValue.utf8.span, target: target.target.utf8.span, host: target.host.utf8.span,
            framing: framing, announcesNothing: announces, to: &request, pool: pool
        ) { $0.add(fields, except: .host) }
        if producer == nil, case .whole(let bytes) = content.kind {
            request.reserve(bytes.count, from: pool)
            request.append(bytes.span)
        }
    }

    // MARK: From the beginning to the response's head

    func run() async throws -> HTTPClient.Response {
        do {
            renewDeadline()
            host.enter(self)
            try await wait { self.hasPlace }
            if let idle = host.takeIdle(forUnsafeRequest: !isRepeatable) {
                use(idle, isConnected: true)
            } else {
                try await connect()
            }
            send()
            try await wait { self.head != nil || self.wasStale }
            if wasStale {
                try await connect()
                send()
                try await wait { self.head != nil }
            }
        } catch {
            end(error)
            throw failure ?? error
        }
        guard let head else { preconditionFailure("waited for above") }
        return HTTPClient.Response(
            status: head.status, headerFields: head.fields,
            body: HTTPClient.ResponseBody(self, length: head.length))
    }

    /// Waits for something that the loop tells. Throws when it has told that nothing comes any more.
    private func wait(until isTrue: () -> Bool) async throws {
        while !isTrue() {
            if let failure { throw failure }
            if Task.isCancelled { throw CancellationError() }
            await gate.wait()
        }
    }

    /// Connects to the first address that takes it.
    private func connect() async throws {
        addresses = host.addresses(for: self)
        try await wait { self.addresses != nil }
        let found: [SocketAddress]
        switch addresses {
        case .success(let all): found = all
        case .failure(let failure): throw HTTPClient.Failure.lookup(failure)
        case nil: preconditionFailure("waited for above")
        }
        var last = HTTPClient.Failure.lookup(
            Resolver.Failure(name: host.name, reason: "it has no address", isFinal: true))
        for address in found {
            guard let failure = try await connect(to: address) else { return }
            last = failure
        }
        throw last
    }

    /// Why there is no connection; nil when there is one.
    private func connect(to address: SocketAddress) async throws -> HTTPClient.Failure? {
        let connection = host.takeClosed()
        use(connection, isConnected: false)
        self.address = address
        connectFailure = nil
        do throws(SystemError) {
            try connection.connect(to: address)
        } catch {
            self.connection = nil
            host.giveBackClosed(connection)
            return .connect(error)
        }
        try await wait { self.isConnected || self.connectFailure != nil }
        return connectFailure
    }

    private func use(_ connection: ClientConnection, isConnected: Bool) {
        connection.observer = self
        self.connection = connection
        self.isConnected = isConnected
    }

    private func send() {
        guard let connection else { return }
        wasStale = false
        connection.begin(target.method, responseTimeoutMs: deadlineMs)
        guard let producer else { return connection.sendWhole(request) }
        connection.sendStart(request)
        pauseDeadline()
        startSender(producer)
    }

    // MARK: The end

    /// Gives up what is under way; who waits is told why.
    func end(_ error: any Error) {
        if hasEnded { return }
        if failure == nil { failure = error }
        if let connection = connection.take() {
            connection.close()
            host.giveBackClosed(connection)
        }
        release()
    }

    /// Nothing is sent or received any more.
    private func release() {
        endDeadline()
        sender?.cancel()
        sender = nil
        host.leave(self)
        request.release(to: core.loop.pool)
        gate.open()
        contentGate.open()
        senderGate.open()
    }

    /// Nobody can ask for content any more. Called on any thread.
    func responseDropped() {
        if client.executor.isCurrent {
            end(CancellationError())
        } else {
            client.submit { self.end(CancellationError()) }
        }
    }

    // MARK: Time

    /// The time for the response begins, or begins again.
    func renewDeadline() {
        let id = deadline ?? core.loop.addDeadline(self)
        deadline = id
        core.loop.setDeadline(id, atMs: core.loop.nowMs + min(deadlineMs, Self.deadlineMsMax))
    }

    /// So far ahead that nobody waits for it, and reckoning with it cannot overflow.
    private static let deadlineMsMax: Int64 = 1 << 50

    func pauseDeadline() {
        if let deadline { core.loop.clearDeadline(deadline) }
    }

    private func endDeadline() {
        if let deadline { core.loop.removeDeadline(deadline) }
        deadline = nil
    }

    func deadlinePassed() {
        end(HTTPClient.Failure.deadline(ms: deadlineMs))
    }

    // MARK: What the host tells

    func placeFound() {
        hasPlace = true
        gate.open()
    }

    func lookedUp(_ result: Result<[SocketAddress], Resolver.Failure>) {
        addresses = result
        gate.open()
    }
}

extension ClientExchange: ClientConnectionObserver {
    func connected(_ connection: ClientConnection) {
        isConnected = true
        gate.open()
    }

    func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict {
        if head.status == .switchingProtocols {
            // Nobody asked for it.
            end(HTTPClient.Failure.malformed(.statusCode))
        } else if !head.status.isInterim {
            var fields = HTTPFields()
            fields.append(head.fields)
            let length: UInt64? = if case .length(let length) = head.framing { length } else { head.announcedLength }
            let status = HTTPResponse.Status(code: Int(head.status.code), reasonPhrase: head.reason.text)
            self.head = (status, fields, length)
            gate.open()
        }
        return .take
    }

    func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) {
        let copy = [UInt8](copying: bytes)
        if piece == nil { piece = copy } else { piece?.append(contentsOf: copy) }
        if let piece, piece.count >= Self.pieceBytesMax { connection.pause() }
        contentGate.open()
    }

    func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection) {
        hasEnded = true
        self.connection = nil
        if isReusable { host.giveBack(connection) } else { host.giveBackClosed(connection) }
        release()
    }

    func responsePaused(_ connection: ClientConnection) {}

    func requestDrained(_ connection: ClientConnection) {
        senderGate.open()
    }

    func failed(_ failure: ClientFailure, _ connection: ClientConnection) {
        self.connection = nil
        host.giveBackClosed(connection)
        if !isConnected {
            connectFailure = explain(failure)
            gate.open()
        } else if failure == .lost, connection.isReused, !connection.hasReceivedBytes,
            isRepeatable || producer == nil && !connection.hasSentBytes
        {
            // The server ended an idle connection just when we used it (RFC 9112 §9.3.1).
            wasStale = true
            gate.open()
        } else {
            end(explain(failure))
        }
    }

    private func explain(_ failure: ClientFailure) -> HTTPClient.Failure {
        switch failure {
        case .connect(let number): .connect(SystemError("connect to \(host.name) (\(address))", number))
        case .connectTimeout: .connectTimeout(ms: core.options.connectTimeoutMs)
        case .lost: .lost
        // It takes no more of the request's content.
        case .responseTimeout where isSending: .contentTimeout(ms: core.options.contentTimeoutMs)
        case .responseTimeout: .deadline(ms: deadlineMs)
        case .bodyTimeout: .contentTimeout(ms: core.options.contentTimeoutMs)
        case .malformed(let error): .malformed(error)
        }
    }

    func idleEnded(_ connection: ClientConnection) {}
}
