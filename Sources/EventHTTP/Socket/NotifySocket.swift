// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The unix socket of a service manager, which takes datagrams.
struct NotifySocket: Sendable {
    /// What a path of a unix socket may have at most, with the NUL at its end.
    private static let pathBytesMax = 108

    /// The path; for a name of the abstract namespace its first byte is NUL.
    private let path: [UInt8]

    /// Nil for what is neither `/path` nor `@name`.
    init?(_ text: String) {
        var path = Array(text.utf8)
        guard path.count > 1, path.count < Self.pathBytesMax else { return nil }
        switch path[0] {
        case UInt8(ascii: "/"): path.append(0)
        case UInt8(ascii: "@"): path[0] = 0
        default: return nil
        }
        self.path = path
    }

    func send(_ text: String) {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let number = socket(AF_UNIX, type, 0)
        guard number >= 0 else { return }
        let descriptor = Descriptor(number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        let bytes = Array(text.utf8)
        let size = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        unsafe withUnsafePointer(to: &address) { address in
            let name = unsafe UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self)
            _ = unsafe sendto(descriptor.number, bytes, bytes.count, Int32(MSG_NOSIGNAL), name, size)
        }
    }
}
