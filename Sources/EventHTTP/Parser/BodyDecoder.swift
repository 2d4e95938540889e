// SPDX-License-Identifier: Apache-2.0

/// Finds the content of a message in the bytes after its head, whatever its framing. Keeps no bytes.
struct BodyDecoder {
    enum Step: Equatable {
        /// These bytes are content; everything up to their end is consumed.
        case data(Range<Int>)
        /// The content is complete; so many bytes were consumed.
        case ended(Int)
        /// After so many bytes a trailer section follows, for `FieldParser`; the content is complete when it is.
        case trailers(Int)
        /// So many bytes were consumed, and more are needed.
        case more(Int)
    }

    private enum Mode {
        case length(UInt64)
        case chunked(ChunkedDecoder)
        case untilClose
    }

    private var mode = Mode.length(0)

    init(_ framing: BodyFraming) {
        switch framing {
        case .none: mode = .length(0)
        case .length(let length): mode = .length(length)
        case .chunked: mode = .chunked(ChunkedDecoder())
        case .untilClose, .tunnel: mode = .untilClose
        }
    }

    /// The next step over `bytes`.
    mutating func next(_ bytes: Span<UInt8>) throws(ParseError) -> Step {
        switch mode {
        case .length(let left):
            if left == 0 { return .ended(0) }
            if bytes.isEmpty { return .more(0) }
            let taken = min(left, UInt64(bytes.count))
            mode = .length(left - taken)
            return .data(0..<Int(taken))
        case .untilClose:
            return bytes.isEmpty ? .more(0) : .data(0..<bytes.count)
        case .chunked(var decoder):
            defer { mode = .chunked(decoder) }
            switch try decoder.next(bytes) {
            case .data(let range): return .data(range)
            case .trailers(let position): return .trailers(position)
            case .more(let position): return .more(position)
            }
        }
    }

    /// Whether the end of the connection is how this content ends.
    var endsAtClose: Bool {
        if case .untilClose = mode { true } else { false }
    }

    /// Bytes of content that are still to come, when the framing tells.
    var bytesLeft: UInt64? {
        if case .length(let left) = mode { left } else { nil }
    }
}
