// SPDX-License-Identifier: Apache-2.0

/// The server on one loop: its handler, its listener, and its connections.
final class ServerLoop {
    let loop: EventLoop
    let handler: AnyHandler
    let options: ServerOptions
    let accessLog: AccessLogSink?
    private var listener: Listener?
    /// Every connection object there is; they are used again and again.
    private var connections: ContiguousArray<ServerConnection> = []
    private var idle: ContiguousArray<ServerConnection> = []
    private(set) var isDraining = false
    private var drained: (() -> Void)?

    init(on loop: EventLoop, handler: AnyHandler, options: ServerOptions, accessLog: AccessLogSink?) {
        self.loop = loop
        self.handler = handler
        self.options = options
        self.accessLog = accessLog
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

    /// A connection has closed. It may still be on the stack, so its object is used again only after this iteration.
    func closed(_ connection: ServerConnection) {
        idle.append(connection)
        listener?.resumeIfWaiting()
        if isDraining, openCount == 0 { finishDrain() }
    }

    // MARK: Stopping

    /// Stops accepting, lets what is in flight finish, and calls `completion` when nothing is left or the time is up.
    func drain(_ completion: @escaping () -> Void) {
        guard !isDraining else { return }
        isDraining = true
        drained = completion
        listener?.acceptWaiting()
        listener = nil
        for connection in connections where connection.isOpen { connection.serverDrains() }
        if openCount == 0 { return finishDrain() }
        loop.schedule(afterMs: options.drainTimeoutMs) { [self] in
            for connection in connections where connection.isOpen { connection.abort() }
            finishDrain()
        }
    }

    private func finishDrain() {
        let completion = drained
        drained = nil
        completion?()
    }

    func log(_ connection: ServerConnection, outcome: StaticString) {
        defer { connection.logEntry.end(loop.pool) }
        guard let accessLog else { return }
        accessLog.log(connection, outcome: outcome)
    }
}
