// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Reads small files of the kernel, such as those of /proc, at once.
package enum FileReader {
    /// Far more than any such file has.
    static let bytesMax = 1 << 20

    /// The file's text, or nil when it cannot be read, is longer than `bytesMax`, or is not UTF-8.
    package static func text(_ path: String) -> String? {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(number)
        var bytes: [UInt8] = []
        while bytes.count <= bytesMax {
            // Files of /proc do not know their size: read until there is no more.
            var failed = false
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
                var result: Int
                repeat {
                    result = unsafe read(descriptor.number, buffer.baseAddress, buffer.count)
                } while result < 0 && errno == EINTR
                count = max(result, 0)
                failed = result < 0
            }
            if failed { return nil }
            if piece.isEmpty { return String(validating: bytes, as: UTF8.self) }
            bytes += piece
        }
        return nil
    }

    /// Calls `body` with each line until it returns false, without reading much beyond that.
    static func lines(_ path: String, _ body: (Substring) -> Bool) {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return }
        let descriptor = Descriptor(number)
        var rest: [UInt8] = []
        while true {
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
                var result: Int
                repeat {
                    result = unsafe read(descriptor.number, buffer.baseAddress, buffer.count)
                } while result < 0 && errno == EINTR
                count = max(result, 0)
            }
            if piece.isEmpty { return }
            rest += piece
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            for line in String(decoding: rest[..<end], as: UTF8.self).split(separator: "\n") where !body(line) {
                return
            }
            rest.removeSubrange(...end)
        }
    }
}
