// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// Field lines by themselves, as in a trailer section; the tables of the heads cover what is refused.
struct FieldParserTests {
    private struct Section: Equatable, Sendable {
        var fields: [String]
        var names: [FieldName]
        var aliases: [Bool]
        var end: Int
    }

    private static func parse(
        _ bytes: Span<UInt8>, from start: Int = 0, limits: ParserLimits = ParserLimits()
    ) -> Outcome<Section> {
        var fields = FieldIndex(capacity: ParserLimits.fieldsCapMax)
        return Outcome.of { () throws(ParseError) in
            guard let end = try FieldParser.parse(bytes, from: start, limits: limits, into: &fields) else { return nil }
            var section = Section(fields: summary(of: fields, bytes), names: [], aliases: [], end: end)
            for i in 0..<fields.lines.count {
                section.names.append(fields.lines[i].name)
                section.aliases.append(fields.lines[i].isAlias)
            }
            return section
        }
    }

    @Test func `an empty section is its empty line`() {
        let wanted = Outcome.parsed(Section(fields: [], names: [], aliases: [], end: 2))
        expectEveryPrefix(of: raw("\r\nGET"), toAgreeWith: wanted, length: \.end, "empty") { Self.parse($0) }
    }

    @Test func `each line is named and lines keep their order`() {
        let input = raw("x-a: 1\r\nETag:2\r\nCOOKIE: 3\r\nx-a:\r\n\r\nrest")
        let wanted = Outcome.parsed(
            Section(
                fields: ["x-a: 1", "ETag: 2", "COOKIE: 3", "x-a: "], names: [.other, .other, .cookie, .other],
                aliases: [false, false, false, false], end: input.count - 4))
        expectEveryPrefix(of: input, toAgreeWith: wanted, length: \.end, "order") { Self.parse($0) }
    }

    @Test func `S9: a name with an underscore or a dot is marked`() {
        let input = raw("Content_Length: 5\r\nX.Forwarded.For: 1\r\nContent-Length: 5\r\n_: 1\r\n\r\n")
        let wanted = Outcome.parsed(
            Section(
                fields: ["Content_Length: 5", "X.Forwarded.For: 1", "Content-Length: 5", "_: 1"],
                names: [.other, .other, .contentLength, .other], aliases: [true, true, false, true], end: input.count))
        expectEveryPrefix(of: input, toAgreeWith: wanted, length: \.end, "aliases") { Self.parse($0) }
    }

    @Test func `a section may begin anywhere and its positions count from the beginning of the bytes`() {
        let outcome = guarded(raw("0\r\nA: b\r\n\r\n")) { Self.parse($0, from: 3) }
        #expect(outcome == .parsed(Section(fields: ["A: b"], names: [.other], aliases: [false], end: 11)))
        #expect(guarded(raw("0\r\n")) { Self.parse($0, from: 3) } == .incomplete)
    }

    @Test(arguments: [" A: b", "\tA: b", "A b", "A: b\n", "A: b\r\r", ":"])
    func `a broken section is refused`(_ line: String) {
        let input = raw("A: b\r\n\(line)\r\n\r\n")
        guard case .refused(let error) = guarded(input, { Self.parse($0) }) else {
            Issue.record("\(line) was not refused")
            return
        }
        expectEveryPrefix(of: input, toAgreeWith: .refused(error), length: \.end, line) { Self.parse($0) }
    }

    @Test func `a name is at most as long as its length can say, whatever the limit of the head`() {
        var limits = ParserLimits()
        limits.headBytesMax = 1 << 20
        let name = String(repeating: "a", count: Int(UInt16.max))
        #expect(guarded(raw("\(name): b\r\n\r\n")) { Self.parse($0, limits: limits) } != .refused(.headTooLarge))
        #expect(guarded(raw("\(name)a: b\r\n\r\n")) { Self.parse($0, limits: limits) } == .refused(.headTooLarge))
    }

    @Test(arguments: [
        "content-length", "Transfer-Encoding", "host", "Authorization", "content-type", "Content-Encoding",
        "Content-Range", "trailer", "te", "Connection", "set-cookie", "Cache-Control", "x-forwarded-for",
        "Proxy-Authorization", "max-forwards", "if-match", "upgrade", "keep-alive", "expect", "via",
    ])
    func `S24: what frames, routes or authenticates does not belong in trailers`(_ name: String) {
        #expect(guarded(raw(name)) { FieldName($0).isForbiddenInTrailers })
    }

    @Test(arguments: ["etag", "server-timing", "x-checksum", "digest", "server"])
    func `S24: other fields may come in trailers`(_ name: String) {
        #expect(!guarded(raw(name)) { FieldName($0).isForbiddenInTrailers })
    }

    @Test func `a line that was filled before is forgotten`() throws {
        var fields = FieldIndex(capacity: 4)
        for _ in 0..<3 {
            let end = guarded(raw("A: b\r\nC: d\r\n\r\n")) {
                try? FieldParser.parse($0, from: 0, limits: ParserLimits(), into: &fields)
            }
            #expect(end == 14)
            let count = fields.lines.count
            #expect(count == 2)
        }
    }
}
