// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// The admin listener: probes, metrics, the configuration, the state of all hosts, and a page for people.
///
/// It lives on the control loop, so that it answers when a worker is stuck, and until the last worker has ended.
final class AdminServer {
    /// Operators, their browsers and their scrapers; clients have nothing to do here.
    static let connectionsMax = 64
    static let headTimeoutMs: Int64 = 5_000
    static let idleTimeoutMs: Int64 = 120_000
    static let headBytesMax = 16 << 10
    static let contentBytesMax: UInt64 = 1 << 10

    private let state: AdminState
    private let server: HTTPServer

    /// Serves on `socket`. `droppedLogLines` says how many there are; `drain` is what is told of and begun.
    init(
        _ setup: ProxySetup, socket: ListeningSocket, on loop: EventLoop, drain: Drain,
        droppedLogLines: @escaping @Sendable () -> UInt64
    ) {
        state = AdminState(setup, on: loop, drain: drain, droppedLogLines: droppedLogLines)
        var options = ServerOptions()
        options.connectionsMax = Self.connectionsMax
        options.headTimeoutMs = Self.headTimeoutMs
        options.idleTimeoutMs = Self.idleTimeoutMs
        options.limits.headBytesMax = Self.headBytesMax
        options.bodyBytesMax = Self.contentBytesMax
        server = HTTPServer(on: loop, socket: socket, options: options, handler: AdminHandler(admin: state))
    }
}

/// What the admin listener tells of the proxy, and the little that it remembers.
final class AdminState: DeadlineOwner {
    let setup: ProxySetup
    private let loop: EventLoop
    private let startedAt = ProcessFigures.unixSeconds
    private let droppedLogLines: @Sendable () -> UInt64
    private let drain: Drain
    private var recent = RecentLatency()
    private let tokenFile: String
    /// The one of the file, as it was when it could be read last.
    private var token: AdminToken?
    private var deadline: TimerWheel.ID?

    init(
        _ setup: ProxySetup, on loop: EventLoop, drain: Drain, droppedLogLines: @escaping @Sendable () -> UInt64
    ) {
        self.setup = setup
        self.loop = loop
        self.droppedLogLines = droppedLogLines
        self.drain = drain
        tokenFile = setup.snapshot.configuration.admin.tokenFile
        deadline = loop.addDeadline(self)
        deadlinePassed()
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    func deadlinePassed() {
        readToken()
        recent.rotate(Overview.totals(setup))
        if let deadline { loop.setDeadline(deadline, atMs: loop.nowMs + RecentLatency.halfMs) }
    }

    // MARK: Who may ask

    /// Kubernetes changes a secret's file when the secret changes. One that cannot be read leaves all as it was.
    private func readToken() {
        guard !tokenFile.isEmpty else { return }
        do throws(AdminToken.Failure) {
            token = try AdminToken(path: tokenFile)
        } catch {
            setup.logger.error("proxy.admin.token_file \(tokenFile): \(error.reason); the token of before holds")
        }
    }

    /// Everybody, if there is no token; nobody, if there should be one and it has never been read.
    func admits(_ fields: borrowing Fields) -> Bool {
        if tokenFile.isEmpty { return true }
        return token?.isSaid(by: fields) ?? false
    }

    /// Begins a drain as SIGTERM does, if none has begun.
    func beginDrain() {
        drain.begin(.delayed)
    }

    // MARK: What is asked

    var configuration: ProxyConfiguration { setup.snapshot.configuration }

    var state: ProcessReport.State {
        if drain.hasBegun { return .draining }
        if !setup.metrics.allSatisfy(\.heartbeat.isStarted) { return .starting }
        if setup.shedsForMemory { return .overloaded }
        let everything = Int64(LoadShedder.Level.everything.rawValue)
        return setup.metrics.allSatisfy { $0.shedLevel.level >= everything } ? .overloaded : .ready
    }

    var hasStalled: Bool { !drain.hasBegun && setup.metrics.contains { $0.heartbeat.hasStalled(nowMs: loop.nowMs) } }

    var overview: Overview {
        Overview(setup, nowMs: loop.nowMs) { service, address, totals in
            recent.since(Overview.HostKey(service: service, address: address), totals)
        }
    }

    var report: ProcessReport {
        ProcessReport(
            state: state, startedAt: startedAt, now: ProcessFigures.unixSeconds, figures: .current,
            reloads: setup.reloads, droppedLogLines: droppedLogLines())
    }

    var upstreams: UpstreamsPage {
        UpstreamsPage(overview: overview, process: report, quarantines: setup.poison.listed(nowMs: loop.nowMs))
    }
}
