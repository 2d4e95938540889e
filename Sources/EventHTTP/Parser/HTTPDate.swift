// SPDX-License-Identifier: Apache-2.0

/// Reads a date as all senders must write it, `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 §5.6.7). The two
/// obsolete forms are not read: nobody has sent them for decades, and a date that is not understood is one that is not
/// there.
enum HTTPDate {
    private static let bytes = 29

    /// The seconds since 1970; nil if it is no such date. The name of the day is not compared.
    static func unixSeconds(_ text: Span<UInt8>) -> Int64? {
        guard text.count == bytes, text.extracting(3..<5).equalsIgnoringCase(", "),
            text.extracting(25..<29).equalsIgnoringCase(" gmt"), let month = month(text),
            let day = number(text, 5..<7), let year = number(text, 12..<16), let hour = number(text, 17..<19),
            let minute = number(text, 20..<22), let second = number(text, 23..<25)
        else { return nil }
        // A second may be the 61st (§5.6.7), and a day too late for its month is one of the next: neither does harm.
        guard (1...31).contains(day), hour < 24, minute < 60, second <= 60 else { return nil }
        return days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        var value: Int64 = 0
        for i in range {
            let digit = text[i] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    private static func month(_ text: Span<UInt8>) -> Int64? {
        let name = text.extracting(8..<11)
        let names: InlineArray<12, StaticString> = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ]
        for i in names.indices where name.equalsIgnoringCase(names[i]) { return Int64(i + 1) }
        return nil
    }

    /// Days since 1970 of a Gregorian date, counting years from March so that the leap day comes last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let monthFromMarch = month <= 2 ? month + 9 : month - 3
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        return shifted * 365 + leapDays + (153 * monthFromMarch + 2) / 5 + day - 1 - 719_468
    }
}
