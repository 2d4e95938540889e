// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// One request on its way: from the client to an origin, perhaps to another one, and the response back.
///
/// It owns the exchange with the client and the connections to origins, and joins their back-pressure: what one side
/// cannot take stays with the other side's peer. Transactions are used again and again, and allocate nothing while they
/// work.
///
/// What goes to the origin is in Transaction+Request, what comes from it in Transaction+Response; what follows when one
/// fails or hangs is decided in Failover/.
final class Transaction: ExchangeObserver, ClientConnectionObserver, DeadlineOwner {
    /// What is kept of a request so that it can be sent again: its head and this much of its content.
    static let replayBytesMax = 64 << 10
    /// How long an origin may take to say 100 before the content is sent anyway (RFC 9110 §10.1.1).
    static let continueTimeoutMs: Int64 = 1_000

    let proxy: ProxyLoop
    // Beside the proxy: what is reached over two references is retained each time.
    let loop: EventLoop
    let pool: BufferPool
    let policy: AnyPolicy?
    private var deadline: TimerWheel.ID?
    private(set) var isActive = false

    // The client's side.
    var exchange: Exchange?
    var writer: BodyWriter?
    /// What is done with requests of this kind, if the configuration says something of it.
    var route: Route?
    /// The services that the request may go to.
    var choice = ServiceChoice.all
    /// Those among which a second attempt is made beside a slow first one: not those that it was to stay away from.
    var hedgeChoice = ServiceChoice.all
    /// What the policy calls it.
    var mark: UInt64 = 0
    /// The client's content is complete, or there is none.
    var isRequestComplete = false
    var wantsTrailers = false
    var wantsUpgrade = false

    // The request as it is sent.
    /// The head, and the content as far as it has been sent, as long as that can be sent again.
    var request = Buffer()
    /// Where in it the span of an attempt goes, if the request is part of a trace.
    private(set) var spanOffset: Int?
    /// Where the time goes that an attempt is given, if origins are told.
    private(set) var timeoutOffset: Int?
    private(set) var identity = RequestIdentity()
    var isReplayable = true
    private(set) var method = Method.get
    /// Sending it twice does no more than sending it once.
    private(set) var isIdempotent = false
    var framing = BodyFraming.none
    /// There may be more content than is kept, so that from some point on it cannot be sent again.
    var mayOutgrowReplay: Bool {
        switch framing {
        case .none: false
        case .length(let bytes): bytes > UInt64(Self.replayBytesMax)
        default: true
        }
    }
    /// The origin has been asked to say 100.
    var expectsContinue = false
    var awaitsContinue = false

    // The origin's side.
    var attempt = Attempt()
    /// What the log will say of them.
    var notes = AttemptNotes()
    /// The attempt under way, or the one whose response is passed on.
    var leg: Leg?
    /// A second one beside it, because the first is slow to answer.
    var hedge: Leg?
    /// One that gave a server error, in case nothing better comes: its response is held, not read.
    var held: Leg?
    /// The answer that was held is being given: whatever it is, it stays.
    var isFinalAnswer = false
    /// The origin has ended its side of a tunnel.
    var hasOriginEnded = false
    /// Where the frames of a tunnel end.
    var tunnel = Tunnel()
    var next: Next?
    /// Where it waits for its turn.
    var place: Place?
    /// Its client's password is being looked at.
    var pendingCheck: PendingCheck?
    var alarms = Alarms()
    private(set) var key: UInt64 = 0
    private(set) var fingerprint = Fingerprint(request: 0, path: 0)
    private(set) var beganMs: Int64 = 0
    /// The time for an answer, whatever is tried.
    private(set) var totalTimeoutMs: Int64 = 0
    /// The service whose retry budget pays.
    var service = 0

    /// What to try next, from a clean stack.
    enum Next {
        case host(Int)
        /// The same host again, over a fresh connection. It still has its place among the host's requests.
        case fresh(Origin, note: Int)
        /// Another host, if the request is cleared by then of having killed two.
        case pardon(untilMs: Int64)
        /// None: the answer that is held is given.
        case held
    }

    /// A place in the queue of a host.
    struct Place {
        let origin: Origin
        let number: UInt64
    }

