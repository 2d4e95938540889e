// SPDX-License-Identifier: Apache-2.0

/// What every connection of a server needs for each request.
///
/// Apart from `ServerLoop`, which owns the connections and which they can therefore only name as unowned: that costs a
/// retain and a release for every look.
final class ServerContext {
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
    private var addressText = Buffer(capacity: SocketAddress.textBytesMax)

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
    func log(_ connection: ServerConnection, outcome: StaticString) {
        metrics.ended(
            status: connection.logEntry.status, us: max(loop.nowNs - connection.logEntry.beganAtNs, 0) / 1000,
            bytes: connection.logEntry.bytes)
        var requestLine = connection.logEntry.end()
        defer { requestLine.release(to: loop.pool) }
        guard let accessLog, accessLog.isEnabled else { return }
        // What was answered at once took some of this iteration, whose time is from its beginning.
        loop.refreshTime()
        addressText.removeAll()
        connection.client.appendHost(to: &addressText)
        let line = requestLine.bytes
        let methodEnd = line.firstIndex(of: UInt8(ascii: " ")) ?? line.count
        let targetStart = min(methodEnd + 1, line.count)
        let targetEnd = line.firstIndex(of: UInt8(ascii: " "), from: targetStart) ?? line.count
        let origin = connection.logEntry.origin
        accessLog.write(
            AccessRecord(
                clientAddress: addressText.bytes,
                method: line.extracting(0..<methodEnd),
                target: line.extracting(targetStart..<targetEnd),
                version: line.dropping(min(targetEnd + 1, line.count)),
                origin: origin.span,
                status: connection.logEntry.status,
                bytesSent: connection.logEntry.bytes,
                durationMicroseconds: UInt64(max(loop.nowNs - connection.logEntry.beganAtNs, 0)) / 1000,
                attempts: connection.logEntry.attempts,
                note: outcome))
    }
}
