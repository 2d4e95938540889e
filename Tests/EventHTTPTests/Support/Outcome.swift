// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// What a parser said of some bytes.
enum Outcome<Value: Equatable & Sendable>: Equatable, Sendable {
    case incomplete
    case refused(ParseError)
    case parsed(Value)

    static func of(_ parse: () throws(ParseError) -> Value?) -> Outcome {
        do {
            guard let value = try parse() else { return .incomplete }
            return .parsed(value)
        } catch {
            return .refused(error)
        }
    }
}

/// Parses every prefix of `input` from `start` bytes on, the whole included, each with its last byte before a guard
/// page.
///
/// Input that is `wanted` to parse is incomplete up to its length and parses alike from there on, whatever follows.
/// Input that is wanted to be refused is incomplete up to some byte, and from there on refused for that same reason.
func expectEveryPrefix<Value>(
    of input: [UInt8], toAgreeWith wanted: Outcome<Value>, length: (Value) -> Int, _ name: String,
    from start: Int = 0, sourceLocation: SourceLocation = #_sourceLocation, parse: (Span<UInt8>) -> Outcome<Value>
) {
    let memory = GuardedBytes(capacity: input.count)
    var isRefused = false
    for count in start...input.count {
        let outcome = memory.with(input[..<count], parse)
        let isRight: Bool
        switch wanted {
        case .incomplete: isRight = outcome == .incomplete
        case .parsed(let value): isRight = outcome == (count < length(value) ? .incomplete : wanted)
        case .refused:
            isRight = outcome == wanted || (outcome == .incomplete && !isRefused && count < input.count)
            isRefused = isRefused || outcome == wanted
        }
        if !isRight {
            Issue.record(
                "\(name): the first \(count) of \(input.count) bytes gave \(outcome), the whole is to give \(wanted)",
                sourceLocation: sourceLocation)
            return
        }
    }
}
