// SPDX-License-Identifier: Apache-2.0

/// The header in front of the first request, in which a proxy says whose connection it passes on. Trusted proxies send
/// one on every connection; without it nobody would know whose it is.
extension ServerConnection {
    /// Takes the header off the front of what was received. False when it is not complete yet, or the connection has
    /// been closed for it. That is the operator's to mend: the peer is told nothing, whoever it speaks for.
    func readProxyHeader(_ buffer: inout Buffer) -> Bool {
        do throws(ProxyHeaderError) {
            guard let header = try ProxyHeaderParser.parse(buffer.bytes) else { return false }
            buffer.consume(header.length)
            awaitsProxyHeader = false
            if let source = header.source { peer = source }
            return true
        } catch {
            refuseProxyHeader(error)
            return false
        }
    }

    func refuseProxyHeader(_ error: ProxyHeaderError) {
        owner.refused(error, from: peer)
        close()
    }
}
