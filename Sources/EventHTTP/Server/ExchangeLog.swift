// SPDX-License-Identifier: Apache-2.0

/// What the access log will say of an exchange, collected while it goes on.
struct ExchangeLog: ~Copyable {
    private(set) var beganAtNs: Int64 = 0
    /// The request line as it came; kept only if there is a log. Empty for a request that was not understood.
    private(set) var line = Buffer()
    /// Bytes of content sent.
    var bytes: UInt64 = 0
    /// Which origin answered, and how many were asked.
    var origin: [UInt8] = []
    var attempts: UInt8 = 0
    private(set) var isActive = false
    var status: UInt16 = 0

    mutating func begin(_ head: borrowing RequestHead, atNs: Int64, keepsLine: Bool, pool: BufferPool) {
        beginUnparsed(atNs: atNs)
        guard keepsLine else { return }
        let text = head.line
        line.reserve(text.count, from: pool)
        line.append(text)
    }

    mutating func beginUnparsed(atNs: Int64) {
        isActive = true
        beganAtNs = atNs
        line.removeAll()
        status = 0
        bytes = 0
        attempts = 0
        if !origin.isEmpty { origin = [] }
    }

    /// Ends the entry and hands its request line out.
    mutating func end() -> Buffer {
        isActive = false
        return line.take()
    }
}
