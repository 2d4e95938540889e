// SPDX-License-Identifier: Apache-2.0

/// How the end of a message's content is found (RFC 9112 §6.3).
public enum BodyFraming: Equatable, Sendable {
    /// No content follows the head.
    case none
    /// Exactly so many bytes follow.
    case length(UInt64)
    /// Chunks follow, the last of size zero.
    case chunked
    /// Everything up to the end of the connection (responses only).
    case untilClose
    /// The connection is no longer HTTP: bytes both ways (after 101).
    case tunnel
}
