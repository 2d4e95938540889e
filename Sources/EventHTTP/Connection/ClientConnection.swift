// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A connection to an origin: one request after the other. Reading is in ClientConnection+Input.
package final class ClientConnection: IOTarget, DeadlineOwner, Postponable {
    /// Interim responses to one request; more is an attack or a loop.
    static let interimsMax = 8

    let loop: EventLoop
    let pool: BufferPool
    /// Both may change between two requests.
    package var limits: ParserLimits
    package var timeouts: ClientTimeouts
    /// Who follows it now: whoever has it in use, or the pool.
    package var observer: (any ClientConnectionObserver)?
    var socket: ConnectionSocket
    private var deadline: TimerWheel.ID?
    var state = ClientConnectionState()
    var input = Buffer()
    var headSearched = 0
    var decoder = BodyDecoder(.none)
    var method = Method.get
    var isPersistent = true
    /// The kernel took at least a byte of the current request, so the origin may have seen it.
    package private(set) var hasSentBytes = false
    /// Something of its response has come. Holds when the connection has failed, too.
    package var hasReceivedBytes: Bool { headSearched > 0 || interims > 0 || state.phase == .body }
    private var responseMs: Int64 = 0
    var interims = 0
    var isPaused = false
    var readsEnded = false
    var isProcessing = false
    private var observerWaits = false
    /// When it was last used, in milliseconds of the loop's clock.
    package private(set) var usedAtMs: Int64 = 0
    /// How long the origin says it keeps an idle connection.
    package internal(set) var keepAliveSeconds: UInt64?
    /// At least one response has come over it, so a failure may be the end of an idle connection (RFC 9112 §9.3.1).
    package internal(set) var isReused = false
    /// What the origin is told of it, if anything.
    private var introduction: Introduction?
    /// Whose it is, if the origin was told: then it carries no other client's requests.
    package var client: SocketAddress? {
        if case .client(let client, _) = introduction { client } else { nil }
    }
    package var isOpen: Bool { socket.descriptor.isOpen }

    package init(on loop: EventLoop, limits: ParserLimits, timeouts: ClientTimeouts) {
        self.loop = loop
        pool = loop.pool
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
    /// `introduction` goes ahead of the first request, together with it.
    package func connect(to address: SocketAddress, as introduction: Introduction? = nil) throws(SystemError) {
        socket.open(try Socket.connecting(to: address))
        socket.block()
        self.introduction = introduction
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
        socket.close(pool)
        input.release(to: pool)
        if let deadline { loop.clearDeadline(deadline) }
        state = ClientConnectionState()
        observer = nil
        lostErrno = 0
    }

    func fail(_ failure: ClientFailure) {
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
    ///
    /// `responseTimeoutMs` is how long its response may take to begin, from when the origin has got the request.
    package func begin(_ method: Method, responseTimeoutMs: Int64? = nil) {
        responseMs = responseTimeoutMs ?? timeouts.responseMs
        state.began()
        self.method = method
        interims = 0
        headSearched = 0
        isPaused = false
        observerWaits = false
        isPersistent = true
        hasSentBytes = false
        setDeadline(responseMs)
    }

    /// Sends a request that has no content, all of it.
    package func sendWhole(_ request: borrowing Buffer) {
        guard isOpen else { return }
        socket.output.reserve(request.count, from: pool)
        socket.output.append(request.bytes)
        state.requestEnded()
        flush()
    }

    /// Sends the head, and content that was kept, of a request whose content goes on.
    package func sendStart(_ request: borrowing Buffer) {
        _ = send(request.bytes)
    }

    /// Sends a part of the request. False asks the caller to wait for `requestDrained`.
    package func send(_ bytes: Span<UInt8>) -> Bool {
        guard isOpen else { return false }
        let number = socket.write(bytes, pool)
        if number != 0 { return lose(number) }
        if socket.output.isEmpty || socket.isBlocked { hasSentBytes = true }
        noteSending()
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

    var lostErrno: Int32 = 0

    /// Sends the start or the end of a chunk together with what waits.
    package func sendChunk(_ bytes: Span<UInt8>) -> Bool {
        guard isOpen else { return false }
        if socket.appendChunk(bytes, pool) {
            noteSending()
            loop.later(self)
            return isWritable
        }
        socket.output.reserve(ChunkedEncoder.overheadBytesMax, from: pool)
        ChunkedEncoder.appendStart(count: bytes.count, to: &socket.output)
        _ = send(bytes)
        socket.output.reserve(2, from: pool)
        ChunkedEncoder.appendEnd(to: &socket.output)
        return isWritable
    }

    package func sendLastChunk(_ trailers: borrowing Fields) {
        guard isOpen else { return }
        ChunkedEncoder.appendLast(trailers: trailers, to: &socket.output, pool: pool)
    }

    package func sendLastChunk() {
        sendLastChunk(Fields(Span(), Span()))
    }

    /// The request is complete: what remains of it is sent. Its response may take so long to begin from now on.
    package func endRequest(responseTimeoutMs: Int64? = nil) {
        guard isOpen, !state.isRequestSent else { return }
        if let responseTimeoutMs { responseMs = responseTimeoutMs }
        state.requestEnded()
        // An upload may have taken long; the origin's time to answer begins with its end.
        noteSending()
        flush()
    }

    /// In a tunnel: the client will send no more.
    package func endTunnel() {
        guard isOpen else { return }
        state.tunnelWritesEnded()
        flush()
        if isOpen, socket.output.isEmpty { Syscalls.shutdownWriting(socket.descriptor) }
    }

    /// In a tunnel: both sides have ended, and all that there was has been sent.
    package var isTunnelOver: Bool { readsEnded && state.areTunnelWritesEnded && socket.output.isEmpty }

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
        let number = socket.flush(pool)
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
            if let introduction {
                socket.output.reserve(ProxyHeaderWriter.bytesMax, from: pool)
                ProxyHeaderWriter.append(introduction, to: &socket.output)
            }
            observer?.connected(self)
            if isOpen { flush() }
            return
        }
        socket.unblock()
        let waiting = socket.output.count
        flush()
        if socket.output.count < waiting { noteSending() }
        if state.areTunnelWritesEnded, socket.output.isEmpty {
            Syscalls.shutdownWriting(socket.descriptor)
            if isTunnelOver { return fail(.lost) }
        }
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
            socket.output.release(to: pool)
            // An answer that is held stays so until its turn comes.
            if state.phase == .head, isPaused { updateWatcher() } else { drainAfterLoss() }
            return
        }
        if state.phase != .connecting, !socket.output.isEmpty { flush() }
        // Content that is complete has an end to tell of, though no byte follows.
        let isComplete = state.phase == .body && decoder.bytesLeft == 0
        if isOpen, !isPaused, !input.isEmpty || isComplete { processWaiting() }
        if isOpen { updateWatcher() }
    }

    private func drainAfterLoss() {
        isPaused = false
        if !input.isEmpty { processWaiting() }
        var reads = 0
        while isOpen, !readsEnded, state.phase != .idle, reads < 64 {
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
        case .head where isPaused: setDeadline(responseMs)  // It is held, and waits for us.
        // It has got all that there is so far: it is the client that is slow.
        case .head where awaitsClient, .body where isPaused || awaitsClient: setDeadline(timeouts.bodyMs)
        case .head: fail(.responseTimeout)
        case .body: fail(.bodyTimeout)
        }
    }

    // MARK: Deadlines and watching

    private var currentTimeoutMs: Int64 {
        state.phase == .head ? responseMs : timeouts.bodyMs
    }

    func setDeadline(_ milliseconds: Int64) {
        if let deadline { loop.setDeadline(deadline, atMs: loop.nowMs + milliseconds) }
    }

    func clearDeadline() {
        if let deadline { loop.clearDeadline(deadline) }
    }

    /// A part of the request has been handed over, or taken by the kernel: the origin has its time again.
    private func noteSending() {
        if state.phase == .head {
            setDeadline(state.isRequestSent ? responseMs : timeouts.bodyMs)
        } else {
            extendDeadline()
        }
    }

    /// More of the request is to come, and the origin has got what there was.
    private var awaitsClient: Bool { !state.isRequestSent && socket.output.isEmpty }

    func extendDeadline() {
        guard isOpen, state.phase == .body else { return }
        setDeadline(state.isTunnel ? timeouts.tunnelMs : timeouts.bodyMs)
    }

    func updateWatcher() {
        guard isOpen else { return }
        socket.wait(reading: state.phase != .connecting && !isPaused && !readsEnded)
    }
}
