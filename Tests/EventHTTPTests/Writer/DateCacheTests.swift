// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventHTTP

struct DateCacheTests {
    private func date(_ seconds: Int64) -> String {
        var buffer = Buffer(capacity: 29)
        DateCache.append(unixSeconds: seconds, to: &buffer)
        return text(buffer.bytes)
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (68_169_599, "Mon, 28 Feb 1972 23:59:59 GMT"), (68_169_600, "Tue, 29 Feb 1972 00:00:00 GMT"),
            (68_256_000, "Wed, 01 Mar 1972 00:00:00 GMT"), (946_684_799, "Fri, 31 Dec 1999 23:59:59 GMT"),
            (946_684_800, "Sat, 01 Jan 2000 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (2_147_483_647, "Tue, 19 Jan 2038 03:14:07 GMT"),
            (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)])
    func `a second has the date that the calendar gives it`(_ seconds: Int64, _ wanted: String) {
        #expect(date(seconds) == wanted)
    }

    @Test func `five thousand seconds have the dates that the C library gives them`() {
        let seed: UInt64 = 1994
        var random = SeededGenerator(seed: seed)
        for round in 0..<5000 {
            // The first half in the days around a change of month, the others anywhere up to the year 9999.
            var seconds = Int64.random(in: 0...253_402_300_799, using: &random)
            if round < 2500 {
                seconds =
                    Int64.random(in: 0...1560, using: &random) * 2_629_746
                    + Int64.random(in: -172_800...172_800, using: &random)
                seconds = max(seconds, 0)
            }
            var time = time_t(seconds)
            var parts = tm()
            gmtime_r(&time, &parts)
            var line = [CChar](repeating: 0, count: 64)
            let count = strftime(&line, line.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            let wanted = text(line[..<count].map { UInt8(bitPattern: $0) })
            if date(seconds) != wanted { Issue.record("seed \(seed): \(seconds) is \(wanted), not \(date(seconds))") }
        }
    }

    @Test func `the line is that of the second it was refreshed for`() {
        var cache = DateCache()
        func line(_ cache: borrowing DateCache) -> String {
            var buffer = Buffer(capacity: DateCache.lineBytes)
            cache.append(to: &buffer)
            return text(buffer.bytes)
        }
        let lines = [784_111_777, 784_111_777, 784_111_778, 0 as Int64].map { seconds in
            cache.refresh(unixSeconds: seconds)
            return line(cache)
        }
        #expect(
            lines == [
                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
                "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n", "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
            ])
    }
}
