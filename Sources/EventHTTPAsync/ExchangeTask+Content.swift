// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import HTTPTypes

/// What the task reads and writes.
extension ExchangeTask {
    // MARK: The request's content

    func nextPiece() async throws -> [UInt8]? {
        checkThread()
        while true {
            if let piece = piece.take() { return piece }
            if let failure { throw failure }
            if hasEnded || (isTunnel && isDraining) { return nil }
            if Task.isCancelled { throw CancellationError() }
            pauseDeadline()
            readOn()
            await contentGate.wait()
            if exchange != nil { renewDeadline() }
        }
    }

    private func readOn() {
        exchange?.readBody()
        writer?.readBody()
    }

    // MARK: The response

    func send(_ response: Response) async throws {
        guard exchange != nil else { return }
        endDeadline()
        if case .tunnel(let name, let talk) = response.body.content {
            return try await openTunnel(name, response.headerFields, talk)
        }
        guard let status = Status(response.status.code), !status.isInterim else {
            throw InvalidStatus(code: response.status.code)
        }
        guard let exchange = exchange.take() else { return }
        meter.answered(status.code)
        let fields = response.headerFields
        switch response.body.content {
        case .text(let text): exchange.respond(status, text.utf8.span) { $0.add(fields) }
        case .bytes(let bytes): exchange.respond(status, bytes.span) { $0.add(fields) }
        case .stream(let length, let produce):
            bytesLeft = length
            writer = exchange.begin(status, length: length) { $0.add(fields) }
            if !isHead && !status.isBodiless {
                do {
                    try await produce(ResponseWriter(self))
                } catch  where endsEarly(by: error) {
                    // All there is, for a stream that goes on until the server stops.
                }
            }
            writer.take()?.finish()
        case .tunnel: preconditionFailure("seen above")
        }
    }

    struct InvalidStatus: Error {
        let code: Int
    }

    /// Most bytes that are written before the client's pace is asked for.
    private static let writeBytesMax = 64 << 10

    func write(_ bytes: [UInt8]) async throws {
        checkThread()
        if let left = bytesLeft {
            if UInt64(bytes.count) > left { throw LongerThanAnnounced() }
            bytesLeft = left - UInt64(bytes.count)
        }
        var start = 0
        while start < bytes.count {
            if let failure { throw failure }
            if Task.isCancelled { throw CancellationError() }
            let end = min(start + Self.writeBytesMax, bytes.count)
            let goesOn = writer?.write(bytes.span.extracting(start..<end)) ?? false
            start = end
            if !goesOn, failure == nil { await writerGate.wait() }
        }
    }

    // MARK: Tunnels

    private func openTunnel(_ name: String, _ fields: HTTPFields, _ talk: ResponseBody.Tunnel) async throws {
        guard canUpgrade else {
            throw HTTPError(.upgradeRequired, headerFields: fields)
        }
        meter.answered(Status.switchingProtocols.code)
        isTunnel = true
        hasEnded = false
        writer = exchange.take()?.tunnel(to: name.utf8.span) { $0.add(fields) }
        try await talk(RequestBody(self), ResponseWriter(self))
        writer?.endSide()
        // What the client sends now nobody reads, but it has to see our end, or a reset could overtake it.
        discards = true
        limitTunnelEnd()
        while !hasEnded, failure == nil {
            readOn()
            await contentGate.wait()
        }
        _ = writer.take()
    }
}
