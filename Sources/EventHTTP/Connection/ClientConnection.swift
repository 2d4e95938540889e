// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Why a request to an origin came to nothing, or its response was cut.
package enum ClientFailure: Equatable {
    /// No connection: refused, unreachable, or another errno of connect.
    case connect(Int32)
    /// No connection in time.
    case connectTimeout
    /// The origin ended or reset the connection before the response was complete.
    case lost
    /// No response head in time.
    case responseTimeout
    /// A response that stopped in its content.
    case bodyTimeout
    /// A response that is not valid HTTP.
    case malformed(ParseError)
}

/// Follows a connection to an origin. Calls come on the loop's thread.
package protocol ClientConnectionObserver: AnyObject {
    /// The connection stands; requests can be sent.
    func connected(_ connection: ClientConnection)
    /// A head: interim ones first, then the final one. With `.hold` the response stays where it is, and comes again
    /// when the connection is told to go on.
    func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict
    func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection)
    /// The response is complete. The connection can be used again if `isReusable`; otherwise it is closed afterwards.
    func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection)
    /// A callback is over: what was passed on can be sent.
    func responsePaused(_ connection: ClientConnection)
    /// What was told to wait may go on.
    func requestDrained(_ connection: ClientConnection)
    /// The connection is closed.
    func failed(_ failure: ClientFailure, _ connection: ClientConnection)
    /// An idle connection was ended by the origin or grew too old; it is closed.
    func idleEnded(_ connection: ClientConnection)
}

package enum HeadVerdict {
    case take, hold
}

/// Deadlines of a connection to an origin, in milliseconds.
package struct ClientTimeouts: Sendable {
    package var connectMs: Int64 = 3_000
    /// From the request to the response's head.
    package var responseMs: Int64 = 15_000
    /// Between two pieces of the response, and of the request.
    package var bodyMs: Int64 = 15_000
    /// Nothing moving in a tunnel.
    package var tunnelMs: Int64 = 3_600_000

    package init() {}
}

