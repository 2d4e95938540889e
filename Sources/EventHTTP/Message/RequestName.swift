// SPDX-License-Identifier: Apache-2.0

/// What a request may be called by whoever sends it (`X-Request-ID`).
package enum RequestName {
    /// The longest that is taken over.
    package static let bytesMax = 128

    /// 1 to 128 of `A-Z a-z 0-9 . _ -`: safe in any log, field, shell or file name.
    package static func isSafe(_ name: Span<UInt8>) -> Bool {
        guard !name.isEmpty, name.count <= bytesMax else { return false }
        for i in name.indices {
            switch name[i] {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                break
            default: return false
            }
        }
        return true
    }
}
