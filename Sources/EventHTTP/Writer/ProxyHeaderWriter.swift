// SPDX-License-Identifier: Apache-2.0

/// What an origin is told of a connection before its first request, in a PROXY header of version 2.
package enum Introduction: Equatable {
    /// Whose it is, and where that client has reached us.
    case client(SocketAddress, local: SocketAddress)
    /// Ours, as for a check: nobody's request comes over it.
    case ourselves
}

/// Writes the header in front of a connection's first request (HAProxy's PROXY protocol, section 2.2).
enum ProxyHeaderWriter {
    /// What all versions begin with, two addresses of IPv6 and two ports.
    static let bytesMax = 52

    static func append(_ introduction: Introduction, to buffer: inout Buffer) {
        buffer.append("\r\n\r\n\0\r\nQUIT\n")
        switch introduction {
        case .ourselves:
            // LOCAL: the origin takes the addresses of the connection itself.
            append(0x2000, bytes: 2, to: &buffer)
            append(0, bytes: 2, to: &buffer)
        case .client(let client, let local):
            let (source, destination) = (client.mappedWords, local.mappedWords)
            // There is one family for both: IPv4 beside IPv6 is written as a dual-stack listener shows it.
            let isIPv4 = isMapped(source) && isMapped(destination)
            append(isIPv4 ? 0x2111 : 0x2121, bytes: 2, to: &buffer)
            append(isIPv4 ? 12 : 36, bytes: 2, to: &buffer)
            for (high, low) in [source, destination] {
                if !isIPv4 { append(high, bytes: 8, to: &buffer) }
                append(low, bytes: isIPv4 ? 4 : 8, to: &buffer)
            }
            append(UInt64(client.port), bytes: 2, to: &buffer)
            append(UInt64(local.port), bytes: 2, to: &buffer)
        }
    }

    private static func isMapped(_ words: (high: UInt64, low: UInt64)) -> Bool {
        words.high == 0 && words.low >> 32 == 0xffff
    }

    /// The last bytes of a number, in network byte order.
    private static func append(_ number: UInt64, bytes count: Int, to buffer: inout Buffer) {
        for shift in (0..<count).reversed() {
            buffer.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * shift)))
        }
    }
}
