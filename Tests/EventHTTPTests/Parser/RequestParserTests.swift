// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// Every input of the tables in all its prefixes, at a guard page.
struct RequestParserTests {
    @Test(arguments: RequestCase.lines)
    func `a valid request line says what it says`(_ each: RequestCase) {
        check(each)
    }

    @Test(arguments: RequestCase.heads)
    func `a valid head says how the message goes on`(_ each: RequestCase) {
        check(each)
    }

    @Test(arguments: RequestCase.badLines)
    func `an invalid request line is refused`(_ each: RequestCase) {
        check(each)
    }

    @Test(arguments: RequestCase.badFields)
    func `an invalid field line is refused`(_ each: RequestCase) {
        check(each)
    }

    @Test(arguments: RequestCase.badHosts)
    func `a request that does not name one host is refused`(_ each: RequestCase) {
        check(each)
    }

    @Test(arguments: RequestCase.badFramings)
    func `a request whose end is in doubt is refused`(_ each: RequestCase) {
        check(each)
    }

    @Test(arguments: 0...255)
    func `any byte in any place of a head never crashes the parser nor makes its prefixes disagree`(_ byte: UInt8) {
        let head = raw("\r\nPOST http://h/a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        for position in head.indices {
            var changed = head
            changed[position] = byte
            let whole = guarded(changed) { RequestSummary.parse($0) }
            expectEveryPrefix(
                of: changed, toAgreeWith: whole, length: \.length, "\(byte) at \(position)", from: position
            ) {
                RequestSummary.parse($0)
            }
        }
    }

    private func check(_ each: RequestCase) {
        expectEveryPrefix(of: each.input, toAgreeWith: each.wanted, length: \.length, each.name) {
            RequestSummary.parse($0)
        }
    }
}
