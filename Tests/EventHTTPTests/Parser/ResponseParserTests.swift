// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// Every input of the tables in all its prefixes, at a guard page.
struct ResponseParserTests {
    @Test(arguments: ResponseCase.lines)
    func `a valid status line says what it says`(_ each: ResponseCase) {
        check(each)
    }

    @Test(arguments: ResponseCase.framings)
    func `a valid head says how its content ends and whether the connection goes on`(_ each: ResponseCase) {
        check(each)
    }

    @Test(arguments: ResponseCase.refused)
    func `an invalid response is refused`(_ each: ResponseCase) {
        check(each)
    }

    @Test func `every status code from 100 to 599 is accepted and no other`() {
        for code in 0...999 {
            let digits = String(code)
            let padded = String(repeating: "0", count: 3 - digits.count) + digits
            let outcome = guarded(raw("HTTP/1.1 \(padded) \r\n\r\n")) { ResponseSummary.parse($0, to: .get) }
            if (100...599).contains(code) {
                guard case .parsed(let head) = outcome else {
                    Issue.record("\(code) gave \(outcome)")
                    continue
                }
                #expect(head.status == code)
            } else {
                #expect(outcome == .refused(.statusCode), "\(code)")
            }
        }
    }

    @Test(arguments: 0...255)
    func `any byte in any place of a response never makes its prefixes disagree`(_ byte: UInt8) {
        let head = raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\n\r\n")
        for position in head.indices {
            var changed = head
            changed[position] = byte
            let whole = guarded(changed) { ResponseSummary.parse($0, to: .get) }
            expectEveryPrefix(
                of: changed, toAgreeWith: whole, length: \.length, "\(byte) at \(position)", from: position
            ) {
                ResponseSummary.parse($0, to: .get)
            }
        }
    }

    private func check(_ each: ResponseCase) {
        expectEveryPrefix(of: each.input, toAgreeWith: each.wanted, length: \.length, each.name) {
            ResponseSummary.parse($0, to: each.method)
        }
    }
}
