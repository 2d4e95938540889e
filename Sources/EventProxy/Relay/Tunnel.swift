// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Follows the frames of one direction of a WebSocket (RFC 6455 §5.2), only as far as is needed to know where one ends:
/// a frame of ours can be put between two of them, be they parts of one message (§5.4).
struct WebSocketFrames: Equatable {
    private enum Part {
        /// Opcode and flags.
        case first
        /// Whether there is a masking key, and the length or how many bytes it has.
        case second
        case length
    }

    /// What is next of a frame's head.
    private var part = Part.first
    private var lengthBytesLeft: UInt8 = 0
    private var maskBytes: UInt64 = 0
    private var length: UInt64 = 0
    /// Of the masking key and the payload.
    private var bytesLeft: UInt64 = 0
    private var isClose = false
    /// A Close frame has passed: after it there are no others (§5.5.1).
    private(set) var hasClosed = false

    var isAtBoundary: Bool { part == .first && bytesLeft == 0 }

    /// All of `bytes` has passed.
    mutating func pass(_ bytes: Span<UInt8>) {
        var position = 0
        while position < bytes.count { position = passFrame(bytes, from: position) }
    }

    /// The bytes from `start` have passed as far as they belong to the current frame, or to the next if one has just
    /// ended; returns where that is.
    mutating func passFrame(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start
        while position < bytes.count {
            if bytesLeft > 0 {
                let step = min(bytesLeft, UInt64(bytes.count - position))
                bytesLeft -= step
                position += Int(step)
            } else {
                readHead(bytes[position])
                position += 1
            }
            if isAtBoundary {
                if isClose { hasClosed = true }
                return position
            }
        }
        return position
    }

    private mutating func readHead(_ byte: UInt8) {
        switch part {
        case .first:
            isClose = byte & 0x0F == 0x8
            part = .second
        case .second:
            maskBytes = byte & 0x80 == 0 ? 0 : 4
            length = 0
            lengthBytesLeft = byte & 0x7F == 126 ? 2 : byte & 0x7F == 127 ? 8 : 0
            part = .length
            if lengthBytesLeft == 0 { headEnded(payloadBytes: UInt64(byte & 0x7F)) }
        case .length:
            length = length << 8 | UInt64(byte)
            lengthBytesLeft -= 1
            if lengthBytesLeft == 0 { headEnded(payloadBytes: length) }
        }
    }

    private mutating func headEnded(payloadBytes: UInt64) {
        part = .first
        // The highest bit of a length is 0 (§5.2). What is none has no end either, and the tunnel is cut in time.
        bytesLeft = payloadBytes > .max / 2 ? .max : payloadBytes + maskBytes
    }
}

/// A WebSocket that is relayed, and that can be closed in the middle of what both sides say. Pure.
struct Tunnel: Equatable {
    /// What goes one way.
    struct Direction: Equatable {
        private var frames = WebSocketFrames()
        private var isEnding = false
        /// Nothing goes on any more.
        private(set) var isClosed = false

        /// How many of `bytes`, from their beginning, go on.
        mutating func pass(_ bytes: Span<UInt8>) -> Int {
            if isClosed { return 0 }
            if isEnding { return frames.passFrame(bytes, from: 0) }
            frames.pass(bytes)
            return bytes.count
        }

        /// Nothing shall go on after the frame that is under way.
        mutating func end() {
            isEnding = true
        }

        enum End {
            case notYet
            /// The sender has said that it closes.
            case byItself
            case byCloseFrame
        }

        /// Whether it ends here; other than `notYet` once.
        mutating func takeEnd() -> End {
            guard isEnding, !isClosed, frames.isAtBoundary else { return .notYet }
            isClosed = true
            return frames.hasClosed ? .byItself : .byCloseFrame
        }
    }

    var toOrigin = Direction()
    var toClient = Direction()

    /// Final, opcode 8, two bytes: status 1001, going away (RFC 6455 §5.5.1, §7.4.1). A server's frames have no mask.
    static let closeToClient: [UInt8] = [0x88, 0x02, 0x03, 0xE9]

    /// The same as a client sends it: masked (§5.3).
    static func closeToOrigin(mask: UInt32) -> [UInt8] {
        let key = [UInt8(mask >> 24), UInt8(mask >> 16 & 0xFF), UInt8(mask >> 8 & 0xFF), UInt8(mask & 0xFF)]
        return [0x88, 0x82] + key + [0x03 ^ key[0], 0xE9 ^ key[1]]
    }
}
