// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// What came of feeding a `ChunkedDecoder` piece by piece, as a connection does: what it does not consume stays.
struct ChunkedRun: Equatable, Sendable {
    enum End: Equatable, Sendable {
        case incomplete
        /// The trailer section begins after this many bytes of the whole input.
        case trailers(Int)
        case refused(ParseError)
    }

    var data: [UInt8] = []
    var end = End.incomplete

    /// Feeds the input up to each of the `cuts`, then all of it.
    static func feeding(_ input: [UInt8], cuts: some Sequence<Int>, memory: GuardedBytes) -> ChunkedRun {
        var decoder = ChunkedDecoder()
        var run = ChunkedRun()
        var consumed = 0
        for cut in Array(cuts) + [input.count] {
            while run.end == .incomplete {
                let step = memory.with(input[consumed..<cut]) { bytes in
                    Outcome<ChunkedDecoder.Step>.of { () throws(ParseError) in try decoder.next(bytes) }
                }
                switch step {
                case .parsed(.data(let range)):
                    run.data += input[consumed..<cut].dropFirst(range.lowerBound).prefix(range.count)
                    #expect(!range.isEmpty && consumed + range.upperBound <= cut)
                    consumed += range.upperBound
                    continue
                case .parsed(.trailers(let count)):
                    consumed += count
                    run.end = .trailers(consumed)
                case .parsed(.more(let count)): consumed += count
                case .refused(let error): run.end = .refused(error)
                case .incomplete: Issue.record("a step is never nothing")
                }
                break
            }
        }
        return run
    }

    static func feeding(_ input: [UInt8], cuts: some Sequence<Int> = [Int]()) -> ChunkedRun {
        feeding(input, cuts: cuts, memory: GuardedBytes(capacity: input.count))
    }
}

/// Chunks and what is to become of them.
struct ChunkedCase: Sendable, CustomTestStringConvertible {
    let name: String
    let input: [UInt8]
    let wanted: ChunkedRun

    var testDescription: String { name }

    /// `chunks` decode to `data`; then the trailer section begins, of which `rest` is not looked at.
    static func good(_ name: String, _ chunks: String, _ data: String, rest: String = "\r\n") -> ChunkedCase {
        let input = raw(chunks)
        return ChunkedCase(
            name: name, input: input + raw(rest), wanted: ChunkedRun(data: raw(data), end: .trailers(input.count)))
    }

    /// After `data` the input is refused.
    static func bad(_ name: String, _ input: String, _ error: ParseError, after data: String = "") -> ChunkedCase {
        ChunkedCase(name: name, input: raw(input), wanted: ChunkedRun(data: raw(data), end: .refused(error)))
    }

    static func more(_ name: String, _ input: String, _ data: String = "") -> ChunkedCase {
        ChunkedCase(name: name, input: raw(input), wanted: ChunkedRun(data: raw(data), end: .incomplete))
    }
}
