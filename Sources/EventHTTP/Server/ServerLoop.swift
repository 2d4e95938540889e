// SPDX-License-Identifier: Apache-2.0
internal import Logging

/// The server on one loop: its handler, its listener, and its connections.
final class ServerLoop {
    let loop: EventLoop
    let handler: AnyHandler
    let options: ServerOptions
    let accessLog: AccessLog?
    private var listener: Listener?
    /// Every connection object there is; they are used again and again.
    private var connections: ContiguousArray<ServerConnection> = []
    private var idle: ContiguousArray<ServerConnection> = []
    /// Each connection ends with its next answer.
    private(set) var endsConnections = false
    /// Nothing is accepted any more, and a connection without a request ends.
    private(set) var isDraining = false
    private var drained: (() -> Void)?
    private var addressText = Buffer(capacity: SocketAddress.textBytesMax)
    private let logger: Logger

    init(on loop: EventLoop, handler: AnyHandler, options: ServerOptions, accessLog: AccessLog?) {
        self.loop = loop
        self.handler = handler
        self.options = options
        self.accessLog = accessLog
        logger = Logger(label: "server")
    }

    var openCount: Int { connections.count - idle.count }

    func listen(_ descriptor: consuming Descriptor) {
        listener = Listener(descriptor, server: self)
    }

    func accepted(_ descriptor: consuming Descriptor, peer: SocketAddress) {
        let connection: ServerConnection
        if let used = idle.popLast() {
            connection = used
        } else {
            connection = ServerConnection(self)
            connections.append(connection)
        }
        connection.open(descriptor, peer: peer)
    }

    /// A connection has closed; its object can be used again by the next accept, which is a callback of its own.
    func closed(_ connection: ServerConnection) {
        idle.append(connection)
        listener?.resumeIfWaiting()
        if isDraining, openCount == 0 { finishDrain() }
    }

    /// Connections wait in the kernel's queue because this process cannot have more descriptors.
    func acceptFailed(_ number: Int32) {
        logger.warning("\(SystemError("accept a connection", number))")
    }

    // MARK: Stopping

    /// Stops accepting, lets what is in flight finish, and calls `completion` when nothing is left or the time is up.
    func drain(_ completion: @escaping () -> Void) {
        guard !endsConnections else { return }
        endsConnections = true
        drained = completion
        if options.drainDelayMs == 0 { return stopAccepting() }
        loop.schedule(afterMs: options.drainDelayMs) { [weak self] in self?.stopAccepting() }
    }

    private func stopAccepting() {
        isDraining = true
        listener?.acceptWaiting()
        listener = nil
        for connection in connections where connection.isOpen { connection.serverDrains() }
        if openCount == 0 { return finishDrain() }
        loop.schedule(afterMs: options.drainTimeoutMs) { [weak self] in self?.drainTimedOut() }
    }

    private func drainTimedOut() {
        for connection in connections where connection.isOpen { connection.abort() }
        finishDrain()
    }

    private func finishDrain() {
        let completion = drained
        drained = nil
        // The connections own the server, too: the circle ends here.
        connections.removeAll()
        idle.removeAll()
        completion?()
    }

    func log(_ connection: ServerConnection, outcome: StaticString) {
        var requestLine = connection.logEntry.end()
        defer { requestLine.release(to: loop.pool) }
        guard let accessLog, accessLog.isEnabled else { return }
        // What was answered at once took some of this iteration, whose time is from its beginning.
        loop.refreshTime()
        addressText.removeAll()
        connection.peer.appendHost(to: &addressText)
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
