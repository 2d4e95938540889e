// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct HTTPDateTests {
    private func seconds(_ text: String) -> Int64? { HTTPDate.unixSeconds(Array(text.utf8).span) }

    @Test func `what is written is read`() {
        var random = SeededGenerator(seed: 7)
        for round in 0..<5_000 {
            let second =
                round < 2_000 ? Int64(round) * 43_211 : Int64.random(in: 0...253_402_300_799, using: &random)
            var buffer = Buffer(capacity: 29)
            DateCache.append(unixSeconds: second, to: &buffer)
            #expect(seconds(text(buffer.bytes)) == second)
        }
    }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("sun, 06 nov 1994 08:49:37 gmt", 784_111_777),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800), ("Sunday, 06-Nov-94 08:49:37 GMT", nil),
            ("Sun Nov  6 08:49:37 1994", nil), ("Sun, 06 Nov 1994 08:49:37 UTC", nil), ("", nil), ("30", nil),
            ("Sun, 06 Nov 1994 24:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:60:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49:61 GMT", nil), ("Sun, 00 Nov 1994 08:49:37 GMT", nil),
            ("Sun, 32 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Now 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 199x 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:49:37 GMT ", nil),
            ("Sun, 06 Nov 1994 08:49:3: GMT", nil), ("Sun, 06 Nov -994 08:49:37 GMT", nil),
        ] as [(String, Int64?)])
    func `a date is in the one form that is sent, or none`(_ text: String, _ wanted: Int64?) {
        #expect(seconds(text) == wanted)
    }
}
