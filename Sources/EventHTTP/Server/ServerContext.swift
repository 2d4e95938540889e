// SPDX-License-Identifier: Apache-2.0

/// What every connection of a server needs for each request.
///
/// Apart from `ServerLoop`, which owns the connections and which they can therefore only name as unowned: that costs a
/// retain and a release for every look.
final class ServerContext {
    /// What the log shows for a client that left before it was answered, as nginx does: no status was sent.
    static let clientGoneStatus: UInt16 = 499

    private let loop: EventLoop
    let handler: AnyHandler
    var options: ServerOptions
    let accessLog: AccessLog?
    let metrics: ServerMetrics
    /// Each connection ends with its next answer.
    var endsConnections = false
    /// Nothing is accepted any more, and a connection without a request ends soon.
    var isDraining = false
    /// A client that has not been told that its connection ends, or has only just connected, may send a request for so
    /// long yet: closing it at once would race with that request.
    static let drainGraceMs: Int64 = 1_000
    /// How long a connection waits for its next request.
    var idleTimeoutMs: Int64 { isDraining ? Self.drainGraceMs : options.idleTimeoutMs }

    init(
        on loop: EventLoop, handler: AnyHandler, options: ServerOptions, accessLog: AccessLog?, metrics: ServerMetrics
    ) {
        self.loop = loop
        self.handler = handler
        self.options = options
        self.accessLog = accessLog
        self.metrics = metrics
    }

    /// An exchange is over: counts it, and writes its line.
    func log(_ connection: ServerConnection, _ outcome: ExchangeOutcome) {
        metrics.ended(
            status: connection.logEntry.status, us: max(loop.nowNs - connection.logEntry.beganAtNs, 0) / 1000,
            bytes: connection.logEntry.bytes)
        let outcome = connection.logEntry.close(outcome)
        guard let accessLog else { return }
        var text = connection.logEntry.take(pool: loop.pool)
        let ends = connection.logEntry.ends
        defer { text.release(to: loop.pool) }
        guard accessLog.isWanted(isOrdinary: connection.logEntry.isOrdinary) else { return }
        // What was answered at once took some of this iteration, whose time is from its beginning.
        loop.refreshTime()
        let outcomeEnd = text.count
        text.reserve(SocketAddress.textBytesMax, from: loop.pool)
        connection.client.appendHost(to: &text)
        let bytes = text.bytes
        let line = bytes.extracting(0..<Int(ends.line))
        let methodEnd = line.firstIndex(of: UInt8(ascii: " ")) ?? line.count
        let targetStart = min(methodEnd + 1, line.count)
        let targetEnd = line.firstIndex(of: UInt8(ascii: " "), from: targetStart) ?? line.count
        let status = connection.logEntry.status
        accessLog.write(
            AccessRecord(
                clientAddress: bytes.dropping(outcomeEnd),
                method: line.extracting(0..<methodEnd),
                target: line.extracting(targetStart..<targetEnd),
                version: line.dropping(min(targetEnd + 1, line.count)),
                origin: bytes.extracting(Int(ends.traceID)..<Int(ends.origin)),
                status: status == 0 && outcome == .clientGone ? Self.clientGoneStatus : status,
                bytesSent: connection.logEntry.bytes,
                durationMicroseconds: UInt64(max(loop.nowNs - connection.logEntry.beganAtNs, 0)) / 1000,
                outcome: bytes.extracting(Int(ends.attempts)..<outcomeEnd),
                requestID: bytes.extracting(Int(ends.line)..<Int(ends.requestID)),
                traceID: bytes.extracting(Int(ends.requestID)..<Int(ends.traceID)),
                attempts: ends.count,
                attemptDetails: bytes.extracting(Int(ends.origin)..<Int(ends.attempts))))
    }
}
