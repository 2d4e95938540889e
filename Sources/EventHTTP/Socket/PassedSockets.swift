// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization

/// The sockets that a service manager opened for this process (sd_listen_fds(3)): they stay open while the process is
/// replaced, so that connections wait instead of being refused.
public final class PassedSockets: Sendable {
    /// The first passed descriptor; the others follow it.
    private static let first: Int32 = 3
    /// More is no number of sockets that somebody configured.
    private static let countMax: Int32 = 1024

    fileprivate struct Entry {
        let number: Int32
        let name: String
        /// Where it listens, if it is a TCP socket that does.
        let address: SocketAddress?
        var isTaken = false
    }

    private let entries: Mutex<[Entry]>

    private init(_ entries: [Entry]) {
        self.entries = Mutex(entries)
    }

    /// No sockets.
    public static let none = PassedSockets([])

    /// What `LISTEN_FDS`, `LISTEN_PID` and `LISTEN_FDNAMES` say. Once per process: the descriptors belong to it then.
    public static func fromEnvironment() -> PassedSockets {
        // Variables of a parent, which was meant, are inherited too.
        guard let pid = Environment.value("LISTEN_PID").flatMap({ Int32($0) }), pid == getpid(),
            let count = Environment.value("LISTEN_FDS").flatMap({ Int32($0) }), (1...countMax).contains(count)
        else { return none }
        let names = Environment.value("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        return PassedSockets(
            (0..<count).map { index in
                let number = first + index
                // Programs that are started have no use for them.
                _ = fcntl(number, F_SETFD, FD_CLOEXEC)
                let name = Int(index) < names.count ? String(names[Int(index)]) : "unknown"
                return Entry(number: number, name: name, address: Socket.listeningAddress(of: number))
            })
    }

    /// There are none, or all have been taken.
    public var isEmpty: Bool { entries.withLock { $0.isEmpty } }

    /// Those that nobody has taken, for a message.
    public var untaken: [String] {
        entries.withLock { entries in
            entries.filter { !$0.isTaken }.map { "\($0.name) (\($0.address?.description ?? "no TCP listener"))" }
        }
    }

    /// Takes those that listen on `address`, one for each worker; workers that are more than the sockets share them.
    /// Nil when there is none.
    func take(_ address: SocketAddress, workers: Int) throws(SystemError) -> [ListeningSocket]? {
        let found = entries.withLock { entries in
            var found: [Int32] = []
            for index in entries.indices where entries[index].serves(address) && !entries[index].isTaken {
                // A socket that nobody accepts from would let its clients wait for ever.
                guard found.count < workers else { break }
                entries[index].isTaken = true
                found.append(entries[index].number)
            }
            return found
        }
        if found.isEmpty { return nil }
        var sockets: [ListeningSocket] = []
        for worker in 0..<workers {
            let number = found[worker % found.count]
            let socket = try Socket.adopt(number, isShared: worker >= found.count)
            let local = Socket.localAddress(of: socket) ?? address
            sockets.append(ListeningSocket(adopting: socket, on: local))
        }
        return sockets
    }
}

extension PassedSockets.Entry {
    /// `ListenStream=8888` is [::]:8888, which takes IPv4 too.
    fileprivate func serves(_ wanted: SocketAddress) -> Bool {
        guard let address, address.port == wanted.port else { return false }
        return address == wanted || (address.isWildcard && wanted.isWildcard)
    }
}

/// The variables of this process.
enum Environment {
    static var processID: Int32 { getpid() }

    static func value(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
