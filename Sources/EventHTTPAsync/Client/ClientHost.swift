// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What the client of one loop knows: the hosts that it has asked.
///
/// Sound as `@unchecked`: made before the loop runs, then touched on its thread only.
final class ClientCore: @unchecked Sendable {
    /// Hosts that are remembered; beyond it, those without a request are forgotten.
    private static let hostsMax = 1024

    let loop: EventLoop
    let options: HTTPClient.Options
    private let mailbox: Mailbox
    private var hosts: [Authority: ClientHost] = [:]

    init(_ loop: EventLoop, _ options: HTTPClient.Options) {
        self.loop = loop
        self.options = options
        mailbox = loop.mailbox
    }

    func submit(_ work: @escaping @Sendable (ClientCore) -> Void) {
        mailbox.submit { work(self) }
    }

    func host(_ authority: Authority) -> ClientHost {
        if let host = hosts[authority] { return host }
        if hosts.count >= Self.hostsMax {
            for (authority, host) in hosts where host.isUnused {
                host.retire()
                hosts[authority] = nil
            }
        }
        let host = ClientHost(authority, self)
        hosts[authority] = host
        return host
    }

    /// The client has gone, and with it all that used it.
    func shutDown(endsLoop: Bool) {
        for host in hosts.values { host.retire() }
        hosts.removeAll()
        if endsLoop { loop.stop() }
    }
}

/// One host and port: its addresses, its idle connections, and who waits for a place.
final class ClientHost: IdleConnectionObserver {
    /// How long the addresses of a name are taken for true.
    private static let addressesMs: Int64 = 5_000

    let name: String
    private let port: UInt16
    private let loop: EventLoop
    private let requestsMax: Int
    private var connections: ConnectionPool

    private var requests = 0
    /// Further ones, in the order they came.
    private var waiting: ContiguousArray<ClientExchange> = []

    private var addresses: Result<[SocketAddress], Resolver.Failure>?
    private var addressesAtMs: Int64 = 0
    private let isLiteral: Bool
    private var isLookingUp = false
    private var wantAddresses: [ClientExchange] = []

    init(_ authority: Authority, _ core: ClientCore) {
        name = authority.host
        port = authority.port
        loop = core.loop
        requestsMax = max(core.options.connectionsPerHostMax, 1)
        var timeouts = ClientTimeouts()
        timeouts.connectMs = core.options.connectTimeoutMs
        timeouts.bodyMs = core.options.contentTimeoutMs
        connections = ConnectionPool(
            limits: core.options.limits, timeouts: timeouts, idleMs: core.options.idleTimeoutMs)
        let literal = SocketAddress(authority.host, port: authority.port)
        isLiteral = literal != nil
        if let literal { addresses = .success([literal]) }
    }

    var isUnused: Bool { requests == 0 && waiting.isEmpty }

    func retire() { connections.retire() }

    // MARK: Places

    /// Gives the exchange a place, or has it wait for one.
    func enter(_ exchange: ClientExchange) {
        guard requests < requestsMax else { return waiting.append(exchange) }
        requests += 1
        exchange.placeFound()
    }

    /// The exchange is over, or does not wait any longer.
    func leave(_ exchange: ClientExchange) {
        wantAddresses.removeAll { $0 === exchange }
        guard exchange.hasPlace else { return waiting.removeAll { $0 === exchange } }
        exchange.hasPlace = false
        if waiting.isEmpty { requests -= 1 } else { waiting.removeFirst().placeFound() }
    }

    // MARK: Addresses

    /// What the name stands for, if that is known well enough; else whoever asks is told when it is.
    func addresses(for exchange: ClientExchange) -> Result<[SocketAddress], Resolver.Failure>? {
        if let addresses, isLiteral || loop.nowMs - addressesAtMs < Self.addressesMs { return addresses }
        wantAddresses.append(exchange)
        if isLookingUp { return nil }
        isLookingUp = true
        let own = LoopBound(self, on: loop)
        if !Resolver.lookUp(name, port: port, { result in own.submit { $0.lookedUp(result) } }) {
            lookedUp(.failure(Resolver.Failure(name: name, reason: "no thread is left for it", isFinal: false)))
        }
        return nil
    }

    private func lookedUp(_ result: Result<[SocketAddress], Resolver.Failure>) {
        isLookingUp = false
        // What went wrong is for those who wait, not for those who come.
        if case .success = result { (addresses, addressesAtMs) = (result, loop.nowMs) } else { addresses = nil }
        let told = wantAddresses
        wantAddresses = []
        for exchange in told { exchange.lookedUp(result) }
    }

    // MARK: Connections

    func takeIdle(forUnsafeRequest isUnsafe: Bool) -> ClientConnection? {
        connections.takeIdle(forUnsafeRequest: isUnsafe, nowMs: loop.nowMs)
    }

    func takeClosed() -> ClientConnection { connections.takeClosed(on: loop) }

    /// Takes a connection back whose response is complete.
    func giveBack(_ connection: ClientConnection) { _ = connections.giveBack(connection, observer: self) }

    /// Takes a connection back that is closed.
    func giveBackClosed(_ connection: ClientConnection) { connections.keepClosed(connection) }

    func idleEnded(_ connection: ClientConnection) { _ = connections.ended(connection) }
}
