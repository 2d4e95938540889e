// SPDX-License-Identifier: Apache-2.0

/// The `Date` field line (RFC 9110 §6.6.1) of the current second, formatted once for all answers of that second.
package struct DateCache: ~Copyable {
    static let lineBytes = 37

    private var second = Int64.min
    private var line = Buffer(capacity: lineBytes)

    package init() {
        refresh(unixSeconds: 0)
    }

    /// Appends `Date: Sun, 06 Nov 1994 08:49:37 GMT` and CRLF.
    package func append(to buffer: inout Buffer) {
        buffer.append(line.bytes)
    }

    package mutating func refresh(unixSeconds: Int64) {
        if unixSeconds == second { return }
        second = unixSeconds
        line.removeAll()
        line.append("Date: ")
        Self.append(unixSeconds: unixSeconds, to: &line)
        line.append("\r\n")
    }

    /// Appends an IMF-fixdate (RFC 9110 §5.6.7), 29 bytes.
    static func append(unixSeconds: Int64, to buffer: inout Buffer) {
        let days = unixSeconds / 86400
        let time = unixSeconds % 86400
        let date = civilDate(daysSince1970: days)
        buffer.append(weekdays[Int((days + 4) % 7)])
        buffer.append(", ")
        appendTwoDigits(date.day, to: &buffer)
        buffer.append(months[Int(date.month - 1)])
        appendTwoDigits(date.year / 100, to: &buffer)
        appendTwoDigits(date.year % 100, to: &buffer)
        buffer.append(" ")
        appendTwoDigits(time / 3600, to: &buffer)
        buffer.append(":")
        appendTwoDigits(time / 60 % 60, to: &buffer)
        buffer.append(":")
        appendTwoDigits(time % 60, to: &buffer)
        buffer.append(" GMT")
    }

    private static let weekdays: InlineArray<7, StaticString> = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: InlineArray<12, StaticString> = [
        " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec ",
    ]

    private static func appendTwoDigits(_ number: Int64, to buffer: inout Buffer) {
        buffer.append(UInt8(0x30 + number / 10))
        buffer.append(UInt8(0x30 + number % 10))
    }

    /// The Gregorian date, counting years from March so that the leap day comes last.
    private static func civilDate(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = daysSince1970 + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
