// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A system call that failed: what was tried, with what, why, and what to do about it.
public struct SystemError: Error, CustomStringConvertible {
    /// What was being done, such as `bind 0.0.0.0:8000`.
    public let operation: String
    /// The error number of the C library.
    public let number: Int32

    package init(_ operation: String, _ number: Int32) {
        self.operation = operation
        self.number = number
    }

    /// Whether the cause is a want of this process or machine, and so nothing that the other side has done.
    package var isOurs: Bool { Self.isOurs(number) }

    package static func isOurs(_ number: Int32) -> Bool {
        switch number {
        case EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, EADDRNOTAVAIL, EPERM, EACCES: true
        default: false
        }
    }

    /// Somebody listens there already.
    package var isAddressInUse: Bool { number == EADDRINUSE }

    /// Nobody listens there.
    package static func isRefusal(_ number: Int32) -> Bool { number == ECONNREFUSED }

    /// No way leads there.
    package static func isUnroutable(_ number: Int32) -> Bool {
        number == EHOSTUNREACH || number == ENETUNREACH || number == EHOSTDOWN || number == ENETDOWN
    }

    /// The kernel gave up waiting.
    package static func isTimeout(_ number: Int32) -> Bool { number == ETIMEDOUT }

    public var description: String {
        let reason = unsafe String(cString: strerror(number))
        let remedy =
            switch number {
            case EADDRINUSE: "; another process listens there: end it or choose another port"
            case EACCES: "; ports below 1024 need a privilege: choose another port or run with it"
            case EADDRNOTAVAIL: "; no interface of this machine has that address"
            case EMFILE, ENFILE: "; raise the limit of open files (ulimit -n)"
            default: ""
            }
        return "\(operation): \(reason)\(remedy)"
    }
}
