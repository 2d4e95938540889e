// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    import EventHTTP

    /// Reads the PROXY header of version 2 in front of a connection, strictly and independently of the library.
    struct IntroductionReader {
        private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

        private var bytes: [UInt8] = []
        private var isRead = false
        /// Whose the connection is; nil if it is the proxy's own.
        private(set) var client: SocketAddress?

        /// Takes the header off the front of `more`.
        mutating func feed(_ more: inout [UInt8]) throws {
            if isRead { return }
            bytes += more
            more = []
            guard bytes.count >= 16 else { return }
            guard Array(bytes[..<12]) == Self.signature else { throw Malformed("no PROXY header") }
            let isOwn = Array(bytes[12..<16]) == [0x20, 0, 0, 0]
            guard isOwn || Array(bytes[12..<16]) == [0x21, 0x11, 0, 12] else {
                throw Malformed("a PROXY header of \(bytes[12..<16])")
            }
            let count = isOwn ? 16 : 28
            guard bytes.count >= count else { return }
            isRead = true
            more = Array(bytes[count...])
            if isOwn { return }
            let host = bytes[16..<20].map { "\($0)" }.joined(separator: ".")
            client = SocketAddress(host, port: UInt16(bytes[24]) << 8 | UInt16(bytes[25]))
        }
    }
#endif
