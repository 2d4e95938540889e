// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A socket that listens and has not been given to a server yet. It can be made on one thread and used on another, so
/// that every address is known to be free before the first worker starts.
public final class ListeningSocket: Sendable {
    /// Where it listens; the port is the real one when 0 was asked for.
    public let address: SocketAddress
    /// Those of this process on the same address.
    let group: ListenerGroup
    private let descriptor: Mutex<Descriptor?>

    /// Throws when the address cannot be listened on; the error says why and what to do. Another socket that shares the
    /// address is no reason: see `perWorker`.
    public convenience init(on address: SocketAddress) throws(SystemError) {
        let socket = try Socket.listening(on: address)
        let address = Socket.localAddress(of: socket) ?? address
        self.init(socket, on: address, ListenerGroup(address, count: 1))
    }

    /// One that a service manager keeps open, so that nothing is lost when this process closes it.
    convenience init(adopting socket: consuming Descriptor, on address: SocketAddress) {
        self.init(socket, on: address, ListenerGroup(address, count: .max))
    }

    private init(_ socket: consuming Descriptor, on address: SocketAddress, _ group: ListenerGroup) {
        self.address = address
        self.group = group
        descriptor = Mutex(socket)
    }

    /// A socket for each worker, all on the same address; the kernel spreads connections over them.
    ///
    /// Unless `besideOthers`, throws when another process listens there, even one that would share the address: two
    /// servers that split the connections between them without knowing are a trap. With it, this process takes over
    /// from another one of the same user, which gives it all new connections when it drains. Sockets that were passed
    /// for the address are used instead.
    public static func perWorker(
        _ workers: Int, on address: SocketAddress, besideOthers: Bool = false, passed: PassedSockets = .none
    ) throws(SystemError) -> [ListeningSocket] {
        precondition(workers >= 1)
        if let sockets = try passed.take(address, workers: workers) { return sockets }
        if !besideOthers, address.port != 0 { try Socket.checkFree(address) }
        let first = try Socket.listening(on: address)
        let address = Socket.localAddress(of: first) ?? address
        let group = ListenerGroup(address, count: workers)
        var sockets = [ListeningSocket(first, on: address, group)]
        for _ in 1..<workers {
            sockets.append(ListeningSocket(try Socket.listening(on: address), on: address, group))
        }
        return sockets
    }

    /// Whether nobody listens on an address, not even a process that would share it.
    package static func isFree(_ address: SocketAddress) -> Bool {
        do throws(SystemError) {
            try Socket.checkFree(address)
            return true
        } catch {
            return false
        }
    }

    /// Hands the socket over, once.
    func take() -> Descriptor {
        descriptor.withLock { held in
            guard let socket = held.take() else { preconditionFailure("a listening socket serves one server") }
            return socket
        }
    }
}
