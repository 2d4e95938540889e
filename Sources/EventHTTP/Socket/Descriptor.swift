// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// An open file descriptor that is closed exactly once: when its owner lets it go.
public struct Descriptor: ~Copyable {
    /// The number the kernel knows it by.
    package let number: Int32

    package init(_ number: Int32) {
        precondition(number >= 0)
        self.number = number
    }

    deinit {
        // Linux frees the number even when close reports EINTR or EIO, so trying again could close somebody else's.
        _ = close(number)
    }
}
