// SPDX-License-Identifier: Apache-2.0
internal import CCrypt
internal import Glibc

/// Hashes passwords by the system's libcrypt, which knows the forms that htpasswd and the system's own users have.
enum Crypt {
    /// Whether a hash was made from this password. As slow as the hash says: milliseconds, on purpose.
    static func verify(password: [UInt8], hash: [UInt8]) -> Bool {
        // The C library would read no farther than a NUL.
        guard !password.contains(0), !hash.contains(0) else { return false }
        let memory = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        unsafe memory.initialize(to: crypt_data())
        defer {
            // What is left of the password in it.
            unsafe explicit_bzero(memory, MemoryLayout<crypt_data>.size)
            unsafe memory.deallocate()
        }
        let made = unsafe (password + [0]).withUnsafeBytes { password in
            unsafe (hash + [0]).withUnsafeBytes { setting in
                unsafe crypt_r(
                    password.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self),
                    setting.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self), memory)
            }
        }
        guard let made = unsafe made else { return false }
        let text = unsafe String(cString: made)
        return Secret.isSame(Array(text.utf8).span, hash.span)
    }
}

enum Secret {
    /// In a time that tells nothing of `secret` but its length.
    @inline(never)
    static func isSame(_ given: Span<UInt8>, _ secret: Span<UInt8>) -> Bool {
        var difference: UInt8 = given.count == secret.count ? 0 : 1
        for i in secret.indices { difference |= secret[i] ^ (i < given.count ? given[i] : 0) }
        return difference == 0
    }
}
