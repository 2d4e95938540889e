// SPDX-License-Identifier: Apache-2.0

/// The connections of one loop to one place that nobody uses now: those that idle, and closed objects for the next.
package struct ConnectionPool {
    /// Idle connections of one place; more are closed after their answer.
    static let idleMax = 1024
    /// An unsafe request goes over an idle connection only if that was used so recently that the origin has hardly
    /// ended it meanwhile; such a request could not be sent again (RFC 9110 §9.2.2). Nor could one with more content
    /// than is kept.
    package static let unsafeReuseMs: Int64 = 1_000

    /// How long connections are kept without use.
    package var idleMs: Int64
    private var limits: ParserLimits
    private var timeouts: ClientTimeouts
    /// Connections may have been made under other timeouts and limits.
    private var hasChanged = false
    /// Nothing is kept any more.
    private var isRetired = false
    /// Last in, first out: the connection used last is the least likely to have been ended.
    private var idle: ContiguousArray<ClientConnection> = []
    /// Closed connection objects, to be used again.
    private var spare: ContiguousArray<ClientConnection> = []

    package init(limits: ParserLimits = ParserLimits(), timeouts: ClientTimeouts = ClientTimeouts(), idleMs: Int64 = 0)
    {
        self.limits = limits
        self.timeouts = timeouts
        self.idleMs = idleMs
    }

    package var idleCount: Int { idle.count }

    /// Has connections keep to these from their next request on.
    package mutating func change(_ limits: ParserLimits, _ timeouts: ClientTimeouts) {
        guard limits != self.limits || timeouts != self.timeouts else { return }
        self.limits = limits
        self.timeouts = timeouts
        hasChanged = true
        for connection in idle { adjust(connection) }
        spare.removeAll()
    }

    private func adjust(_ connection: ClientConnection) {
        connection.limits = limits
        connection.timeouts = timeouts
    }

    /// An idle connection, the one used last; nil when there is none that this request may use.
    package mutating func takeIdle(forUnsafeRequest isUnsafe: Bool, nowMs: Int64) -> ClientConnection? {
        guard let connection = idle.last else { return nil }
        if isUnsafe, nowMs - connection.usedAtMs > Self.unsafeReuseMs { return nil }
        idle.removeLast()
        return connection
    }

    /// Has the next idle connection be one of `client`, of whom its PROXY header told. False when there is none.
    package mutating func preferIdle(of client: SocketAddress?) -> Bool {
        guard let own = idle.lastIndex(where: { $0.client == client }) else { return false }
        idle.swapAt(own, idle.count - 1)
        return true
    }

    /// A connection that is not connected yet.
    package mutating func takeClosed(on loop: EventLoop) -> ClientConnection {
        spare.popLast() ?? ClientConnection(on: loop, limits: limits, timeouts: timeouts)
    }

    /// Takes a connection back whose response is complete. Whether it idles now, with `observer` to be told of its
    /// end; if not, it is closed.
    package mutating func giveBack(_ connection: ClientConnection, observer: any ClientConnectionObserver) -> Bool {
        let keepMs = min(idleMs, keepAliveMs(connection))
        if hasChanged { adjust(connection) }
        guard connection.isOpen, !isRetired, keepMs > 0, idle.count < Self.idleMax else {
            connection.close()
            keepClosed(connection)
            return false
        }
        connection.observer = observer
        connection.becomeIdle(forMs: keepMs)
        idle.append(connection)
        return true
    }

    /// Takes the object of a connection back that is closed.
    package mutating func keepClosed(_ connection: ClientConnection) {
        connection.observer = nil
        if hasChanged { adjust(connection) }
        if !isRetired, spare.count < Self.idleMax { spare.append(connection) }
    }

    /// Takes note that a connection has ended. Whether it idled here.
    package mutating func ended(_ connection: ClientConnection) -> Bool {
        let index = idle.lastIndex { $0 === connection }
        if let index { idle.remove(at: index) }
        keepClosed(connection)
        return index != nil
    }

    /// Closes what idles, and keeps nothing any more; what is in use goes on. Connections and who observes them let go
    /// of each other.
    package mutating func retire() {
        isRetired = true
        for connection in idle { connection.close() }
        idle.removeAll()
        spare.removeAll()
    }

    /// Shorter than the origin says that it keeps an idle connection, so that we end it and not a race.
    private func keepAliveMs(_ connection: ClientConnection) -> Int64 {
        guard let seconds = connection.keepAliveSeconds else { return .max }
        return (Int64(clamping: min(seconds, 86_400)) - 1) * 1_000
    }
}

/// Whoever keeps connections that idle: of those, only the end is news.
package protocol IdleConnectionObserver: ClientConnectionObserver {}

extension IdleConnectionObserver {
    package func connected(_ connection: ClientConnection) {}
    package func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict {
        .take
    }
    package func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) {}
    package func responseEnded(
        _ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection
    ) {}
    package func responsePaused(_ connection: ClientConnection) {}
    package func requestDrained(_ connection: ClientConnection) {}
    package func failed(_ failure: ClientFailure, _ connection: ClientConnection) { idleEnded(connection) }
}
