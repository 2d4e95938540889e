// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// The active checks of all hosts, done once for the process.
final class HealthChecker {
    private let setup: ProxySetup
    private let loop: EventLoop
    private var snapshot: ProxySnapshot
    /// By the hosts' identities.
    private var checks: [Int: HostCheck] = [:]

    init(_ setup: ProxySetup, on loop: EventLoop) {
        self.setup = setup
        self.loop = loop
        snapshot = setup.snapshot
        follow(snapshot)
    }

    deinit { stop() }

    /// Checks the hosts of this snapshot from now on. What is known of those that stay holds on.
    func follow(_ new: ProxySnapshot) {
        let configuration = new.configuration
        let isSame = configuration.healthCheck == snapshot.configuration.healthCheck && new.limits == snapshot.limits
        if !isSame { stop() }
        snapshot = new
        guard configuration.healthCheck.type != .none else { return }
        let before = checks
        checks = [:]
        for (index, host) in new.hosts.enumerated() {
            let check = before[host.id] ?? HostCheck(host, setup, new, on: loop)
            check.place = (index, new.health)
            checks[host.id] = check
        }
        for (id, check) in before where checks[id] == nil { check.stop() }
    }

    func stop() {
        for check in checks.values { check.stop() }
        checks.removeAll()
    }
}

/// Checks one host again and again: by connecting to it, or by a request. `CheckState` decides when, and what the
/// results mean; the board tells the workers.
///
/// A check by connecting says little of a host that answers requests, and costs it a connection. So it is made only of
/// hosts that are out because they took none, to bring them back before a client's request has to find out.
private final class HostCheck: DeadlineOwner, ClientConnectionObserver {
    /// The board that is told of the host, and its number there.
    var place: (host: Int, board: HealthBoard)
    private let setup: ProxySetup
    private let loop: EventLoop
    private let address: SocketAddress
    private let introduction: Introduction?
    private let name: String
    private let asksHTTP: Bool
    private let connection: ClientConnection
    private let timeoutMs: Int64
    private var request = Buffer()
    private var expected: ExpectedAnswer
    private var state: CheckState
    private var random: SplitMix64
    private var deadline: TimerWheel.ID?
    private var beganMs: Int64?
    private var isConnected = false

    init(_ host: ResolvedHost, _ setup: ProxySetup, _ snapshot: ProxySnapshot, on loop: EventLoop) {
        // Until it is told its place.
        place = (0, snapshot.health)
        self.setup = setup
        self.loop = loop
        address = host.address
        introduction = host.takesProxyHeader ? .ourselves : nil
        name = host.label
        let configuration = snapshot.configuration.healthCheck
        asksHTTP = configuration.type == .http
        expected = ExpectedAnswer(configuration)
        timeoutMs = configuration.timeoutMs
        var timeouts = ClientTimeouts()
        timeouts.connectMs = timeoutMs
        connection = ClientConnection(on: loop, limits: snapshot.limits, timeouts: timeouts)
        random = SplitMix64(seed: UInt64(truncatingIfNeeded: setup.seed &+ host.id))
        var options = CheckState.Options()
        options.rise = configuration.rise
        options.fall = configuration.fall
        options.intervalMs = configuration.intervalMs
        options.fastIntervalMs = min(options.fastIntervalMs, configuration.intervalMs)
        options.timeoutMs = timeoutMs
        state = CheckState(options, nowMs: loop.nowMs, using: &random)
        deadline = loop.addDeadline(self)
        if asksHTTP {
            let text = "GET \(configuration.path) HTTP/1.1\r\nHost: \(address)\r\nUser-Agent: \(setup.name)\r\n\r\n"
            request.reserve(text.utf8.count, from: loop.pool)
            request.append(string: text)
        }
        arm(atMs: state.nextMs)
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    func stop() {
        connection.close()
        request.release(to: loop.pool)
        if let deadline { loop.clearDeadline(deadline) }
    }

    private func arm(atMs: Int64) {
        if let deadline { loop.setDeadline(deadline, atMs: atMs) }
    }

    /// Time for the next check, or the end of the time of this one.
    func deadlinePassed() {
        if beganMs != nil { return finish(.failed(isConnected ? .timeout : .unreachable)) }
        if !asksHTTP, !isRefusing { return arm(atMs: loop.nowMs + state.options.fastIntervalMs) }
        beganMs = loop.nowMs
        isConnected = false
        connection.observer = self
        do throws(SystemError) {
            try connection.connect(to: address, as: introduction)
            arm(atMs: loop.nowMs + timeoutMs)
        } catch {
            connection.observer = nil
            guard error.isOurs else { return finish(.failed(.unreachable)) }
            // The check could not be made.
            beganMs = nil
            arm(atMs: loop.nowMs + state.options.fastIntervalMs)
        }
    }

    private var isRefusing: Bool {
        let state = place.board.state(place.host)
        return state.isEjected && state.reason == .connectFailure
    }

    private func finish(_ result: CheckState.Result) {
        guard let sentMs = beganMs else { return }
        beganMs = nil
        connection.close()
        if result == .passed,
            place.board.checkPassed(place.host, hasAnswered: asksHTTP, sentMs: sentMs, nowMs: loop.nowMs)
        {
            setup.logger.notice("\(name) passes its check and gets requests again")
        }
        let verdict = state.record(result, nowMs: loop.nowMs, using: &random)
        if asksHTTP, let verdict { publish(verdict) }
        arm(atMs: state.nextMs)
    }

    private func publish(_ verdict: CheckVerdict) {
        _ = place.board.checked(place.host, verdict, isUnreachable: state.isUnreachable, nowMs: loop.nowMs)
        switch verdict {
        case .up: setup.logger.notice("\(name) passes its checks")
        case .down: setup.logger.warning("\(name) gets no requests: \(state.failure?.text ?? "") when it is checked")
        case .drain: setup.logger.notice("\(name) gets no new requests: it asked for none")
        case .unknown: break
        }
    }

    // MARK: What the connection tells

    func connected(_ connection: ClientConnection) {
        isConnected = true
        guard asksHTTP else {
            // A connection that ends without its header is an error there, which operators would read of.
            if introduction != nil { connection.flush() }
            return finish(.passed)
        }
        connection.begin(.get, responseTimeoutMs: timeoutMs)
        connection.sendWhole(request)
    }

    func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict {
        if head.status.isInterim { return .take }
        if head.fields.first("x-drain")?.equals("1") ?? false {
            finish(.drain)
        } else {
            take(expected.began(head.status))
        }
        return .take
    }

    private func take(_ verdict: ExpectedAnswer.Verdict) {
        switch verdict {
        case .passed: finish(.passed)
        case .failed(let failure): finish(.failed(failure))
        case .more: break
        }
    }

    func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) { take(expected.received(bytes)) }

    /// Without what it must hold.
    func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection) {
        finish(.failed(.content))
    }

    func failed(_ failure: ClientFailure, _ connection: ClientConnection) {
        switch failure {
        case .connect, .connectTimeout: finish(.failed(.unreachable))
        case .responseTimeout, .bodyTimeout: finish(.failed(.timeout))
        case .lost, .malformed: finish(.failed(.broken))
        }
    }

    func responsePaused(_ connection: ClientConnection) {}
    func requestDrained(_ connection: ClientConnection) {}
    func idleEnded(_ connection: ClientConnection) { finish(.failed(.broken)) }
}
