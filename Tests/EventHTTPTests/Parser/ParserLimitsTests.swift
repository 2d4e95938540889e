// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// Exactly at a limit is accepted, and one more is refused: by the whole input and by every prefix.
struct ParserLimitsTests {
    private static let small: ParserLimits = {
        var limits = ParserLimits()
        limits.lineBytesMax = 40
        limits.headBytesMax = 60
        limits.fieldsMax = 3
        return limits
    }()

    @Test func `what never ends is parsed again once it is too large`() {
        let limits = Self.small
        let most = limits.lineBytesMax + limits.headBytesMax
        func isWaitedFor(_ bytes: [UInt8], searched: Int) -> Bool {
            limits.isStillIncomplete(bytes.span, searched: searched)
        }
        for (count, isLarge) in [(1, false), (most, false), (most + 1, true)] {
            let bytes = [UInt8](repeating: 0x61, count: count)
            #expect(isWaitedFor(bytes, searched: count) == !isLarge)
        }
        #expect(!isWaitedFor(raw("a\r\n"), searched: 1), "a line has ended since")
        #expect(!isWaitedFor(raw("a"), searched: 0), "nobody has looked yet")
    }

    private func expectRequest(_ input: String, _ error: ParseError?, limits: ParserLimits = small) {
        let bytes = raw(input)
        let wanted: Outcome<RequestSummary>
        if let error {
            wanted = .refused(error)
        } else {
            wanted = guarded(bytes) { RequestSummary.parse($0) }
            guard case .parsed = wanted else {
                Issue.record("\(input.debugDescription) gave \(wanted)")
                return
            }
        }
        expectEveryPrefix(of: bytes, toAgreeWith: wanted, length: \.length, input) {
            RequestSummary.parse($0, limits: limits)
        }
    }

