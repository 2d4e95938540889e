// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// A WebSocket (RFC 6455): bytes both ways, until both sides have ended, or the proxy ends both.
extension Transaction {
    func sendIntoTunnel(_ bytes: Span<UInt8>, _ connection: ClientConnection) {
        let count = tunnel.toOrigin.pass(bytes)
        if count > 0, !connection.send(bytes.extracting(0..<count)) { writer?.pauseBody() }
        endTowardsOrigin()
    }

    func relayFromTunnel(_ bytes: Span<UInt8>, _ connection: ClientConnection) {
        let count = tunnel.toClient.pass(bytes)
        if count > 0 { writer?.append(bytes.extracting(0..<count)) }
        endTowardsClient()
        if !(writer?.isWritable ?? true), !tunnel.toClient.isClosed { connection.pause() }
    }

    /// The client's side may go on, and ends with `requestEnded`.
    func originEndedTunnel() {
        hasOriginEnded = true
        if !tunnel.toClient.isClosed { writer?.endSide() }
        tunnelSideEnded()
    }

    /// A tunnel is over when both sides have ended and all has been sent; the connection tells when it is not yet.
    func tunnelSideEnded() {
        if hasOriginEnded, isRequestComplete, let connection = leg?.connection, connection.isTunnelOver { breakOff() }
    }

    // MARK: The proxy stops

    /// Tells both sides that this endpoint goes away, each as soon as no frame is under way to it.
    func serverDrains() {
        guard framing == .tunnel else { return }
        tunnel.toOrigin.end()
        tunnel.toClient.end()
        endTowardsOrigin()
        endTowardsClient()
        writer?.flush()
    }

    private func endTowardsOrigin() {
        guard !isRequestComplete, let connection = leg?.connection else { return }
        switch tunnel.toOrigin.takeEnd() {
        case .notYet: return
        case .byItself: break
        case .byCloseFrame:
            let frame = Tunnel.closeToOrigin(mask: UInt32(truncatingIfNeeded: proxy.random.next()))
            _ = connection.send(frame.span)
        }
        connection.endTunnel()
        // To see the client's Close frame and its end, whatever the origin takes.
        readBody()
    }

    private func endTowardsClient() {
        guard !hasOriginEnded else { return }
        switch tunnel.toClient.takeEnd() {
        case .notYet: return
        case .byItself: break
        case .byCloseFrame:
            let frame = Tunnel.closeToClient
            writer?.append(frame.span)
        }
        writer?.endSide()
        leg?.connection.goOn()
    }
}
