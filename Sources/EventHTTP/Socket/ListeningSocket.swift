// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A socket that listens and has not been given to a server yet. It can be made on one thread and used on another, so
/// that every address is known to be free before the first worker starts.
public final class ListeningSocket: Sendable {
    /// Where it listens; the port is the real one when 0 was asked for.
    public let address: SocketAddress
    private let descriptor: Mutex<Descriptor?>

    /// Throws when the address cannot be listened on; the error says why and what to do. Another socket that shares the
    /// address is no reason: see `perWorker`.
    public init(on address: SocketAddress) throws(SystemError) {
        let socket = try Socket.listening(on: address)
        self.address = Socket.localAddress(of: socket) ?? address
        descriptor = Mutex(socket)
    }

    /// A socket for each worker, all on the same address; the kernel spreads connections over them.
    ///
    /// Unless `besideOthers`, throws when another process listens there, even one that would share the address: two
    /// servers that split the connections between them without knowing are a trap.
    public static func perWorker(
        _ workers: Int, on address: SocketAddress, besideOthers: Bool = false
    ) throws(SystemError) -> [ListeningSocket] {
        precondition(workers >= 1)
        if !besideOthers, address.port != 0 { try Socket.checkFree(address) }
        let first = try ListeningSocket(on: address)
        var sockets = [first]
        for _ in 1..<workers { sockets.append(try ListeningSocket(on: first.address)) }
        return sockets
    }

    /// Hands the socket over, once.
    func take() -> Descriptor {
        descriptor.withLock { held in
            guard let socket = held.take() else { preconditionFailure("a listening socket serves one server") }
            return socket
        }
    }
}
