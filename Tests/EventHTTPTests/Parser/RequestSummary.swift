// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// What a request head said, in text that does not depend on where it was in memory.
struct RequestSummary: Equatable, Sendable {
    var method = Method.get
    var token = "GET"
    var target = "/"
    var authority: String? = "h"
    var needsSlash = false
    var minorVersion: UInt8 = 1
    var framing = BodyFraming.none
    var connection: ConnectionOptions = []
    var expectsContinue = false
    var hasUpgrade = false
    var fields = ["Host: h"]
    var length = 0

    init(_ change: (inout RequestSummary) -> Void = { _ in }) {
        change(&self)
    }

    init(_ head: ParsedRequest, _ bytes: Span<UInt8>, _ index: borrowing FieldIndex) {
        method = head.method
        token = text(bytes.extracting(head.methodRange))
        target = text(bytes.extracting(head.targetRange))
        authority = head.authorityRange.map { text(bytes.extracting($0)) }
        needsSlash = head.needsSlash
        minorVersion = head.minorVersion
        framing = head.framing
        connection = head.connection
        expectsContinue = head.expectsContinue
        hasUpgrade = head.hasUpgrade
        fields = summary(of: index, bytes)
        length = head.length
    }

    static func parse(_ bytes: Span<UInt8>, limits: ParserLimits = ParserLimits()) -> Outcome<RequestSummary> {
        var fields = FieldIndex(capacity: ParserLimits.fieldsCapMax)
        return Outcome.of { () throws(ParseError) in
            guard let head = try RequestParser.parse(bytes, limits: limits, into: &fields) else { return nil }
            return RequestSummary(head, bytes, fields)
        }
    }
}

/// Each field line as `name: value`, with both as they came.
func summary(of index: borrowing FieldIndex, _ bytes: Span<UInt8>) -> [String] {
    var lines: [String] = []
    for i in 0..<index.lines.count {
        let line = index.lines[i]
        lines.append(text(bytes.extracting(line.nameRange)) + ": " + text(bytes.extracting(line.valueRange)))
    }
    return lines
}

/// A request and what is to become of it. Names begin with the row of the desync table that they belong to.
struct RequestCase: Sendable, CustomTestStringConvertible {
    let name: String
    let input: [UInt8]
    let wanted: Outcome<RequestSummary>

    var testDescription: String { name }

    /// `head` parses to what `change` makes of a plain `GET /` with `Host: h`; `rest` follows it and is not looked at.
    static func good(
        _ name: String, _ head: String, rest: String = "", _ change: (inout RequestSummary) -> Void = { _ in }
    ) -> RequestCase {
        var summary = RequestSummary(change)
        summary.length = raw(head).count
        return RequestCase(name: name, input: raw(head + rest), wanted: .parsed(summary))
    }

    /// A head with `line` beside its Host.
    static func goodField(
        _ name: String, _ line: String, field: String? = nil, request: String = "GET / HTTP/1.1",
        _ change: (inout RequestSummary) -> Void = { _ in }
    ) -> RequestCase {
        good(name, "\(request)\r\nHost: h\r\n\(line)\r\n\r\n") {
            $0.fields.append(field ?? line)
            change(&$0)
        }
    }

    static func bad(_ name: String, _ input: String, _ error: ParseError) -> RequestCase {
        RequestCase(name: name, input: raw(input), wanted: .refused(error))
    }

    /// A head with `lines` beside its Host.
    static func badField(
        _ name: String, _ lines: String, _ error: ParseError, request: String = "POST / HTTP/1.1"
    ) -> RequestCase {
        bad(name, "\(request)\r\nHost: h\r\n\(lines)\r\n\r\n", error)
    }
}
