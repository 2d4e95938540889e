// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What a request is told by, when what its like did to origins is remembered.
///
/// A keyed hash of 64 bits: two requests of a process share one by chance once in 2^32 remembered ones, and without the
/// process's key nobody can make requests that do. Methods without a name of ours share one.
struct Fingerprint: Equatable {
    /// Of method, path and query.
    let request: UInt64
    /// Of method and path. The same as `request` when there is no query.
    let path: UInt64

    /// `key` is random and the same in all of the process.
    init(method: Method, path: Span<UInt8>, query: Span<UInt8>?, key: UInt64) {
        let start = Self.mix(key ^ UInt64(method.rawValue), 0x9E37_79B9_7F4A_7C15)
        let path = Self.hash(path, start)
        self.path = path
        if let query, !query.isEmpty {
            request = Self.hash(query, path ^ 0xD6E8_FEB8_6659_FD93)
        } else {
            request = path
        }
    }

    /// For tests, and for whoever hashes otherwise.
    init(request: UInt64, path: UInt64) {
        self.request = request
        self.path = path
    }

    /// Eight bytes at a time; the length goes in last, so that trailing zeros make a difference.
    private static func hash(_ bytes: Span<UInt8>, _ start: UInt64) -> UInt64 {
        var state = start
        let count = bytes.count
        var i = 0
        while i &+ 8 <= count {
            var word: UInt64 = 0
            for k in 0..<8 { word |= UInt64(bytes[i &+ k]) &<< UInt64(8 &* k) }
            state = mix(state ^ word, 0xA076_1D64_78BD_642F)
            i &+= 8
        }
        var rest: UInt64 = 0
        while i < count {
            rest = rest &<< 8 | UInt64(bytes[i])
            i &+= 1
        }
        return mix(mix(state ^ rest, 0xE703_7ED1_A0B4_28DB), UInt64(truncatingIfNeeded: count) ^ 0x8EBC_6AF0_9C88_C6E3)
    }

    /// Folds a full product, in which every bit of both depends on every bit of each.
    private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        // Zero would stay zero whatever comes.
        let product = (a == 0 ? 0x2545_F491_4F6C_DD1D : a).multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
