// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A socket that listens and has not been given to a server yet. It can be made on one thread and used on another, so
/// that every address is known to be free before the first worker starts.
public final class ListeningSocket: Sendable {
    /// Where it listens; the port is the real one when 0 was asked for.
    public let address: SocketAddress
    private let descriptor: Mutex<Descriptor?>

    /// Throws when the address cannot be listened on; the error says why and what to do.
    public init(on address: SocketAddress) throws(SystemError) {
        let socket = try Socket.listening(on: address)
        self.address = Socket.localAddress(of: socket) ?? address
        descriptor = Mutex(socket)
    }

    /// Hands the socket over, once.
    func take() -> Descriptor {
        descriptor.withLock { held in
            guard let socket = held.take() else { preconditionFailure("a listening socket serves one server") }
            return socket
        }
    }
}
