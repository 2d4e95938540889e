// SPDX-License-Identifier: Apache-2.0

/// Accepts connections on one listening socket.
///
/// `package`, though nobody outside needs it: for an internal subclass of a package class Swift 6.3 reports an infinite
/// recursion in the initialiser that it makes up itself.
package final class Listener: IOTarget {
    /// Connections accepted per callback: many at once when they come fast, without keeping the others waiting.
    static let batchMax = 64
    /// Out of descriptors, it looks again after this; meanwhile clients wait in the kernel's queue.
    static let exhaustedPauseMs: Int64 = 100

    private var descriptor = Descriptor.none
    private let group: ListenerGroup
    private unowned let server: ServerLoop
    private var watcher: IOWatcher
    private var isWaiting = false
    private var isPaused = false

    init(_ descriptor: consuming Descriptor, of group: ListenerGroup, server: ServerLoop) {
        self.descriptor = descriptor
        self.group = group
        self.server = server
        watcher = IOWatcher(on: server.loop)
        super.init()
        watcher.attach(self)
        watcher.wait(for: .read, of: self.descriptor)
    }

    deinit {
        watcher.stop()
    }

    override package func ready(_ events: IOEvents) {
        acceptWaiting()
    }

    /// Takes the connections that wait.
    func acceptWaiting() {
        for _ in 0..<Self.batchMax {
            if server.openCount >= server.options.connectionsMax { return waitForRoom() }
            switch Socket.accept(from: descriptor) {
            case .connection(let connection, let peer): server.accepted(connection, peer: peer)
            case .none: return
            case .exhausted(let number):
                server.acceptFailed(number)
                return waitAWhile()
            }
        }
    }

    /// Has new connections go to the process that takes over, and says since when they do; nil if there is none.
    func handOver() throws(SystemError) -> Int64? {
        try group.handOver(from: descriptor, nowMs: server.loop.nowMs)
    }

    /// Takes all connections that wait, however many: those that are left when the listener closes are reset.
    func acceptLast() {
        group.close(descriptor)
        while case .connection(let connection, let peer) = Socket.accept(from: descriptor) {
            server.accepted(connection, peer: peer)
        }
    }

    private func waitForRoom() {
        isWaiting = true
        watcher.stop()
    }

    private func waitAWhile() {
        waitForRoom()
        // A connection that closes can end the waiting earlier, and the next may begin before this pause is over.
        if isPaused { return }
        isPaused = true
        server.loop.schedule(afterMs: Self.exhaustedPauseMs) { [weak self] in self?.pauseEnded() }
    }

    private func pauseEnded() {
        isPaused = false
        resumeIfWaiting()
    }

    func resumeIfWaiting() {
        guard isWaiting, server.openCount < server.options.connectionsMax else { return }
        isWaiting = false
        watcher.wait(for: .read, of: descriptor)
    }
}
