// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Glibc

/// What a read or a write on a socket came to.
package enum IOResult: Equatable {
    case bytes(Int)
    /// Nothing now; the loop tells when.
    case wouldBlock
    /// The peer has ended its side of the connection (reads only).
    case ended
    /// The connection is broken: an errno such as ECONNRESET.
    case failed(Int32)
}

/// The one file that does socket input and output. EINTR is retried, EAGAIN is an answer, and an errno that can
/// only mean a bug of ours (EBADF, EFAULT, EINVAL, ENOTSOCK) stops the process instead of being carried on.
///
/// In debug builds a descriptor may be a simulated one, whose calls go to a `SimulatedKernel`.
package enum Syscalls {
    /// Reads at most `max` bytes to the end of `buffer`, which must have room.
    package static func receive(_ socket: borrowing Descriptor, into buffer: inout Buffer, max: Int = .max) -> IOResult
    {
        let number = socket.number
        #if DEBUG
            if let kernel = SimulatedKernel.of(number) { return kernel.receive(number, into: &buffer, max: max) }
        #endif
        let count = unsafe buffer.fill(max: max) { start, room in
            var result: Int
            repeat { result = unsafe cev_recv(number, start, UInt(room)) } while result < 0 && errno == EINTR
            return result
        }
        return count > 0 ? .bytes(count) : count == 0 ? .ended : failure(errno)
    }

    /// Writes what the socket takes now.
    package static func send(_ socket: borrowing Descriptor, _ bytes: Span<UInt8>) -> IOResult {
        let number = socket.number
        #if DEBUG
            if let kernel = SimulatedKernel.of(number) { return kernel.send(number, bytes, Span()) }
        #endif
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            var result: Int
            repeat {
                result = unsafe cev_send(number, buffer.baseAddress, UInt(buffer.count))
            } while result < 0 && errno == EINTR
            return result >= 0 ? .bytes(result) : failure(errno)
        }
    }

    /// Writes what the socket takes now of two runs of bytes, in one call.
    package static func send(
        _ socket: borrowing Descriptor, _ first: Span<UInt8>, _ second: Span<UInt8>
    ) -> IOResult {
        let number = socket.number
        #if DEBUG
            if let kernel = SimulatedKernel.of(number) { return kernel.send(number, first, second) }
        #endif
        return unsafe first.withUnsafeBufferPointer { first in
            unsafe second.withUnsafeBufferPointer { second in
                var parts = unsafe (
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
                )
                return unsafe withUnsafeMutablePointer(to: &parts) { parts in
                    var message = unsafe msghdr()
                    unsafe message.msg_iov = UnsafeMutableRawPointer(parts).assumingMemoryBound(to: iovec.self)
                    unsafe message.msg_iovlen = 2
                    var result: Int
                    repeat {
                        result = unsafe sendmsg(number, &message, Int32(MSG_NOSIGNAL))
                    } while result < 0 && errno == EINTR
                    return result >= 0 ? .bytes(result) : failure(errno)
                }
            }
        }
    }

    /// Ends our side of the connection; the peer reads an end of file after what was sent.
    package static func shutdownWriting(_ socket: borrowing Descriptor) {
        #if DEBUG
            if let kernel = SimulatedKernel.of(socket.number) { return kernel.shutdownWriting(socket.number) }
        #endif
        _ = shutdown(socket.number, Int32(SHUT_WR))
    }

    /// Makes the coming close a reset, so that the peer cannot take a cut message for a whole one.
    package static func resetOnClose(_ socket: borrowing Descriptor) {
        #if DEBUG
            if let kernel = SimulatedKernel.of(socket.number) { return kernel.resetOnClose(socket.number) }
        #endif
        var linger = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            socket.number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    /// The error that a non-blocking connect ended with; 0 when it succeeded.
    package static func pendingError(_ socket: borrowing Descriptor) -> Int32 {
        #if DEBUG
            if let kernel = SimulatedKernel.of(socket.number) { return kernel.pendingError(socket.number) }
        #endif
        return option(socket, SO_ERROR)
    }

    static func option(_ socket: borrowing Descriptor, _ name: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(socket.number, SOL_SOCKET, name, &value, &length) == 0 ? value : errno
    }

    static func setOption(_ socket: borrowing Descriptor, level: Int32, _ name: Int32, _ value: Int32) -> Int32 {
        var value = value
        return unsafe setsockopt(socket.number, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
            ? 0 : errno
    }

    private static func failure(_ number: Int32) -> IOResult {
        switch number {
        case EAGAIN, EWOULDBLOCK: return .wouldBlock
        case EBADF, EFAULT, EINVAL, ENOTSOCK: fatalError("socket call misused: errno \(number)")
        default: return .failed(number)
        }
    }
}
