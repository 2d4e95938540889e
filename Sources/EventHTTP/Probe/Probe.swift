// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Asks an HTTP server whether it is well: for a container's health check, where there is no shell and no curl.
public enum Probe {
    /// Why a server is not known to be well.
    public struct Failure: Error, CustomStringConvertible {
        /// What was asked for.
        public let url: String
        /// What came instead of a good answer.
        public let reason: String
        public var description: String { "\(url): \(reason)" }
    }

    /// The longest time that can be asked for; seconds.
    private static let timeoutSecondsMax = 3_600.0
    /// What to do about a time that cannot.
    package static let timeoutRemedy = "give seconds up to \(Int(timeoutSecondsMax)), such as 2 or 0.5"

    /// A time in milliseconds, if it can be asked for.
    package static func timeoutMs(seconds: Double) -> Int64? {
        seconds >= 0.001 && seconds <= timeoutSecondsMax ? Int64(seconds * 1_000) : nil
    }

    /// Does what the subcommand `probe` does: says on the standard error what came instead of a good answer. Returns
    /// the exit status.
    package static func command(_ url: String, timeoutMs: Int64) -> Int32 {
        do throws(Failure) {
            try get(url, timeoutMs: timeoutMs)
            return 0
        } catch {
            StandardError.print("probe: \(error)")
            return 1
        }
    }

    /// Sends a GET for `url` and returns when it is answered with a status from 200 to 299. Throws after any other
    /// answer, when no address of its host can be connected to, and when `timeoutMs` have passed.
    public static func get(_ url: String, timeoutMs: Int64) throws(Failure) {
        let probe = ProbeRun(try ProbeURL(url), timeoutMs: timeoutMs)
        if let reason = probe.run() { throw Failure(url: url, reason: reason) }
    }
}

/// One probe, from the host's name to the status of the answer.
///
/// `@unchecked`: used on the loop's thread only; the thread that resolves the name merely names it in a letter.
private final class ProbeRun: ClientConnectionObserver, DeadlineOwner, @unchecked Sendable {
    private let url: ProbeURL
    private let timeoutMs: Int64
    private let loop = EventLoop()
    private var addresses: ArraySlice<SocketAddress> = []
    private var connection: ClientConnection?
    private var deadline: TimerWheel.ID?
    private var endMs: Int64 = 0
    private var failure: String?

    init(_ url: ProbeURL, timeoutMs: Int64) {
        self.url = url
        self.timeoutMs = timeoutMs
    }

    /// Nil when the answer was good, else why not.
    func run() -> String? {
        endMs = loop.nowMs + timeoutMs
        let deadline = loop.addDeadline(self)
        loop.setDeadline(deadline, atMs: endMs)
        if let literal = SocketAddress(url.host, port: url.port) {
            resolved([literal])
        } else {
            resolve()
        }
        if failure == nil { loop.run() }
        loop.removeDeadline(deadline)
        connection?.close()
        return failure.flatMap { $0.isEmpty ? nil : $0 }
    }

    private func finish(_ failure: String?) {
        // What follows of a probe that is over, such as a connection that closes, changes nothing.
        if self.failure != nil { return }
        self.failure = failure ?? ""
        loop.stop()
    }

    func deadlinePassed() {
        finish("no answer within \(Double(timeoutMs) / 1000) s")
    }

    /// On a thread of its own, since the resolver blocks, perhaps for longer than there is time.
    private func resolve() {
        let (host, port, mailbox) = (url.host, url.port, loop.mailbox)
        let started = SystemThread.start("resolver") { [self] in
            do throws(Resolver.Failure) {
                let found = try Resolver.addresses(of: host, port: port)
                mailbox.submit { [self] in resolved(found) }
            } catch {
                let reason = "\(error)"
                mailbox.submit { [self] in finish(reason) }
            }
        }
        guard let thread = started.thread else {
            return finish("\(SystemError("start a thread to resolve \(host)", -started.status))")
        }
        thread.detach()
    }

    private func resolved(_ found: [SocketAddress]) {
        addresses = found[...]
        tryNext("\(url.host) has no address")
    }

    /// Connects to the next address: `localhost` has two, and a server may listen on one of them. What is left of the
    /// time is shared between those that are left.
    private func tryNext(_ reason: String) {
        connection?.close()
        let share = max(endMs - loop.nowMs, 1) / Int64(max(addresses.count, 1))
        guard let address = addresses.popFirst() else { return finish(reason) }
        var timeouts = ClientTimeouts()
        timeouts.connectMs = max(share, 1)
        let connection = ClientConnection(on: loop, limits: ParserLimits(), timeouts: timeouts)
        connection.observer = self
        self.connection = connection
        do throws(SystemError) {
            try connection.connect(to: address)
        } catch {
            tryNext("\(error)")
        }
    }

    // MARK: What the connection tells

    func connected(_ connection: ClientConnection) {
        let text =
            "GET \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\nUser-Agent: probe\r\nConnection: close\r\n\r\n"
        var request = Buffer(capacity: text.utf8.count)
        request.append(string: text)
        connection.begin(.get, responseTimeoutMs: timeoutMs)
        connection.sendWhole(request)
    }

    func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict {
        if head.status.isInterim { return .take }
        let isGood = (200..<300).contains(head.status.code)
        finish(isGood ? nil : "answered \(head.status.code) \(head.status.reason)")
        return .take
    }

    func failed(_ failure: ClientFailure, _ connection: ClientConnection) {
        switch failure {
        case .connect(let number): tryNext("\(SystemError("connect", number))")
        case .connectTimeout: tryNext("no connection within \(Double(timeoutMs) / 1000) s")
        case .responseTimeout, .bodyTimeout: deadlinePassed()
        case .lost: finish("the connection ended without an answer")
        case .malformed: finish("the answer is not valid HTTP")
        }
    }

    func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection) {}
    func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection) {}
    func responsePaused(_ connection: ClientConnection) {}
    func requestDrained(_ connection: ClientConnection) {}
    func idleEnded(_ connection: ClientConnection) { finish("the connection ended without an answer") }
}
