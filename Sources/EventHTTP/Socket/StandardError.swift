// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Where a program tells its user what went wrong before there is a log.
public enum StandardError {
    /// Writes `text` and a line end.
    public static func print(_ text: String) {
        var bytes = Array((text + "\n").utf8)
        unsafe bytes.withUnsafeMutableBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = unsafe write(2, buffer.baseAddress.unsafelyUnwrapped + written, buffer.count - written)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return }
                written += count
            }
        }
    }
}
