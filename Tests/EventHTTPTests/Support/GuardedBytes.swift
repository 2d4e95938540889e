// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Memory whose last byte is followed by a page that cannot be read: whoever reads one byte too far is killed.
final class GuardedBytes {
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int
    private let guardStart: Int
    let capacity: Int

    /// Room for inputs of at most `capacity` bytes.
    init(capacity: Int = 1) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        guardStart = max((capacity + page - 1) / page, 1) * page
        mappedBytes = guardStart + page
        self.capacity = guardStart
        guard let mapping = mmap(nil, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            mapping != MAP_FAILED, mprotect(mapping + guardStart, page, PROT_NONE) == 0
        else { fatalError("no guard page: errno \(errno)") }
        self.mapping = mapping
    }

    deinit {
        munmap(mapping, mappedBytes)
    }

    /// Gives `body` a view of a copy of `bytes` whose last byte is the last before the guard page.
    func with<Result>(_ bytes: some Collection<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
        let count = bytes.count
        precondition(count <= capacity)
        let start = mapping + (guardStart - count)
        let target = UnsafeMutableRawBufferPointer(start: start, count: count)
        target.copyBytes(from: bytes)
        let view = UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count)
        return body(Span(_unsafeElements: view))
    }
}

/// One call on bytes at a guard page.
func guarded<Result>(_ bytes: some Collection<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
    GuardedBytes(capacity: bytes.count).with(bytes, body)
}

/// The bytes of `text`, one for each character up to U+00FF: `"\u{a0}"` is the byte 0xa0.
func raw(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
}

/// The inverse of `raw`.
func text(_ bytes: some Sequence<UInt8>) -> String {
    var result = ""
    for byte in bytes { result.unicodeScalars.append(Unicode.Scalar(byte)) }
    return result
}

func text(_ bytes: Span<UInt8>) -> String {
    text(array(bytes))
}

/// The text of bytes that may be missing.
func optionalText(_ bytes: Span<UInt8>?) -> String? {
    guard let bytes else { return nil }
    return text(bytes)
}

func array(_ bytes: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for i in bytes.indices { result.append(bytes[i]) }
    return result
}
