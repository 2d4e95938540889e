// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// What a response head said, in text that does not depend on where it was in memory.
struct ResponseSummary: Equatable, Sendable {
    var status = 200
    var reason = "OK"
    var minorVersion: UInt8 = 1
    var framing = BodyFraming.untilClose
    var announcedLength: UInt64?
    var connection: ConnectionOptions = []
    var hasUpgrade = false
    var keepAliveSeconds: UInt64?
    var isPersistent = false
    var fields: [String] = []
    var length = 0

    init(_ change: (inout ResponseSummary) -> Void = { _ in }) {
        change(&self)
    }

    init(_ head: ParsedResponse, _ bytes: Span<UInt8>, _ index: borrowing FieldIndex) {
        status = Int(head.status.code)
        reason = text(bytes.extracting(head.reasonRange))
        minorVersion = head.minorVersion
        framing = head.framing
        announcedLength = head.announcedLength
        connection = head.connection
        hasUpgrade = head.hasUpgrade
        keepAliveSeconds = head.keepAliveSeconds
        isPersistent = head.isPersistent
        fields = summary(of: index, bytes)
        length = head.length
    }

    static func parse(
        _ bytes: Span<UInt8>, to method: Method, limits: ParserLimits = ParserLimits()
    ) -> Outcome<ResponseSummary> {
        var fields = FieldIndex(capacity: ParserLimits.fieldsCapMax)
        return Outcome.of { () throws(ParseError) in
            guard let head = try ResponseParser.parse(bytes, to: method, limits: limits, into: &fields) else {
                return nil
            }
            return ResponseSummary(head, bytes, fields)
        }
    }
}

/// A response and what is to become of it.
struct ResponseCase: Sendable, CustomTestStringConvertible {
    let name: String
    let input: [UInt8]
    let method: Method
    let wanted: Outcome<ResponseSummary>

    var testDescription: String { name }

    /// `HTTP/1.1 200 OK` with `lines` parses to what `change` makes of that; `rest` follows it and is not looked at.
    static func good(
        _ name: String, line: String = "HTTP/1.1 200 OK", _ lines: [String] = [], read: [String]? = nil,
        to method: Method = .get, rest: String = "", _ change: (inout ResponseSummary) -> Void = { _ in }
    ) -> ResponseCase {
        let head = raw(([line] + lines + ["", ""]).joined(separator: "\r\n"))
        var summary = ResponseSummary(change)
        summary.fields = read ?? lines
        summary.length = head.count
        return ResponseCase(name: name, input: head + raw(rest), method: method, wanted: .parsed(summary))
    }

    static func bad(_ name: String, _ input: String, _ error: ParseError) -> ResponseCase {
        ResponseCase(name: name, input: raw(input), method: .get, wanted: .refused(error))
    }

    static func badField(_ name: String, _ lines: String, _ error: ParseError) -> ResponseCase {
        bad(name, "HTTP/1.1 200 OK\r\n\(lines)\r\n\r\n", error)
    }
}
