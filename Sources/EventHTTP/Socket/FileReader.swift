// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Reads small files of the kernel, such as those of /proc, at once.
package enum FileReader {
    /// Far more than any such file has.
    static let bytesMax = 1 << 20
    private static let pieceBytes = 16 << 10

    /// The file's text, or nil when it cannot be read, is longer than `bytesMax`, or is not UTF-8.
    package static func text(_ path: String) -> String? {
        guard let descriptor = open(path) else { return nil }
        var bytes: [UInt8] = []
        while bytes.count <= bytesMax {
            // Files of /proc do not know their size: read until there is no more.
            guard let piece = piece(of: descriptor) else { return nil }
            if piece.isEmpty { return String(validating: bytes, as: UTF8.self) }
            bytes += piece
        }
        return nil
    }

    /// Calls `body` with each line until it returns false, without reading much beyond that.
    static func lines(_ path: String, _ body: (Substring) -> Bool) {
        guard let descriptor = open(path) else { return }
        var rest: [UInt8] = []
        while let piece = piece(of: descriptor), !piece.isEmpty {
            rest += piece
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            for line in String(decoding: rest[..<end], as: UTF8.self).split(separator: "\n") where !body(line) {
                return
            }
            rest.removeSubrange(...end)
        }
    }

    private static func open(_ path: String) -> Descriptor? {
        let number = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        return number < 0 ? nil : Descriptor(number)
    }

    /// What one read gives: nothing at the end, nil if it fails.
    private static func piece(of descriptor: borrowing Descriptor) -> [UInt8]? {
        let number = descriptor.number
        var hasFailed = false
        let piece = unsafe [UInt8](unsafeUninitializedCapacity: pieceBytes) { buffer, count in
            var result: Int
            repeat {
                result = unsafe read(number, buffer.baseAddress, buffer.count)
            } while result < 0 && errno == EINTR
            count = max(result, 0)
            hasFailed = result < 0
        }
        return hasFailed ? nil : piece
    }
}
