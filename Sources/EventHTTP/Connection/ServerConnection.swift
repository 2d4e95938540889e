// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A connection to a client: what arrives becomes exchanges for the handler, what the handler answers goes out.
///
/// A final class, taken from and returned to the server's pool: a handler answers while it is being called, so the
/// connection is changed while it is being read, which a struct behind a pointer would forbid (the law of exclusivity).
/// `exchangeID` makes tokens of exchanges that are over harmless.
///
/// Reading is in ServerConnection+Input, writing in ServerConnection+Output; what is next is decided by
/// `ServerConnectionState`.
package final class ServerConnection: IOTarget, DeadlineOwner, Postponable {
    /// What a client may still send of a request that has been answered, to keep its connection.
    static let discardBytesMax: UInt64 = 1 << 20
    /// What a client may still send until it has seen our last answer. One that writes all of its request before it
    /// reads would lose that answer to a reset (RFC 9112 §9.6).
    static let lingerBytesMax: UInt64 = 64 << 20
    /// How long that may take, and how long we wait for more from a client that should have seen our last answer.
    static let lingerTimeoutMs: Int64 = 2_000
    /// How long a client may go on sending after our last answer.
    static let lingerTotalMs: Int64 = 30_000
    /// Requests that are sent ahead wait in the connection up to this; more stays in the kernel.
    static let readAheadBytesMax = 16 << 10
    /// What a handler may write of a response before the other connections of the loop have their turn.
    static let turnBytesMax = 256 << 10

    let loop: EventLoop
    // Beside the loop: what is reached over two references is retained each time.
    let pool: BufferPool
    let server: ServerContext
    unowned let owner: ServerLoop
    var socket: ConnectionSocket
    /// Who has connected, or whose connection a PROXY header says it is.
    var peer = SocketAddress.unspecified
    /// Whose request it is, if the peer is a proxy that has named its client.
    private var forwardedClient: SocketAddress?
    private var deadline: TimerWheel.ID?

    // Thousands of connections do nothing most of the time. Swift lays fields out in this order, each at a multiple of
    // its size, so small ones stand where a larger one leaves a hole before the next word.

    /// Whether `socket` is: asked so often that going there for it would show.
    private(set) var isOpen = false
    var isProcessing = false
    /// A write has failed; the connection closes from a clean stack, because whoever wrote is still at work.
    var isBroken = false
    /// Bytes that could not be used yet; empty, and without memory, nearly always.
    var input = Buffer()
    /// How much of an incomplete head in it has been searched for its line ends.
    var headSearched: Int32 = 0
    var decoder = BodyDecoder(.none)
    var isBodyWanted = false
    var awaitsContinue = false
    /// The request's content has been waited for at least once, and its pace is watched.
    var isReadPaced = false
    /// The client has ended its side.
    var readsEnded = false
    var discardedBytes: UInt64 = 0
    var lingerEndMs: Int64 = 0
    var readDeadlineMs = Int64.max
    var writeDeadlineMs = Int64.max
    /// Of the client's content, and of its reading (slow POST, slow read).
    var readPace: Pace?
    var writePace: Pace?
    private(set) var exchangeID: UInt64 = 0
    var observer: (any ExchangeObserver)?
    var responseBytesLeft: UInt64 = 0
    var logEntry = ExchangeLog()
    var isHeadRequest = false
    var minorVersion: UInt8 = 1
    var observerWaits = false
    /// Written by the handler in this turn.
    var turnBytes: Int32 = 0
    var responseFraming = BodyFraming.none
    /// The response has been waiting for the client at least once, and its pace is watched.
    var isWritePaced = false
    /// The client has been asked whether it still reads.
    var hasProbedHalfClose = false
    /// Our side has ended; what still arrives is thrown away.
    var isLingering = false
    /// Where it is among the server's connections.
    var place: Int32 = 0
    var state = ServerConnectionState()
    /// No request has come over it yet.
    var isFresh = true
    /// The peer is a proxy that has yet to say whose connection it passes on.
    var awaitsProxyHeader = false

    init(_ owner: ServerLoop) {
        self.owner = owner
        server = owner.context
        loop = owner.loop
        pool = owner.loop.pool
        socket = ConnectionSocket(on: owner.loop)
        super.init()
        socket.attach(self)
        deadline = loop.addDeadline(self)
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    /// Takes over an accepted connection.
    func open(_ descriptor: consuming Descriptor, peer: SocketAddress) {
        socket.open(descriptor)
        isOpen = true
        self.peer = peer
        state = ServerConnectionState()
        readsEnded = false
        isLingering = false
        isBroken = false
        isFresh = true
        awaitsProxyHeader = server.options.proxyHeaderPeers.contains(peer)
        discardedBytes = 0
        headSearched = 0
        readDeadlineMs = loop.nowMs + server.options.headTimeoutMs
        writeDeadlineMs = .max
        isWritePaced = false
        rearm()
        updateWatcher()
    }

    var localAddress: SocketAddress? {
        isOpen ? Socket.localAddress(of: socket.descriptor) : nil
    }

    // MARK: Ending

    /// Closes now. An observer that still follows an exchange is told why.
    func close(_ failure: ExchangeFailure = .clientGone, _ outcome: ExchangeOutcome = .clientGone) {
        guard isOpen else { return }
        let observer = letGoOfExchange()
        socket.close(pool)
        isOpen = false
        input.release(to: pool)
        if let deadline { loop.clearDeadline(deadline) }
        state = ServerConnectionState()
        observer?.exchangeFailed(failure)
        // Only now: the handler may have had something to note.
        if logEntry.isActive { server.log(self, outcome) }
        owner.closed(self)
    }

    /// Breaks the connection, so that the client cannot take a cut response for a whole one.
    func abort(_ failure: ExchangeFailure = .clientGone, _ outcome: ExchangeOutcome = .responseCut) {
        guard isOpen else { return }
        Syscalls.resetOnClose(socket.descriptor)
        close(failure, outcome)
    }

    /// Ends our side, and reads on until the client has seen it: closing with bytes unread would send a reset, which
    /// can overtake the answer (RFC 9112 §9.6).
    func linger() {
        isLingering = true
        Syscalls.shutdownWriting(socket.descriptor)
        input.release(to: pool)
        if readsEnded { return close() }
        lingerEndMs = loop.nowMs + Self.lingerTotalMs
        readDeadlineMs = loop.nowMs + Self.lingerTimeoutMs
        writeDeadlineMs = .max
        rearm()
        updateWatcher()
    }

    /// What follows the last byte of a response that was the last of its connection.
    func finishIfDone() {
        guard isOpen, !isLingering, socket.output.isEmpty, !isProcessing else { return }
        switch state.step {
        case .close:
            endExchange()
            if input.isEmpty { close() } else { linger() }
        case .linger:
            endExchange()
            linger()
        case .readHead where input.isEmpty:
            // Nobody will send another request, or there is not much time for it.
            if readsEnded { return close() }
            if server.isDraining {
                readDeadlineMs = min(readDeadlineMs, loop.nowMs + ServerContext.drainGraceMs)
                rearm()
            }
        default: break
        }
    }

    // MARK: The exchange

    func isCurrent(_ id: UInt64) -> Bool {
        id == exchangeID && isOpen
    }

    func beginExchange() -> UInt64 {
        observer = nil
        isFresh = false
        isBodyWanted = false
        isReadPaced = false
        observerWaits = false
        turnBytes = 0
        hasProbedHalfClose = false
        discardedBytes = 0
        forwardedClient = nil
        return exchangeID
    }

    /// Makes every token of the exchange stale, without ending it: the engine answers itself.
    func renewExchange() -> UInt64 {
        exchangeID += 1
        return exchangeID
    }

    /// The server stops: a connection without a request ends after this time, another one after its answer.
    func serverDrains(afterMs: Int64) {
        observer?.serverDrains()
        guard waitsForRequest else { return }
        let waitMs = isFresh ? max(afterMs, ServerContext.drainGraceMs) : afterMs
        if waitMs == 0 { return closeUnused() }
        readDeadlineMs = min(readDeadlineMs, loop.nowMs + waitMs)
        rearm()
    }

    /// A tunnel whose client has been told that the server stops.
    private var isTunnelEnding: Bool { state.isTunnel && state.response == .ended && server.isDraining }

    /// How long nothing may come from a tunnel's client.
    var tunnelTimeoutMs: Int64 { isTunnelEnding ? Self.lingerTimeoutMs : server.options.tunnelTimeoutMs }

    /// Between two requests, or before the first.
    private var waitsForRequest: Bool {
        isOpen && state.step == .readHead && input.isEmpty && socket.output.isEmpty && !isLingering && !isProcessing
    }

    /// Closes a connection on which no request has come; one that has arrived, but has not been read, is answered.
    private func closeUnused() {
        if !readsEnded { read() }
        if waitsForRequest { close() }
    }

    /// Logs the exchange, and lets go of it.
    func endExchange() {
        if logEntry.isActive { server.log(self, .ok) }
        _ = letGoOfExchange()
    }

    /// Makes every token of the exchange stale, and gives its observer up.
    private func letGoOfExchange() -> (any ExchangeObserver)? {
        exchangeID += 1
        let observer = observer
        self.observer = nil
        isBodyWanted = false
        return observer
    }

    /// Takes what the handler adds to the log's line, if there is a log.
    func note(_ id: UInt64, _ write: (inout AccessNotes) -> Void) {
        guard let accessLog = server.accessLog, logEntry.isOf(id) else { return }
        logEntry.note(accessLog.format, pool: pool, write)
    }

    func endAfterAnswer(_ id: UInt64) {
        if isCurrent(id), state.canBeginResponse { state.becameLast() }
    }

    func note(_ id: UInt64, client: SocketAddress) {
        guard isCurrent(id) else { return }
        forwardedClient = client
    }

    var client: SocketAddress { forwardedClient ?? peer }

    // MARK: What the loop tells

    override package func ready(_ events: IOEvents) {
        if events.contains(.write) {
            socket.unblock()
            flush()
            noteProgress()
            drained()
        }
        if isOpen, events.contains(.read) { read() }
    }

    /// Put off to here: the end of a response outside of our own callbacks.
    package func resume() {
        guard isOpen else { return }
        if isBroken { close() } else { continueReading() }
    }

    package func deadlinePassed() {
        guard isOpen else { return }
        let now = loop.nowMs
        if now >= writeDeadlineMs, !takesEnough() { return abort(.timeout, .clientWriteTimeout) }
        if now >= readDeadlineMs { readTimedOut() }
        rearm()
    }

    private func readTimedOut() {
        readDeadlineMs = .max
        if isLingering { return close() }
        switch state.step {
        case .readHead:
            // A connection on which nothing came is idle, not late (RFC 9110 §15.5.9).
            if awaitsProxyHeader, !input.isEmpty { return refuseProxyHeader(.late) }
            if !input.isEmpty {
                let isHead = RequestParser.asksForHead(input.bytes)
                return refuse(
                    .requestTimeout, "request head not complete in time", .clientHeaderTimeout, isHead: isHead)
            }
            if socket.output.isEmpty { return closeUnused() }
            // The last answer is still being sent, to a client that takes it: what waits has a deadline of its own.
            readDeadlineMs = loop.nowMs + server.idleTimeoutMs
        case .readBody where isTunnelEnding: close(.timeout, .ok)
        case .readBody where state.isTunnel: abort(.timeout, .tunnelTimeout)
        case .readBody where sendsEnough(): break
        case .readBody where state.response == .owed:
            fail(.timeout, .requestTimeout, "request content not complete in time", .clientBodyTimeout)
        case .readBody: abort(.timeout, .clientBodyTimeout)
        case .awaitHandler: probeHalfClosed()
        case .discardBody:
            state.discardGivenUp()
            finishIfDone()
        // As above.
        case .linger, .close: if socket.output.isEmpty { close() }
        case .nextExchange: break
        }
    }

    /// Sets the deadline to the nearer of the two.
    func rearm() {
        guard isOpen, let deadline else { return }
        let next = min(readDeadlineMs, writeDeadlineMs)
        if next == .max { loop.clearDeadline(deadline) } else { loop.setDeadline(deadline, atMs: next) }
    }

    func updateWatcher() {
        guard isOpen else { return }
        socket.wait(reading: wantsToRead)
    }

    private var wantsToRead: Bool {
        if readsEnded { return false }
        if isLingering { return true }
        switch state.step {
        case .readHead, .nextExchange: return !isBackedUp
        case .discardBody: return true
        case .readBody: return isBodyWanted
        // To see a reset, and what is sent ahead.
        case .awaitHandler: return input.count < Self.readAheadBytesMax
        case .close, .linger: return false
        }
    }
}
