// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct MessageTests {
    @Test func `a status is a code from 100 to 599`() {
        for code in -1000...1000 {
            let status = Status(code)
            #expect((status != nil) == (100...599).contains(code))
            guard let status else { continue }
            #expect(Int(status.code) == code)
            #expect(status.isInterim == (code < 200))
            #expect(status.isServerError == (code >= 500))
            #expect(status.isBodiless == (code < 200 || code == 204 || code == 304))
        }
        #expect(Status(.max) == nil)
        #expect(Status(.min) == nil)
        #expect(Status(65536 + 200) == nil)
    }

    @Test func `a reason is the registry's and can stand in a status line`() throws {
        for code in 100...599 {
            let status = try #require(Status(code))
            let reason = raw(status.reason.description)
            #expect(guarded(reason) { ByteScanner.valueEnd($0, from: 0) } == reason.count)
        }
        #expect(try #require(Status(404)).reason.description == "Not Found")
        #expect(try #require(Status(299)).reason.description == "")
    }

    @Test func `each reason to refuse has words and a status of an error`() {
        for error in ParseError.allCases {
            #expect((400...505).contains(error.status.code) && !error.reason.description.isEmpty, "\(error)")
        }
        #expect(Set(ParseError.allCases.map(\.reason.description)).count == ParseError.allCases.count)
    }

    static let statuses: [ParseError: Int] = [
        .methodTooLong: 501, .transferCodingUnknown: 501, .targetTooLong: 414, .versionNotSupported: 505,
        .headTooLarge: 431, .tooManyFields: 431, .expectation: 417, .contentTooLarge: 413,
    ]

    @Test(arguments: ParseError.allCases)
    func `a refused request is told 400, or what says more`(_ error: ParseError) {
        #expect(Int(error.status.code) == Self.statuses[error] ?? 400)
    }

    @Test(arguments: [
        (Method.get, true), (.head, true), (.put, true), (.delete, true), (.options, true), (.trace, true),
        (.post, false), (.patch, false), (.connect, false), (.other, false),
    ])
    func `only methods that can be repeated are idempotent`(_ method: Method, _ isIdempotent: Bool) {
        #expect(method.isIdempotent == isIdempotent)
    }

    @Test func `a switch over bytes compares them with text`() {
        func answer(_ path: Span<UInt8>) -> Int {
            switch path {
            case "/": 1
            case "/fail": 2
            default: 3
            }
        }
        #expect(guarded(raw("/")) { answer($0) } == 1)
        #expect(guarded(raw("/fail")) { answer($0) } == 2)
        #expect(guarded(raw("/FAIL")) { answer($0) } == 3)
        #expect(guarded([UInt8]()) { answer($0) } == 3)
    }
}