/// A connection to an origin: one request after the other.
package final class ClientConnection: IOTarget, DeadlineOwner, Postponable {
    /// Interim responses to one request; more is an attack or a loop.
    static let interimsMax = 8

    let loop: EventLoop
    private let limits: ParserLimits
    private let timeouts: ClientTimeouts
    /// Who follows it now: whoever has it in use, or the pool.
    package var observer: (any ClientConnectionObserver)?
    private var socket: ConnectionSocket
    private var deadline: TimerWheel.ID?
    private var state = ClientConnectionState()
    private var input = Buffer()
    private var headSearched = 0
    private var decoder = BodyDecoder(.none)
    private var method = Method.get
    private var isPersistent = true
    /// The kernel took at least a byte of the current request, so the origin may have seen it.
    package private(set) var hasSentBytes = false
    private var interims = 0
    private var isPaused = false
    private var readsEnded = false
    private var isProcessing = false
    private var observerWaits = false
    /// When it was last used, in milliseconds of the loop's clock.
    package private(set) var usedAtMs: Int64 = 0
    /// How long the origin says it keeps an idle connection.
    package private(set) var keepAliveSeconds: UInt64?
    /// At least one response has come over it, so a failure may be the end of an idle connection (RFC 9112 §9.3.1).
    package private(set) var isReused = false
    package var isOpen: Bool { socket.descriptor.isOpen }

    package init(on loop: EventLoop, limits: ParserLimits, timeouts: ClientTimeouts) {
        self.loop = loop
        self.limits = limits
        self.timeouts = timeouts
        socket = ConnectionSocket(on: loop)
        super.init()
        socket.attach(self)
        deadline = loop.addDeadline(self)
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    // MARK: Beginning and ending

    /// Begins to connect. An error here is what another host of the same address family would run into as well.
    package func connect(to address: SocketAddress) throws(SystemError) {
        socket.open(try Socket.connecting(to: address))
        socket.block()
        state = ClientConnectionState()
        input.removeAll()
        isReused = false
        readsEnded = false
        keepAliveSeconds = nil
        setDeadline(timeouts.connectMs)
        updateWatcher()
    }

    /// Closes without telling the observer.
    package func close() {
        guard isOpen else { return }
        socket.close(loop.pool)
        input.release(to: loop.pool)
        if let deadline { loop.clearDeadline(deadline) }
        state = ClientConnectionState()
        observer = nil
    }

    private func fail(_ failure: ClientFailure) {
        guard isOpen else { return }
        let wasIdle = state.phase == .idle
        let observer = observer
        close()
        if wasIdle { observer?.idleEnded(self) } else { observer?.failed(failure, self) }
    }

    /// Puts it aside until it is used again. Whatever comes meanwhile ends it.
    package func becomeIdle(forMs milliseconds: Int64) {
        usedAtMs = loop.nowMs
        setDeadline(milliseconds)
        updateWatcher()
    }

    // MARK: The request

    /// Begins a request; its bytes follow with `send`.
    package func begin(_ method: Method) {
        state.began()
        self.method = method
        interims = 0
        headSearched = 0
        isPaused = false
        observerWaits = false
        isPersistent = true
        hasSentBytes = false
        setDeadline(timeouts.responseMs)
    }

    /// Sends a request that has no content, all of it.
    package func sendWhole(_ request: borrowing Buffer) {
        guard isOpen else { return }
        socket.output.reserve(request.count, from: loop.pool)
        socket.output.append(request.bytes)
        endRequest()
    }

    /// Sends the head, and content that was kept, of a request whose content goes on.
    package func sendStart(_ request: borrowing Buffer) {
        _ = send(request.bytes)
    }

    /// Sends a part of the request. False asks the caller to wait for `requestDrained`.
    package func send(_ bytes: Span<UInt8>) -> Bool {
        guard isOpen else { return false }
        let number = socket.write(bytes, loop.pool)
        if number != 0 { return lose(number) }
        if socket.output.isEmpty || socket.isBlocked { hasSentBytes = true }
        // Small pieces are kept for a moment, so that those which come together go out together.
        if !socket.output.isEmpty { loop.later(self) }
        if socket.isBlocked { updateWatcher() }
        return isWritable
    }

    /// The origin takes no more. Told from a clean stack, not in the middle of what the caller is doing.
    private func lose(_ number: Int32) -> Bool {
        lostErrno = number
        loop.later(self)
        return false
    }

    private var lostErrno: Int32 = 0

    /// Sends the start or the end of a chunk together with what waits.
    package func sendChunk(_ bytes: Span<UInt8>) -> Bool {
        guard isOpen else { return false }
        socket.output.reserve(ChunkedEncoder.overheadBytesMax, from: loop.pool)
        ChunkedEncoder.appendStart(count: bytes.count, to: &socket.output)
        _ = send(bytes)
        socket.output.reserve(2, from: loop.pool)
        ChunkedEncoder.appendEnd(to: &socket.output)
        return isWritable
    }

    package func sendLastChunk(_ trailers: borrowing Fields) {
        guard isOpen else { return }
        ChunkedEncoder.appendLast(trailers: trailers, to: &socket.output, pool: loop.pool)
    }

    /// The request is complete: what remains of it is sent.
    package func endRequest() {
        guard isOpen, !state.isRequestSent else { return }
        state.requestEnded()
        flush()
    }

    /// In a tunnel: the client will send no more.
    package func endTunnel() {
        guard isOpen else { return }
        state.tunnelWritesEnded()
        flush()
        if isOpen, socket.output.isEmpty { Syscalls.shutdownWriting(socket.descriptor) }
    }

    package var isWritable: Bool {
        if socket.isBlocked && socket.output.count >= ConnectionSocket.lowWatermarkBytes {
            observerWaits = true
            return false
        }
        return true
    }

    /// Sends what waits.
    package func flush() {
        guard isOpen else { return }
        let waiting = socket.output.count
        let number = socket.flush(loop.pool)
        if number != 0 {
            _ = lose(number)
        } else if socket.output.count < waiting {
            hasSentBytes = true
        }
        updateWatcher()
    }

    // MARK: The response

    /// Leaves the rest of the response with the origin until `goOn`: back-pressure.
    package func pause() {
        guard !isPaused else { return }
        isPaused = true
        if !isProcessing { updateWatcher() }
    }

    package func goOn() {
        guard isPaused else { return }
        isPaused = false
        if let deadline, isOpen { loop.setDeadline(deadline, atMs: loop.nowMs + currentTimeoutMs) }
        if !isProcessing { loop.later(self) }
    }

    // MARK: What the loop tells

    override package func ready(_ events: IOEvents) {
        if events.contains(.write) { writable() }
        if isOpen, events.contains(.read) { read() }
    }

    private func writable() {
        if state.phase == .connecting {
            let number = Syscalls.pendingError(socket.descriptor)
            if number != 0 { return fail(.connect(number)) }
            socket.unblock()
            state.connected()
            clearDeadline()
            observer?.connected(self)
            if isOpen { flush() }
            return
        }
        socket.unblock()
        flush()
        guard isOpen else { return }
        if state.areTunnelWritesEnded, socket.output.isEmpty { Syscalls.shutdownWriting(socket.descriptor) }
        if observerWaits, socket.output.count <= ConnectionSocket.lowWatermarkBytes {
            observerWaits = false
            observer?.requestDrained(self)
        }
    }

    package func resume() {
        guard isOpen else { return }
        if lostErrno != 0 {
            lostErrno = 0
            // The origin may have answered before it closed: what it said counts more than that we could not go on.
            state.requestCut()
            drainAfterLoss()
            return
        }
        if state.phase != .connecting, !socket.output.isEmpty { flush() }
        if isOpen, !isPaused, !input.isEmpty { processWaiting() }
        if isOpen { updateWatcher() }
    }

    private func drainAfterLoss() {
        isPaused = false
        var reads = 0
        while isOpen, state.phase != .idle, reads < 64 {
            reads += 1
            read()
        }
        fail(.lost)
    }

    package func deadlinePassed() {
        switch state.phase {
        case .connecting: fail(.connectTimeout)
        case .idle: fail(.lost)
        case .ready: break
        case .head where isPaused: setDeadline(timeouts.responseMs)  // It is held, and waits for us.
        case .head: fail(.responseTimeout)
        case .body where isPaused: setDeadline(timeouts.bodyMs)  // It is the client that is slow.
        case .body: fail(.bodyTimeout)
        }
    }

    // MARK: Reading

    private func read() {
        if state.phase == .idle || state.phase == .ready {
            // Nothing was asked: an end, a reset, or bytes that belong to no request (response queue poisoning).
            return fail(.lost)
        }
        if input.isEmpty {
            var inbox = loop.takeInbox()
            receive(into: &inbox)
            if isOpen, !inbox.isEmpty {
                input.reserve(inbox.count, from: loop.pool)
                input.append(inbox.bytes)
            }
            loop.returnInbox(inbox)
        } else {
            var own = input.take()
            own.reserve(4 << 10, from: loop.pool)
            receive(into: &own)
            putBack(own)
        }
        observer?.responsePaused(self)
        updateWatcher()
    }

    private func processWaiting() {
        var own = input.take()
        process(&own)
        putBack(own)
        observer?.responsePaused(self)
    }

    private func receive(into buffer: inout Buffer) {
        switch Syscalls.receive(socket.descriptor, into: &buffer, max: EventLoop.receiveBytesMax) {
        case .bytes: process(&buffer)
        case .wouldBlock: break
        case .ended: originEnded()
        case .failed: fail(.lost)
        }
    }

    private func putBack(_ buffer: consuming Buffer) {
        input = buffer
        if input.isEmpty || !isOpen { input.release(to: loop.pool) }
    }

    private func originEnded() {
        readsEnded = true
        if state.phase == .body && decoder.endsAtClose {
            ended(Fields(Span(), Span()), hasSurplus: false)
        } else {
            fail(.lost)
        }
    }

    private func process(_ buffer: inout Buffer) {
        isProcessing = true
        defer { isProcessing = false }
        do throws(ParseError) {
            while isOpen, !isPaused {
                let goesOn =
                    switch state.phase {
                    case .head: try readHead(&buffer)
                    case .body: try readContent(&buffer)
                    case .connecting, .ready, .idle: false
                    }
                if !goesOn { return }
            }
        } catch {
            fail(.malformed(error))
        }
    }

    private func readHead(_ buffer: inout Buffer) throws(ParseError) -> Bool {
        if buffer.isEmpty { return false }
        if headSearched > 0, buffer.count <= limits.lineBytesMax + limits.headBytesMax,
            buffer.bytes.firstIndex(of: UInt8(ascii: "\n"), from: min(headSearched, buffer.count)) == nil
        {
            headSearched = buffer.count
            return false
        }
        var fields = loop.takeFields()
        let parsed: ParsedResponse?
        do throws(ParseError) {
            parsed = try ResponseParser.parse(buffer.bytes, to: method, limits: limits, into: &fields)
        } catch {
            loop.returnFields(fields)
            throw error
        }
        guard let parsed else {
            headSearched = buffer.count
            loop.returnFields(fields)
            return false
        }
        headSearched = 0
        let isFinal = !parsed.status.isInterim || parsed.status == .switchingProtocols
        if !isFinal {
            interims += 1
            if interims > Self.interimsMax {
                loop.returnFields(fields)
                throw .statusCode
            }
        }
        let observer = observer
        let verdict =
            observer?.responseHead(
                ResponseHead(parsed, bytes: buffer.bytes, lines: fields.lines.span), from: self) ?? .take
        loop.returnFields(fields)
        guard isOpen else { return false }
        if verdict == .hold {
            isPaused = true
            return false
        }
        buffer.consume(parsed.length)
        if isFinal { headEnded(parsed) }
        return true
    }

    private func headEnded(_ parsed: ParsedResponse) {
        decoder = BodyDecoder(parsed.framing)
        isPersistent = parsed.isPersistent
        keepAliveSeconds = parsed.keepAliveSeconds
        state.headEnded()
        if parsed.framing == .tunnel { state.becameTunnel() }
        setDeadline(parsed.framing == .tunnel ? timeouts.tunnelMs : timeouts.bodyMs)
    }

    private func readContent(_ buffer: inout Buffer) throws(ParseError) -> Bool {
        switch try decoder.next(buffer.bytes) {
        case .data(let range):
            observer?.responseBody(buffer.bytes.extracting(range), from: self)
            if isOpen { buffer.consume(range.upperBound) }
            extendDeadline()
            return true
        case .ended(let consumed):
            buffer.consume(consumed)
            ended(Fields(Span(), Span()), hasSurplus: !buffer.isEmpty)
            return false
        case .trailers(let consumed):
            buffer.consume(consumed)
            return try readTrailers(&buffer)
        case .more(let consumed):
            buffer.consume(consumed)
            return false
        }
    }

    private func readTrailers(_ buffer: inout Buffer) throws(ParseError) -> Bool {
        var fields = loop.takeFields()
        let end: Int?
        do throws(ParseError) {
            end = try FieldParser.parse(buffer.bytes, from: 0, limits: limits, into: &fields)
        } catch {
            loop.returnFields(fields)
            throw error
        }
        if let end {
            ended(Fields(buffer.bytes, fields.lines.span), hasSurplus: buffer.count > end)
        }
        loop.returnFields(fields)
        if let end { buffer.consume(end) }
        return false
    }

    /// The response is complete. A connection with bytes beyond it, or whose request was not sent to its end, is not
    /// used again.
    private func ended(_ trailers: borrowing Fields, hasSurplus: Bool) {
        let isReusable = isPersistent && !hasSurplus && state.isRequestSent && socket.output.isEmpty
        if state.isTunnel { return observer?.responseEnded(trailers, isReusable: false, from: self) ?? () }
        state.responseEnded()
        isReused = true
        let observer = observer
        if isReusable { clearDeadline() } else { close() }
        observer?.responseEnded(trailers, isReusable: isReusable, from: self)
    }

    // MARK: Deadlines and watching

    private var currentTimeoutMs: Int64 {
        state.phase == .head ? timeouts.responseMs : timeouts.bodyMs
    }

    private func setDeadline(_ milliseconds: Int64) {
        if let deadline { loop.setDeadline(deadline, atMs: loop.nowMs + milliseconds) }
    }

    private func clearDeadline() {
        if let deadline { loop.clearDeadline(deadline) }
    }

    private func extendDeadline() {
        guard isOpen, state.phase == .body else { return }
        setDeadline(state.isTunnel ? timeouts.tunnelMs : timeouts.bodyMs)
    }

    private func updateWatcher() {
        guard isOpen else { return }
        socket.wait(reading: state.phase != .connecting && !isPaused && !readsEnded)
    }
}
