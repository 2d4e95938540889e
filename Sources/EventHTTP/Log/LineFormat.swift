// SPDX-License-Identifier: Apache-2.0
// How the pieces of a line are written: numbers, times, and bytes that a peer chose.
internal import Logging

/// What stands for the part of a text that was cut off (U+2026).
private let ellipsis: StaticString = "…"
/// How many bytes the ellipsis has.
private let ellipsisBytes = 3

extension FixedBytes {
    /// A number in decimal.
    mutating func append(decimal number: UInt64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var rest = number
        var first = 20
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        append(digits.span.extracting(first..<20))
    }

    /// A number in decimal with leading zeros, `width` digits.
    mutating func append(decimal number: Int, width: Int) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    /// Bytes of a peer in a text line: all but visible ASCII becomes `\xHH`, quotes and the backslash too, so that
    /// nobody can end the line, begin a field or colour the terminal. At most `limit` bytes come out, "…" last if cut.
    mutating func append(escaped bytes: Span<UInt8>, limit: Int) {
        append(bytes, limit: limit, escapeBytes: 4) { line, byte in
            line.append("\\x")
            line.append(hex: byte)
        }
    }

    /// Bytes of a peer inside a JSON string: each byte that is not printable ASCII becomes `\u00XX`.
    mutating func append(json bytes: Span<UInt8>, limit: Int) {
        append(bytes, limit: limit, escapeBytes: 6) { line, byte in
            switch byte {
            case UInt8(ascii: " "):
                line.append(byte)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                line.append(UInt8(ascii: "\\"))
                line.append(byte)
            case UInt8(ascii: "'"):
                line.append(byte)
            default:
                line.append("\\u00")
                line.append(hex: byte)
            }
        }
    }

    mutating func append(hex byte: UInt8) {
        append(hexDigit(byte >> 4))
        append(hexDigit(byte & 15))
    }

    /// Copies runs of plain bytes whole and hands every other byte to `escape`, which writes at most `escapeBytes`.
    @inline(__always)
    private mutating func append(
        _ bytes: Span<UInt8>, limit: Int, escapeBytes: Int, _ escape: (inout FixedBytes, UInt8) -> Void
    ) {
        let end = count + min(limit, free)
        var next = 0
        while next < bytes.count {
            var run = next
            while run < bytes.count, isPlain(bytes[run]) { run += 1 }
            // The last piece may use the ellipsis' room; any other must leave it.
            let isLast = run == bytes.count
            let room = end - count - (isLast ? 0 : ellipsisBytes)
            if run - next > room {
                let kept = max(0, min(run - next, end - count - ellipsisBytes))
                append(bytes.extracting(next..<next + kept))
                append(ellipsis)
                return
            }
            append(bytes.extracting(next..<run))
            if isLast { return }
            let reserve = run + 1 == bytes.count ? 0 : ellipsisBytes
            if end - count < escapeBytes + reserve {
                append(ellipsis)
                return
            }
            escape(&self, bytes[run])
            next = run + 1
        }
    }
}

/// Visible ASCII but quotes and the backslash.
@inline(__always)
private func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "'")
}

@inline(__always)
private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

extension Logger.Level {
    /// The level as Python's logging prints it.
    var lineText: StaticString {
        switch self {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO"
        case .notice: "NOTICE"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }
}

/// Writes times; the calendar part is worked out once a second.
struct LogClock: ~Copyable {
    private let format: LogFormat
    private let zone: LogZone
    private var second = Int.min
    private var calendar = FixedBytes(capacityBytes: 32)

    /// Text shows local time and JSON shows UTC, unless a test wants otherwise.
    init(format: LogFormat, zone: LogZone? = nil) {
        self.format = format
        self.zone = zone ?? (format == .text ? .local : .utc)
    }

    /// `2026-11-23 18:40:11,123` in text, `2026-11-23T18:40:11.123Z` in JSON (RFC 3339 §5.6).
    mutating func append(_ time: LogTime, to line: inout FixedBytes) {
        if time.seconds != second { update(time.seconds) }
        line.append(calendar.span)
        line.append(decimal: time.nanoseconds / 1_000_000, width: 3)
        if format == .json { line.append(UInt8(ascii: "Z")) }
    }

    private mutating func update(_ seconds: Int) {
        second = seconds
        let parts = LogSyscalls.calendar(seconds, zone)
        calendar.removeAll()
        calendar.append(decimal: parts.year, width: 4)
        calendar.append(UInt8(ascii: "-"))
        calendar.append(decimal: parts.month, width: 2)
        calendar.append(UInt8(ascii: "-"))
        calendar.append(decimal: parts.day, width: 2)
        calendar.append(UInt8(ascii: format == .text ? " " : "T"))
        calendar.append(decimal: parts.hour, width: 2)
        calendar.append(UInt8(ascii: ":"))
        calendar.append(decimal: parts.minute, width: 2)
        calendar.append(UInt8(ascii: ":"))
        calendar.append(decimal: parts.second, width: 2)
        calendar.append(UInt8(ascii: format == .text ? "," : "."))
    }
}
