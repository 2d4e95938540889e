// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// RFC 9112 §6.3 as a table; the tables of the heads have the many ways of spelling the fields wrong.
struct FramingFieldsTests {
    enum Line: Sendable {
        case length(String)
        case coding(String)
    }

    typealias Verdict = Outcome<BodyFraming>

    private static func collected(_ lines: [Line]) -> FramingFields {
        var framing = FramingFields()
        for line in lines {
            switch line {
            case .length(let value): guarded(raw(value)) { framing.addContentLength($0) }
            case .coding(let value): guarded(raw(value)) { framing.addTransferEncoding($0) }
            }
        }
        return framing
    }

    static let requests: [([Line], UInt8, Verdict)] = [
        ([], 1, .parsed(.none)), ([], 0, .parsed(.none)),
        ([.length("0")], 1, .parsed(.none)), ([.length("7")], 1, .parsed(.length(7))),
        ([.length("7")], 0, .parsed(.length(7))), ([.coding("chunked")], 1, .parsed(.chunked)),
        ([.coding("chunked")], 0, .refused(.conflictingFraming)),
        ([.coding("chunked"), .length("7")], 1, .refused(.conflictingFraming)),
        ([.length("0"), .coding("chunked")], 1, .refused(.conflictingFraming)),
        ([.length("7"), .length("7")], 1, .refused(.contentLength)),
        ([.length("x"), .length("7")], 1, .refused(.contentLength)),
        ([.length("7"), .length("x")], 1, .refused(.contentLength)),
        ([.coding("gzip, chunked")], 1, .refused(.transferCodingUnknown)),
        ([.coding("gzip")], 1, .refused(.transferEncoding)),
        ([.coding("chunked"), .coding("chunked")], 1, .refused(.transferEncoding)),
        ([.coding("gzip, chunked"), .coding("chunked")], 1, .refused(.transferEncoding)),
    ]

    @Test(arguments: requests)
    func `a request's content ends where its head says, or the request is refused`(
        _ lines: [Line], _ minorVersion: UInt8, _ wanted: Verdict
    ) {
        let framing = Self.collected(lines)
        let verdict = Verdict.of { () throws(ParseError) in try framing.request(minorVersion: minorVersion) }
        #expect(verdict == wanted)
    }

    static let responses: [([Line], Int, Method, Verdict)] = [
        ([], 200, .get, .parsed(.untilClose)), ([.length("7")], 200, .get, .parsed(.length(7))),
        ([.length("0")], 200, .get, .parsed(.none)), ([.coding("chunked")], 200, .get, .parsed(.chunked)),
        ([.length("7")], 200, .head, .parsed(.none)), ([.coding("chunked")], 200, .head, .parsed(.none)),
        ([.length("7")], 204, .get, .parsed(.none)), ([.length("7")], 304, .get, .parsed(.none)),
        ([.length("7")], 100, .post, .parsed(.none)), ([], 103, .get, .parsed(.none)),
        ([], 101, .get, .parsed(.tunnel)),
        ([], 205, .get, .parsed(.untilClose)), ([], 500, .post, .parsed(.untilClose)),
        ([.length("7"), .length("7")], 304, .get, .refused(.contentLength)),
        ([.length("7"), .coding("chunked")], 200, .head, .refused(.conflictingFraming)),
        ([.coding("gzip, chunked")], 200, .get, .refused(.transferEncoding)),
        ([.coding("gzip")], 204, .get, .refused(.transferEncoding)),
    ]

    @Test(arguments: responses.map { Response(lines: $0.0, status: $0.1, method: $0.2, wanted: $0.3) })
    func `a response's content ends where its head says, or the response is refused`(_ each: Response) throws {
        let framing = Self.collected(each.lines)
        let status = try #require(Status(each.status))
        let verdict = Verdict.of { () throws(ParseError) in
            try framing.response(to: each.method, status: status, minorVersion: 1)
        }
        #expect(verdict == each.wanted)
    }

    struct Response: Sendable {
        let lines: [Line]
        let status: Int
        let method: Method
        let wanted: Verdict
    }

    @Test func `S8: chunks in a response of HTTP-1.0 are refused`() {
        let framing = Self.collected([.coding("chunked")])
        let verdict = Verdict.of { () throws(ParseError) in
            try framing.response(to: .get, status: .ok, minorVersion: 0)
        }
        #expect(verdict == .refused(.conflictingFraming))
    }

    @Test func `a decimal is read like by a big number library`() {
        for (digits, wanted) in [
            ("0", 0), ("9", 9), ("18446744073709551615", UInt64.max), ("18446744073709551616", nil),
            ("18446744073709551609", 18_446_744_073_709_551_609), ("99999999999999999999", nil), ("", nil),
            ("000", 0), ("1 ", nil), ("/", nil), (":", nil), ("\u{ff}", nil), ("184467440737095516150", nil),
        ] as [(String, UInt64?)] {
            #expect(guarded(raw(digits)) { $0.decimal } == wanted, "\(digits)")
        }
    }
}
