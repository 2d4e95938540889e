// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Glibc
internal import Synchronization

/// The sockets of this process that listen on one address, and how they make room for those of another process that
/// listens there too (SO_REUSEPORT) to take over.
///
/// The kernel gives each connection to one listening socket when its SYN arrives, and resets what that socket still has
/// when it closes: connections nobody accepted, and those whose handshake is not complete. Accepting all before closing
/// saves only the former. So first the kernel is told to give new connections to the other sockets only; then, when
/// every handshake that had begun is over, all that wait are accepted, and the sockets can close.
///
/// The program that tells it chooses sockets by their place in the group, in which they stand in the order in which
/// they began to listen: ours, and behind them those of whoever takes over. When a socket closes, the last one moves to
/// its place.
final class ListenerGroup: Sendable {
    /// How long a handshake may take: a round trip, or a few when packets are lost.
    static let handshakeMs: Int64 = 1_000

    private struct State {
        /// Sockets of others, and since when they get all new connections.
        var others = 0
        var sinceMs: Int64 = 0
        var isClosing = false
    }

    private let address: SocketAddress
    private let count: Int
    private let state = Mutex(State())

    init(_ address: SocketAddress, count: Int) {
        self.address = address
        self.count = count
    }

    /// Has new connections go to others that listen on the address, and says since when they do; nil if nobody does.
    func handOver(from socket: borrowing Descriptor, nowMs: Int64) throws(SystemError) -> Int64? {
        #if DEBUG
            if SimulatedKernel.of(socket.number) != nil { return nil }
        #endif
        let found = ListenerTable.count(address) - count
        let number = socket.number
        let (since, failure): (Int64?, Int32) = state.withLock { state in
            guard found > 0 else { return (nil, 0) }
            if state.others == found { return (state.sinceMs, 0) }
            let failure = Self.choose(number, first: count, count: found)
            if failure == 0 { (state.others, state.sinceMs) = (found, nowMs) }
            return (nowMs, failure)
        }
        if failure != 0 { throw SystemError("hand new connections to \(address) over", failure) }
        return since
    }

    /// Before the first of our sockets closes: chooses only among places that stay those of others whichever of ours
    /// close first. If others have fewer sockets than we, there are not enough such places for the last moment.
    func close(_ socket: borrowing Descriptor) {
        let number = socket.number
        state.withLock { state in
            guard state.others > 0, !state.isClosing else { return }
            state.isClosing = true
            _ = Self.choose(number, first: count, count: max(state.others - count + 1, 1))
        }
    }

    /// A number that is the same wherever this runs, but that the Glibc module hides.
    private static let attachReuseportFilter: Int32 = 51

    private static func choose(_ number: Int32, first: Int, count: Int) -> Int32 {
        var program = unsafe sock_fprog()
        return unsafe withUnsafeTemporaryAllocation(of: sock_filter.self, capacity: Int(cev_chooser_length)) { code in
            unsafe cev_write_chooser(code.baseAddress, UInt32(first), UInt32(count))
            unsafe program.len = UInt16(cev_chooser_length)
            unsafe program.filter = code.baseAddress
            let size = unsafe socklen_t(MemoryLayout<sock_fprog>.size)
            return unsafe setsockopt(number, SOL_SOCKET, attachReuseportFilter, &program, size) == 0 ? 0 : errno
        }
    }
}

/// What listens on this machine, as /proc tells it.
enum ListenerTable {
    /// How many sockets listen on exactly this address.
    static func count(_ address: SocketAddress) -> Int {
        let words = address.hostWords
        let parts =
            address.isIPv6
            ? [words.0 >> 32, words.0 & 0xFFFF_FFFF, words.1 >> 32, words.1 & 0xFFFF_FFFF] : [words.0 >> 32]
        // The kernel prints each word as it lies in memory, where it is in network order.
        let host = parts.map { hexadecimal(UInt64(UInt32($0).bigEndian), digits: 8) }.joined()
        let wanted = host + ":" + hexadecimal(UInt64(address.port), digits: 4)
        var count = 0
        FileReader.lines("/proc/net/tcp" + (address.isIPv6 ? "6" : "")) { line in
            // The number, the local address, the remote one, the state.
            let words = line.split(separator: " ", maxSplits: 4)
            guard words.count >= 4, words[1] != "local_address" else { return true }
            // Those that listen come first, and there may be very many others.
            guard words[3] == listening else { return false }
            if words[1] == wanted { count += 1 }
            return true
        }
        return count
    }

    /// TCP_LISTEN.
    private static let listening = "0A"

    private static func hexadecimal(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
