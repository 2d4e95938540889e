// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Content, both ways.
extension ClientExchange {
    // MARK: The response's

    /// When so much waits to be asked for, the rest stays with the server. One read may be on top.
    static let pieceBytesMax = 64 << 10

    /// The next piece; nil after the last. Who takes a stream has all the time of the world.
    func nextPiece(isStream: Bool) async throws -> [UInt8]? {
        try await client.onLoop { [self] in
            if isStream { pauseDeadline() }
            while true {
                let next = piece.take()
                if next == nil, let failure { throw failure }
                if next == nil, hasEnded { return nil }
                connection?.goOn()
                if let next { return next }
                if Task.isCancelled {
                    end(CancellationError())
                    throw CancellationError()
                }
                await contentGate.wait()
            }
        }
    }

    // MARK: The request's

    /// Runs the producer in a task beside: on the loop if that is the caller's, else where it may block.
    func startSender(_ produce: @escaping HTTPClient.Content.Producer) {
        isSending = true
        let send: @Sendable () async -> Void = { [self] in
            do {
                try await produce(HTTPClient.Writer(self))
                try await client.onLoop { try self.finishRequest() }
            } catch {
                client.submit { self.end(error) }
            }
        }
        if client.hasOwnLoop {
            sender = Task(executorPreference: BlockingExecutor.shared) { await send() }
        } else {
            sender = Task.immediate(executorPreference: client.executor) { await send() }
        }
    }

    private func finishRequest() throws {
        if let bytesLeft, bytesLeft > 0 {
            throw HTTPClient.Failure.request("the request's content is \(bytesLeft) bytes shorter than it said")
        }
        isSending = false
        guard let connection else { return }
        if framing == .chunked { connection.sendLastChunk() }
        if head == nil { renewDeadline() }
        connection.endRequest(responseTimeoutMs: deadlineMs)
    }

    /// Most bytes that are written before the server's pace is asked for.
    private static let writeBytesMax = 64 << 10
    /// Most bytes that are written before other tasks and connections of the loop have their turn.
    private static let turnBytesMax = 256 << 10

    func write(_ bytes: [UInt8]) async throws {
        try await client.onLoop { [self] in try await writeOnLoop(bytes) }
    }

    private func writeOnLoop(_ bytes: [UInt8]) async throws {
        if let left = bytesLeft {
            guard UInt64(bytes.count) <= left else {
                throw HTTPClient.Failure.request("the request's content is longer than it said")
            }
            bytesLeft = left - UInt64(bytes.count)
        }
        var start = 0
        while start < bytes.count {
            if let failure { throw failure }
            // The response is complete: nobody wants more.
            guard let connection, !Task.isCancelled else { throw CancellationError() }
            let end = min(start + Self.writeBytesMax, bytes.count)
            let piece = bytes.span.extracting(start..<end)
            let goesOn = framing == .chunked ? connection.sendChunk(piece) : connection.send(piece)
            turnBytes += end - start
            start = end
            if !goesOn {
                await senderGate.wait()
                turnBytes = 0
            } else if turnBytes >= Self.turnBytesMax {
                await Task.yield()
                turnBytes = 0
            }
        }
    }
}
