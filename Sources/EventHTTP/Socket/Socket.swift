// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Glibc

/// How sockets come into being: listening, accepted, connecting. All are non-blocking and closed on exec.
package enum Socket {
    /// The queue of connections that the kernel has completed and nobody accepted yet; the kernel lowers it to
    /// net.core.somaxconn.
    static let backlogMax: Int32 = 4096

    /// A listening socket. SO_REUSEPORT lets each loop have one of its own on the same port, and a new process take
    /// over beside the old; TCP_NODELAY is inherited by every connection accepted from it.
    package static func listening(on address: SocketAddress) throws(SystemError) -> Descriptor {
        #if DEBUG
            if let kernel = SimulatedKernel.current { return kernel.listening(on: address) }
        #endif
        let descriptor = try stream(address)
        let level = Int32(IPPROTO_TCP)
        for (level, name) in [(SOL_SOCKET, SO_REUSEADDR), (SOL_SOCKET, SO_REUSEPORT), (level, TCP_NODELAY)] {
            let failure = Syscalls.setOption(descriptor, level: level, name, 1)
            if failure != 0 { throw SystemError("set option \(name) for \(address)", failure) }
        }
        try bind(descriptor, to: address)
        let number = descriptor.number
        if listen(number, backlogMax) != 0 { throw SystemError("listen on \(address)", errno) }
        return descriptor
    }

    /// Throws when somebody listens on the address, even somebody who would share it.
    static func checkFree(_ address: SocketAddress) throws(SystemError) {
        let descriptor = try stream(address)
        // Connections of an earlier process that are still dying do not count.
        _ = Syscalls.setOption(descriptor, level: SOL_SOCKET, SO_REUSEADDR, 1)
        try bind(descriptor, to: address)
    }

    private static func bind(_ descriptor: borrowing Descriptor, to address: SocketAddress) throws(SystemError) {
        if address.isIPv6 {
            // "::" serves IPv4 too, whatever the machine's default is.
            _ = Syscalls.setOption(descriptor, level: Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0)
        }
        let number = descriptor.number
        if unsafe address.withSockaddr({ unsafe Glibc.bind(number, $0, $1) }) != 0 {
            throw SystemError("listen on \(address)", errno)
        }
    }

    package enum Accepted: ~Copyable {
        case connection(Descriptor, SocketAddress)
        /// Nobody waits.
        case none
        /// Out of descriptors or memory: whoever waits must wait on.
        case exhausted(Int32)
    }

    /// Takes the next connection that waits.
    package static func accept(from listener: borrowing Descriptor) -> Accepted {
        #if DEBUG
            if let kernel = SimulatedKernel.of(listener.number) { return kernel.accept(listener.number) }
        #endif
        var storage = sockaddr_storage()
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        while true {
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let number = unsafe cev_accept4(listener.number, &storage, &length, flags)
            if number >= 0 {
                let descriptor = Descriptor(number)
                guard let peer = SocketAddress(&storage) else { continue }
                return .connection(descriptor, peer)
            }
            switch errno {
            case EAGAIN, EWOULDBLOCK: return .none
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(errno)
            case EBADF, EFAULT, EINVAL, ENOTSOCK: fatalError("accept misused: errno \(errno)")
            default: continue  // The connection died in the queue (ECONNABORTED and its kin); the next one.
            }
        }
    }

    /// A socket that is being connected: when it turns writable, `Syscalls.pendingError` tells how it went.
    package static func connecting(to address: SocketAddress) throws(SystemError) -> Descriptor {
        #if DEBUG
            if let kernel = SimulatedKernel.current { return try kernel.connecting(to: address) }
        #endif
        let descriptor = try stream(address)
        _ = Syscalls.setOption(descriptor, level: Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        let number = descriptor.number
        let result = unsafe address.withSockaddr { unsafe connect(number, $0, $1) }
        if result != 0 && errno != EINPROGRESS { throw SystemError("connect to \(address)", errno) }
        return descriptor
    }

    /// The address that a socket is bound to: the port when 0 was asked for, the one a client reached.
    package static func localAddress(of socket: borrowing Descriptor) -> SocketAddress? {
        #if DEBUG
            if let kernel = SimulatedKernel.of(socket.number) { return kernel.localAddress(socket.number) }
        #endif
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe getsockname(
                socket.number, UnsafeMutableRawPointer($0).assumingMemoryBound(to: sockaddr.self), &length)
        }
        return result == 0 ? SocketAddress(&storage) : nil
    }

    /// Where a descriptor that somebody passed listens; nil if it is no TCP socket that does.
    static func listeningAddress(of number: Int32) -> SocketAddress? {
        guard option(number, SO_TYPE) == Int32(SOCK_STREAM.rawValue), option(number, SO_ACCEPTCONN) == 1 else {
            return nil
        }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe getsockname(number, UnsafeMutableRawPointer($0).assumingMemoryBound(to: sockaddr.self), &length)
        }
        return result == 0 ? SocketAddress(&storage) : nil
    }

    private static func option(_ number: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(number, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    /// Makes a listening socket that somebody passed like one of ours; `isShared` leaves the number to somebody else.
    static func adopt(_ number: Int32, isShared: Bool) throws(SystemError) -> Descriptor {
        let own = isShared ? fcntl(number, F_DUPFD_CLOEXEC, 3) : number
        guard own >= 0 else { throw SystemError("share a socket that was passed", errno) }
        let descriptor = Descriptor(own)
        guard fcntl(own, F_SETFL, fcntl(own, F_GETFL) | O_NONBLOCK) == 0 else {
            throw SystemError("use a socket that was passed", errno)
        }
        _ = Syscalls.setOption(descriptor, level: Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        return descriptor
    }

    private static func stream(_ address: SocketAddress) throws(SystemError) -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(address.isIPv6 ? AF_INET6 : AF_INET, type, 0)
        if number < 0 { throw SystemError("open a socket for \(address)", errno) }
        return Descriptor(number)
    }
}