    private func filled(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test func `a method has at most 64 characters`() {
        var limits = Self.small
        limits.lineBytesMax = 100
        expectRequest("\(filled(64)) / HTTP/1.1\r\nHost: h\r\n\r\n", nil, limits: limits)
        expectRequest("\(filled(65)) / HTTP/1.1\r\nHost: h\r\n\r\n", .methodTooLong, limits: limits)
        expectRequest(filled(65), .methodTooLong, limits: limits)
    }

    @Test func `a request line has a limit`() {
        expectRequest("GET /\(filled(35)) HTTP/1.1\r\nHost: h\r\n\r\n", nil)
        expectRequest("GET /\(filled(36)) HTTP/1.1\r\nHost: h\r\n\r\n", .targetTooLong)
        expectRequest("GET /\(filled(36))", .targetTooLong)
    }

    @Test func `an empty line before a request does not count as part of its line`() {
        expectRequest("\r\nGET /\(filled(35)) HTTP/1.1\r\nHost: h\r\n\r\n", nil)
        expectRequest("\r\nGET /\(filled(36)) HTTP/1.1\r\nHost: h\r\n\r\n", .targetTooLong)
    }

    @Test func `the field lines have a limit together`() {
        // 9 + 9 + 40 + 2 is 60.
        expectRequest("GET / HTTP/1.1\r\nHost: h\r\nA: bcde\r\nB: \(filled(35))\r\n\r\n", nil)
        expectRequest("GET / HTTP/1.1\r\nHost: h\r\nA: bcde\r\nB: \(filled(36))\r\n\r\n", .headTooLarge)
        expectRequest("GET / HTTP/1.1\r\nHost: h\r\nA: bcde\r\nB: \(filled(37))\r\n\r\n", .headTooLarge)
        expectRequest("GET / HTTP/1.1\r\nHost: h\r\nA: bcde\r\nB: \(filled(38))\r\n\r\n", .headTooLarge)
    }

    @Test func `a field line that does not end is refused at the limit`() {
        expectRequest("GET / HTTP/1.1\r\nHost: h\r\nA: \(filled(70))", .headTooLarge)
        expectRequest("GET / HTTP/1.1\r\nHost: h\r\n\(filled(70))", .headTooLarge)
        expectRequest("GET / HTTP/1.1\r\nHost: h\r\nA:\(String(repeating: " ", count: 70))", .headTooLarge)
    }

    @Test func `what is broken beyond the limit is too large and not broken`() {
        for line in ["\(filled(70)) : b", "A: \(filled(70))\u{0}", "A: \(filled(70))\n", "A: \(filled(48))\r\n\rX"] {
            expectRequest("GET / HTTP/1.1\r\nHost: h\r\n\(line)\r\n\r\n", .headTooLarge)
        }
    }

    @Test func `the number of field lines has a limit`() {
        expectRequest("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nC: d\r\n\r\n", nil)
        expectRequest("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", .tooManyFields)
    }

    @Test func `an index that is smaller than the limit refuses as well`() {
        var fields = FieldIndex(capacity: 1)
        let outcome = guarded(raw("A: b\r\nC: d\r\n\r\n")) { bytes in
            Outcome<Int>.of { () throws(ParseError) in
                try FieldParser.parse(bytes, from: 0, limits: ParserLimits(), into: &fields)
            }
        }
        #expect(outcome == .refused(.tooManyFields))
    }

    @Test func `a status line has a limit`() {
        func outcome(_ reason: Int) -> Outcome<ResponseSummary> {
            guarded(raw("HTTP/1.1 200 \(filled(reason))\r\n\r\n")) {
                ResponseSummary.parse($0, to: .get, limits: Self.small)
            }
        }
        guard case .parsed = outcome(27) else {
            Issue.record("40 bytes were refused")
            return
        }
        #expect(outcome(28) == .refused(.headTooLarge))
        expectEveryPrefix(
            of: raw("HTTP/1.1 200 \(filled(28))\r\n\r\n"), toAgreeWith: .refused(.headTooLarge),
            length: \.length, "status line"
        ) { ResponseSummary.parse($0, to: .get, limits: Self.small) }
    }

    @Test func `the limits as they come take a request of 8 KiB, 32 KiB and 100 lines`() {
        let limits = ParserLimits()
        func outcome(_ target: Int, _ lines: Int, _ bytes: Int) -> Outcome<RequestSummary> {
            // Lines of eight bytes, the last filled up.
            let start = "GET /\(filled(target)) HTTP/1.1\r\nHost: hh\r\n"
            let middle = String(repeating: "A: bcd\r\n", count: lines - 2)
            let rest = bytes - 10 - 8 * (lines - 2) - 2
            let input = start + middle + "A: \(filled(rest - 5))\r\n\r\n"
            return guarded(raw(input)) { RequestSummary.parse($0, limits: limits) }
        }
        guard case .parsed = outcome(8192 - 5, 100, 32768) else {
            Issue.record("refused at the limits")
            return
        }
        #expect(outcome(8192 - 4, 100, 32768) == .refused(.targetTooLong))
        #expect(outcome(8192 - 5, 101, 32768) == .refused(.tooManyFields))
        #expect(outcome(8192 - 5, 100, 32769) == .refused(.headTooLarge))
    }

    @Test func `the largest limits that can be configured do not overflow an index`() {
        var limits = ParserLimits()
        limits.lineBytesMax = ParserLimits.lineBytesCapMax
        limits.headBytesMax = ParserLimits.headBytesCapMax
        limits.fieldsMax = ParserLimits.fieldsCapMax
        func outcome(_ line: String) -> Outcome<RequestSummary> {
            guarded(raw("GET / HTTP/1.1\r\n\(line)\r\nHost: h\r\n\r\n")) { RequestSummary.parse($0, limits: limits) }
        }
        for name in [65_518, 65_519, 65_520, 65_536, 65_535, 65_534, 70_000, 131_072] {
            let outcome = outcome("\(filled(name)):")
            // 2 for the name's line end, 1 for its colon, 9 for Host and 2 for the empty line.
            if name + 14 > 65_536 {
                #expect(outcome == .refused(.headTooLarge), "\(name)")
            } else if case .parsed(let head) = outcome {
                #expect(head.fields.count == 2 && head.fields[0].utf8.count == name + 2)
            } else {
                Issue.record("a name of \(name) bytes gave \(outcome)")
            }
        }
    }
}
