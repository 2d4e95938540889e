// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// An open file descriptor that is closed exactly once: when its owner lets it go. Or none.
public struct Descriptor: ~Copyable, Sendable {
    /// The number the kernel knows it by; -1 for none.
    package let number: Int32

    package init(_ number: Int32) {
        precondition(number >= 0)
        self.number = number
    }

    private init() {
        number = -1
    }

    package static var none: Descriptor { Descriptor() }

    package var isOpen: Bool { number >= 0 }

    deinit {
        #if DEBUG
            if let kernel = SimulatedKernel.of(number) { return kernel.close(number) }
        #endif
        // Linux frees the number even when close reports EINTR or EIO, so trying again could close somebody else's.
        if number >= 0 { _ = close(number) }
    }
}