    init(_ proxy: ProxyLoop) {
        self.proxy = proxy
        loop = proxy.loop
        pool = proxy.loop.pool
        policy = proxy.policy
        deadline = loop.addDeadline(self)
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    // MARK: Beginning and ending

    func begin(
        _ head: borrowing RequestHead, _ exchange: consuming Exchange, _ peer: Peer, _ identity: RequestIdentity,
        _ fingerprint: Fingerprint
    ) {
        isActive = true
        self.identity = identity
        method = head.method
        isIdempotent =
            method.isIdempotent || (proxy.trustsIdempotencyKey && head.fields.first(.idempotencyKey) != nil)
        framing = head.framing
        expectsContinue = head.expectsContinue
        awaitsContinue = expectsContinue
        isRequestComplete = framing == .none
        isReplayable = true
        isFinalAnswer = false
        hasOriginEnded = false
        tunnel = Tunnel()
        wantsTrailers = head.fields.acceptsTrailers
        wantsUpgrade = head.asksForWebSocket
        attempt = Attempt()
        // Until the first attempt says which: one that waits for its turn has none yet.
        service = 0
        self.fingerprint = fingerprint
        beganMs = loop.nowMs
        totalTimeoutMs = proxy.totalTimeoutMs
        if proxy.requestTimeout != .ignore {
            totalTimeoutMs = RequestTimeout.ms(
                head.fields, from: peer, proxy.requestTimeout, wholeMs: proxy.totalTimeoutMs)
        }
        key = proxy.hashKey.key(of: head, from: exchange.clientAddress)
        writeHead(head, exchange, peer)
        exchange.observe(self)
        self.exchange = consume exchange
        if isRequestComplete { alarms.totalMs = beganMs + totalTimeoutMs }
    }

    private func writeHead(_ head: borrowing RequestHead, _ exchange: borrowing Exchange, _ peer: Peer) {
        if let policy {
            policy.rewrite(head)
            tellRefusal(of: policy)
        }
        if let authority = head.authority { return writeHead(head, host: authority, peer) }
        // HTTP/1.0 without Host: the address that the client reached is all that is known (RFC 9112 §3.3).
        let local = Array((exchange.localAddress ?? peer.address).description.utf8)
        writeHead(head, host: local.span, peer)
    }

    private func writeHead(_ head: borrowing RequestHead, host: Span<UInt8>, _ peer: Peer) {
        let via = head.minorVersion == 1 ? proxy.via : proxy.viaHTTP10
        RequestWriter.append(
            head, host: host, upgrade: wantsUpgrade ? "websocket" : nil, to: &request, pool: pool
        ) { writer in
            ForwardedFields.request(
                head, from: peer, host: host, via: via, replaced: identity.replaced, rules: route?.requestFields,
                policy: policy, to: &writer)
            spanOffset = identity.write(to: &writer)
            timeoutOffset = proxy.requestTimeout == .ignore ? nil : RequestTimeout.write(to: &writer)
        }
    }

    /// The exchange is over, well or not: everything goes back to where it came from.
    func end() {
        guard isActive else { return }
        isActive = false
        dropNext()
        if pendingCheck != nil { _ = takeCheck() }
        // The client has left: nobody has told the log yet.
        tellLog()
        // Still in use: its response is not complete, so its connection cannot be used again.
        if let leg = leg.take() { discard(leg, .clientGone) }
        if let hedge = hedge.take() { discard(hedge, .clientGone) }
        dropHeld()
        if let policy { tellAttempts(policy) }
        alarms = Alarms()
        rearm()
        request.release(to: pool)
        _ = exchange.take()
        drop(writer.take())
        notes.removeAll()
        route = nil
        proxy.ended(self)
    }

    /// Closes a connection that is not needed any more; `cause` is news for the log, if it has not been told.
    func discard(_ leg: consuming Leg, _ outcome: Outcome, _ cause: Cause? = nil) {
        if let cause { notes.ended(leg.note, cause, nowNs: loop.nowNs) }
        proxy.settle(&leg, outcome)
        leg.connection.close()
        leg.origin.giveBackClosed(leg.connection)
        proxy.release(leg.origin)
    }

    func dropHeld() {
        if let held = held.take() { discard(held, .clientGone) }
    }

    func exchangeFailed(_ failure: ExchangeFailure) {
        end()
    }

    /// The response had begun: it can only be broken off, so that the client sees that it is not whole (RFC 9112 §8).
    /// Of a tunnel that both sides have ended, nothing is left to break.
    func breakOff(_ cause: Cause? = nil, of origin: Origin? = nil) {
        if let leg { notes.ended(leg.note, nowNs: loop.nowNs) }
        tellLog(cause, of: origin)
        drop(writer.take())
        end()
    }

    /// Lets a token go after it has left its property: what follows from that comes back to this transaction.
    private func drop(_ writer: consuming BodyWriter?) {}

    var hasBegunResponse: Bool { writer != nil }

    // MARK: Time

    /// Waits for the nearest of the alarms.
    func rearm() {
        guard let deadline else { return }
        let nearest = alarms.nearestMs
        if nearest == .max {
            loop.clearDeadline(deadline)
        } else {
            loop.setDeadline(deadline, atMs: nearest)
        }
    }

    func deadlinePassed() {
        let nowMs = loop.nowMs
        if alarms.takePassed(\.totalMs, nowMs) { return totalTimePassed() }
        // The origin has not said 100: the content is sent anyway.
        if alarms.takePassed(\.continueMs, nowMs), awaitsContinue { readBody() }
        if alarms.takePassed(\.retryMs, nowMs), next != nil { proxy.later(self) }
        if alarms.takePassed(\.queueMs, nowMs), let place { proxy.serveQueue(place.origin) }
        if alarms.takePassed(\.hedgeMs, nowMs) { beginHedge() }
        rearm()
    }

    func idleEnded(_ connection: ClientConnection) {}
}

/// When a transaction wants to be woken, in milliseconds of the loop's clock.
struct Alarms {
    /// The response must have begun, whatever has been tried.
    var totalMs = Int64.max
    /// An origin should have said 100.
    var continueMs = Int64.max
    /// A further attempt has waited long enough.
    var retryMs = Int64.max
    /// The attempt takes longer than nearly all others.
    var hedgeMs = Int64.max
    /// It has waited for its turn at a host for too long.
    var queueMs = Int64.max

    var nearestMs: Int64 { min(min(totalMs, continueMs), min(min(retryMs, hedgeMs), queueMs)) }

    mutating func takePassed(_ alarm: WritableKeyPath<Alarms, Int64>, _ nowMs: Int64) -> Bool {
        guard self[keyPath: alarm] <= nowMs else { return false }
        self[keyPath: alarm] = .max
        return true
    }
}
