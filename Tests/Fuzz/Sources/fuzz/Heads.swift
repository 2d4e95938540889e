// SPDX-License-Identifier: Apache-2.0
@testable import EventHTTP

/// What came of parsing, in a form that can be compared.
enum Parsed<Value: Equatable>: Equatable {
    case incomplete
    case refused(ParseError)
    case parsed(Value)
}

/// What a request or a response says, apart from where it says it.
struct HeadSummary: Equatable {
    var start: [String] = []
    var framing = BodyFraming.none
    var fields: [[UInt8]] = []
}

private func summary(_ bytes: Span<UInt8>, _ index: borrowing FieldIndex) -> [[UInt8]] {
    let fields = Fields(bytes, index.lines.span)
    return (0..<fields.count).map { fields[$0].name.array + [0x3a] + fields[$0].value.array }
}

private func parseRequest(_ bytes: Span<UInt8>, _ read: (RequestHead) -> Void = { _ in }) -> Parsed<HeadSummary> {
    var index = FieldIndex(capacity: ParserLimits.fieldsCapMax)
    do throws(ParseError) {
        guard let parsed = try RequestParser.parse(bytes, limits: ParserLimits(), into: &index) else {
            return .incomplete
        }
        let head = RequestHead(parsed, bytes: bytes, lines: index.lines.span)
        read(head)
        var start = [head.methodToken.array, head.path.array, [], []]
        if let query = head.query { start[2] = query.array }
        if let authority = head.authority { start[3] = authority.array }
        return .parsed(
            HeadSummary(
                start: start.map { String(decoding: $0, as: UTF8.self) }, framing: head.framing,
                fields: summary(bytes, index)))
    } catch {
        return .refused(error)
    }
}

/// What is sent on is what was understood: `parse(write(parse(x))) == parse(x)`. And what is refused is refused alike
/// however it was split.
func fuzzRequest(_ input: [UInt8]) {
    let pool = BufferPool()
    var written: [UInt8]?
    let whole = exactly(input) { bytes in
        parseRequest(bytes) { head in
            guard let authority = head.authority else { return }
            var buffer = Buffer()
            RequestWriter.append(head, host: authority, to: &buffer, pool: pool) { writer in
                for i in 0..<head.fields.count {
                    let field = head.fields[i]
                    if !field.id.isHopByHop, field.id != .host, field.id != .expect { writer.copy(field) }
                }
            }
            written = buffer.bytes.array
            buffer.release(to: pool)
        }
    }
    promise(pool.lentCount == 0, "a buffer was not given back")
    let cut = input.count / 2
    let half = exactly(input.prefix(cut)) { parseRequest($0) }
    if half != .incomplete { promise(half == whole, "half of it says \(half), all of it \(whole)") }
    guard case .parsed(let before) = whole, let written else { return }
    let again = exactly(written) { parseRequest($0) }
    guard case .parsed(let after) = again else { return promise(false, "written, it is \(again): \(before)") }
    promise(after.start[0] == before.start[0] && after.start[2] == before.start[2], "another method or query")
    promise(after.framing == before.framing, "\(before.framing) became \(after.framing)")
    promise(written.suffix(4) == [13, 10, 13, 10], "no end")
}

/// Responses: as requests.
func fuzzResponse(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let method: Method = first % 3 == 0 ? .get : first % 3 == 1 ? .head : .post
    func parse(_ bytes: Span<UInt8>) -> Parsed<HeadSummary> {
        var index = FieldIndex(capacity: ParserLimits.fieldsCapMax)
        do throws(ParseError) {
            guard let parsed = try ResponseParser.parse(bytes, to: method, limits: ParserLimits(), into: &index) else {
                return .incomplete
            }
            let head = ResponseHead(parsed, bytes: bytes, lines: index.lines.span)
            _ = head.retryAfterMs
            return .parsed(
                HeadSummary(
                    start: ["\(head.status.code)", String(decoding: head.reason.array, as: UTF8.self)],
                    framing: head.framing, fields: summary(bytes, index)))
        } catch {
            return .refused(error)
        }
    }
    let bytes = input.dropFirst()
    let whole = exactly(bytes, parse)
    let half = exactly(bytes.prefix(bytes.count / 2), parse)
    if half != .incomplete { promise(half == whole, "half of it says \(half), all of it \(whole)") }
}

/// Content is the same however it was split: all at once, or in pieces as the first bytes say.
func fuzzChunked(_ input: [UInt8]) {
    guard input.count > 4 else { return }
    func decode(_ pieces: [ArraySlice<UInt8>]) -> (content: [UInt8], end: String) {
        var decoder = BodyDecoder(.chunked)
        var waiting: [UInt8] = []
        var content: [UInt8] = []
        for piece in pieces {
            waiting += piece
            while true {
                let step = exactly(waiting) { bytes in Result { () throws(ParseError) in try decoder.next(bytes) } }
                switch step {
                case .failure(let error): return (content, "\(error)")
                case .success(.data(let range)):
                    promise(!range.isEmpty && range.upperBound <= waiting.count, "no progress: \(range)")
                    content += waiting[range]
                    waiting.removeFirst(range.upperBound)
                    continue
                case .success(.trailers(let count)): return (content, "trailers after \(waiting.count - count)")
                case .success(.ended(let count)): return (content, "ended after \(waiting.count - count)")
                case .success(.more(let count)):
                    promise(count <= waiting.count, "consumed more than there is")
                    waiting.removeFirst(count)
                }
                break
            }
        }
        return (content, "more after \(waiting.count)")
    }
    let body = input.dropFirst(4)
    let whole = decode([body])
    var pieces: [ArraySlice<UInt8>] = []
    var rest = body
    var turn = 0
    while !rest.isEmpty {
        let size = Int(input[turn % 4] % 16) + 1
        pieces.append(rest.prefix(size))
        rest = rest.dropFirst(size)
        turn += 1
    }
    let split = decode(pieces)
    promise(whole.content == split.content, "other content when split")
    let isEnd = whole.end.hasPrefix("trailers")
    promise(isEnd ? split.end.hasPrefix("trailers") : whole.end == split.end, "\(whole.end), split \(split.end)")
}
