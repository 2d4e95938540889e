// SPDX-License-Identifier: Apache-2.0

/// How large a message head may be. A request beyond them is answered 414 or 431, a response gives 502.
public struct ParserLimits: Sendable, Equatable {
    /// The request line or status line, in bytes. RFC 9112 §3 asks for at least 8000.
    public var lineBytesMax = 8 << 10
    /// The field lines of a head together, in bytes; also a trailer section.
    public var headBytesMax = 32 << 10
    /// The number of field lines of a head.
    public var fieldsMax = 100

    // The largest values that a configuration may ask for; buffers are laid out for them.

    /// Of `lineBytesMax`.
    public static let lineBytesCapMax = 64 << 10
    /// Of `headBytesMax`.
    public static let headBytesCapMax = 64 << 10
    /// Of `fieldsMax`.
    public static let fieldsCapMax = 1000

    /// A method longer than this is answered 501: no registered one has more than 17 letters.
    static let methodBytesMax = 64
    /// A chunk-size line with its extensions. RFC 9112 §7.1.1 asks a recipient to limit extensions.
    static let chunkLineBytesMax = 4 << 10
    /// Chunk extensions of a message in all, beyond `chunkExtensionBytesPerDataByte`.
    static let chunkExtensionBytesFree = 256
    static let chunkExtensionBytesPerDataByte = 16
    static let chunkExtensionBytesMax = 4 << 10

    /// What an origin promises in `Keep-Alive: timeout=` beyond a day is taken for a day, so that reckoning with it
    /// cannot overflow.
    static let keepAliveSecondsMax: UInt64 = 86_400

    /// The defaults.
    public init() {}

    /// Whether a head that was incomplete after its first `searched` bytes still is: it grows by lines, and none has
    /// ended since. Beyond the limits the answer is false, so that the parser refuses what never ends.
    @inline(__always)
    func isStillIncomplete(_ bytes: Span<UInt8>, searched: Int) -> Bool {
        searched > 0 && bytes.count <= lineBytesMax + headBytesMax
            && bytes.firstIndex(of: UInt8(ascii: "\n"), from: min(searched, bytes.count)) == nil
    }
}
