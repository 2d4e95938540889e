// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
public import HTTPTypes

extension HTTPClient {
    /// The content of a request.
    public struct Content: Sendable {
        /// Writes content, and returns when all of it is written. What it throws, `execute` throws.
        public typealias Producer = @Sendable (_ writer: Writer) async throws -> Void

        enum Kind: Sendable {
            case whole([UInt8])
            case stream(length: UInt64?, Producer)
        }

        let kind: Kind
        /// Content up to this goes out together with the head, and can be sent again.
        private static let copyBytesMax = 64 << 10

        /// Writes what does not go out together with the head.
        var producer: Producer? {
            switch kind {
            case .whole(let bytes):
                if bytes.count <= Self.copyBytesMax { return nil }
                return { writer in try await writer.write(bytes) }
            case .stream(_, let produce): return produce
            }
        }

        var framing: BodyFraming {
            switch kind {
            case .whole(let bytes): bytes.isEmpty ? .none : .length(UInt64(bytes.count))
            case .stream(let length, _): length.map { .length($0) } ?? .chunked
            }
        }

        /// No content.
        public static var none: Content { Content(kind: .whole([])) }

        /// Text, sent as UTF-8.
        public static func text(_ text: String) -> Content { Content(kind: .whole(Array(text.utf8))) }

        /// Bytes.
        public static func bytes(_ bytes: [UInt8]) -> Content { Content(kind: .whole(bytes)) }

        /// Content that `produce` writes piece by piece, as fast as the server takes it: `length` bytes, or as many as
        /// it likes. It runs beside `execute`, in a task of its own that is cancelled with it; in a handler on
        /// the handler's loop, else where it may block. A response that comes before the end does not end it.
        public static func stream(length: UInt64? = nil, _ produce: @escaping Producer) -> Content {
            Content(kind: .stream(length: length, produce))
        }

        /// The elements of a sequence, each asked for when the server has taken those before.
        public static func sequence<Pieces: AsyncSequence & Sendable>(
            _ pieces: Pieces, length: UInt64? = nil
        ) -> Content where Pieces.Element == [UInt8] {
            stream(length: length) { writer in
                for try await piece in pieces { try await writer.write(piece) }
            }
        }

        /// What the client of a handler's own request sends, as it comes: for `exchange.client` and `exchange.body` of
        /// the same exchange.
        public static func forwarded(_ body: RequestBody) -> Content {
            let task = body.task
            if task.hasEnded, task.piece == nil { return .none }
            return stream(length: task.announcedLength) { writer in
                while let piece = try await task.nextPiece() { try await writer.write(piece) }
            }
        }
    }

    /// Writes the content of a request.
    public struct Writer: Sendable {
        private let exchange: ClientExchange

        init(_ exchange: ClientExchange) {
            self.exchange = exchange
        }

        /// Sends bytes, and waits while the server has too much to take already: back-pressure. Throws ``Failure`` when
        /// the connection has come to nothing, `CancellationError` when the exchange is over.
        public func write(_ bytes: [UInt8]) async throws {
            try await exchange.write(bytes)
        }

        /// Sends text as UTF-8.
        public func write(_ text: String) async throws {
            try await exchange.write(Array(text.utf8))
        }
    }

    /// A response: its head, and its content as it comes.
    public struct Response: Sendable {
        /// The status.
        public var status: HTTPResponse.Status
        /// The fields as they came.
        public var headerFields: HTTPFields
        /// The content. Letting it go before its end closes the connection.
        public var body: ResponseBody
    }

    /// The content of a response, piece by piece as it comes.
    ///
    /// Back-pressure: what nobody asks for stays with the server, except for at most 136 KiB. The pieces can be taken
    /// once. What is cut short throws; it never looks complete.
    public struct ResponseBody: AsyncSequence, Sendable {
        private let holder: Holder

        /// Its length, if the server has said it; for a response to HEAD, that which GET would have had.
        public let length: UInt64?

        init(_ exchange: ClientExchange, length: UInt64?) {
            holder = Holder(exchange: exchange)
            self.length = length
        }

        /// Takes the pieces.
        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let holder: Holder

            /// The next piece; nil after the last. Throws ``Failure``, or `CancellationError`.
            public mutating func next() async throws -> [UInt8]? {
                try await holder.exchange.nextPiece(isStream: true)
            }

            /// The same, whatever actor asks.
            public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
                try await holder.exchange.nextPiece(isStream: true)
            }
        }

        /// Of all iterators each piece goes to the one that asks first.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(holder: holder) }

        /// All of the content, at most `bytesMax`; of a longer one it throws
        /// ``HTTPClient/Failure/contentTooLarge(bytesMax:)``.
        /// The deadline of the request is that of this, too.
        public func collect(upTo bytesMax: Int) async throws -> [UInt8] {
            var all: [UInt8] = []
            while let piece = try await holder.exchange.nextPiece(isStream: false) {
                if all.count + piece.count > bytesMax { throw HTTPClient.Failure.contentTooLarge(bytesMax: bytesMax) }
                if all.isEmpty { all = piece } else { all += piece }
            }
            return all
        }

        /// Tells the exchange when nobody can ask for content any more.
        fileprivate final class Holder: Sendable {
            let exchange: ClientExchange

            init(exchange: ClientExchange) {
                self.exchange = exchange
            }

            deinit {
                exchange.responseDropped()
            }
        }
    }
}
