// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import HTTPTypes

/// The content of a request, or what the client of a tunnel sends, piece by piece as it comes.
///
/// Back-pressure: the next piece, at most 64 KiB, is read when it is asked for; the rest stays with the client. What
/// nobody asks for is discarded after the response. The pieces can be taken once.
public struct RequestBody: AsyncSequence {
    let task: ExchangeTask

    init(_ task: ExchangeTask) {
        self.task = task
    }

    /// Takes the pieces.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let task: ExchangeTask

        /// The next piece; nil after the last. Throws `ExchangeFailure` when the client is gone, too slow or wrong.
        public mutating func next() async throws -> [UInt8]? {
            try await task.nextPiece()
        }

        /// The same, whatever actor asks.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await task.nextPiece()
        }
    }

    /// Of all iterators each piece goes to the one that asks first.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(task: task) }

    /// All of the content, at most `bytesMax`. Of a longer one it throws an ``HTTPError`` with 413, at the first byte
    /// where its length is known before.
    public func collect(upTo bytesMax: Int) async throws -> [UInt8] {
        if let length = task.announcedLength, length > UInt64(bytesMax) { throw HTTPError(.contentTooLarge) }
        var all: [UInt8] = []
        while let piece = try await task.nextPiece() {
            if all.count + piece.count > bytesMax { throw HTTPError(.contentTooLarge) }
            if all.isEmpty { all = piece } else { all += piece }
        }
        return all
    }
}

@available(*, unavailable, message: "a request's content is read on the loop of its connection")
extension RequestBody: Sendable {}
