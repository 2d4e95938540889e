// SPDX-License-Identifier: Apache-2.0

/// A frame of a WebSocket (RFC 6455 §5.2), unmasked.
struct Frame {
    enum Opcode: UInt8 {
        case continuation = 0, text, binary
        case close = 8, ping, pong
    }

    var isLast = true
    var opcode: Opcode
    var payload: [UInt8]

    /// As a server sends it.
    var bytes: [UInt8] {
        var bytes: [UInt8] = [(isLast ? 0x80 : 0) | opcode.rawValue]
        switch payload.count {
        case ..<126: bytes.append(UInt8(payload.count))
        case ..<65536: bytes += [126] + bigEndian(payload.count, 2)
        default: bytes += [127] + bigEndian(payload.count, 8)
        }
        return bytes + payload
    }

    private func bigEndian(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}

/// Finds frames in what a client sends.
struct FrameReader {
    /// Longer frames are refused, so that a client cannot fill the memory.
    static let payloadBytesMax = 1 << 20

    enum Failure: Error { case reservedBits, opcode, unmasked, tooLong }

    private var bytes: [UInt8] = []

    mutating func add(_ more: [UInt8]) { bytes += more }

    /// The next whole frame; nil until the rest of it comes.
    mutating func next() throws -> Frame? {
        guard bytes.count >= 2 else { return nil }
        guard bytes[0] & 0x70 == 0 else { throw Failure.reservedBits }
        guard let opcode = Frame.Opcode(rawValue: bytes[0] & 0x0f) else { throw Failure.opcode }
        guard bytes[1] & 0x80 != 0 else { throw Failure.unmasked }
        var start = 2
        var count = Int(bytes[1] & 0x7f)
        if count >= 126 {
            let size = count == 126 ? 2 : 8
            guard bytes.count >= 2 + size else { return nil }
            let length = bytes[2..<2 + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard length <= UInt64(Self.payloadBytesMax) else { throw Failure.tooLong }
            count = Int(length)
            start += size
        }
        guard bytes.count >= start + 4 + count else { return nil }
        let mask = bytes[start..<start + 4]
        start += 4
        var payload = Array(bytes[start..<start + count])
        for i in payload.indices { payload[i] ^= mask[mask.startIndex + i % 4] }
        let isLast = bytes[0] & 0x80 != 0
        bytes.removeFirst(start + count)
        return Frame(isLast: isLast, opcode: opcode, payload: payload)
    }
}
