// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Sends many bytes, as fast as the client takes them and no faster.
final class ByteStream: ExchangeObserver {
    /// What is sent over and over: letters and line ends, so that a terminal survives it.
    static let pattern: [UInt8] = (0..<65536).map { $0 % 64 == 63 ? 0x0a : UInt8(0x61 + $0 % 26) }

    private var writer: BodyWriter?
    private var bytesLeft: UInt64

    private init(_ count: UInt64) {
        bytesLeft = count
    }

    static func begin(_ exchange: consuming Exchange, count: UInt64, isHead: Bool, _ answers: Answers) {
        let stream = ByteStream(count)
        exchange.observe(stream)
        let writer = answers.begin(exchange, bytes: count)
        if isHead { return writer.finish() }
        stream.writer = consume writer
        stream.pump()
    }

    /// Writes until the client has enough for now.
    private func pump() {
        // Taken out meanwhile: a write can find that the client has gone, which comes back here as a failure.
        guard let writer = writer.take() else { return }
        let pattern = Self.pattern
        while bytesLeft > 0 {
            let count = Int(min(bytesLeft, UInt64(pattern.count)))
            bytesLeft -= UInt64(count)
            if !writer.write(pattern.span.extracting(0..<count)), bytesLeft > 0 {
                self.writer = consume writer
                return
            }
        }
        writer.finish()
    }

    func responseDrained() {
        pump()
    }

    func exchangeFailed(_ failure: ExchangeFailure) {
        _ = writer.take()
    }

    func requestBody(_ bytes: Span<UInt8>) {}
    func requestEnded(_ trailers: borrowing Fields) {}
}
