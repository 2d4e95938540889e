// SPDX-License-Identifier: Apache-2.0
// Lines that carry a message: those of EventLogHandler and the log's own warnings.
internal import Logging

/// How many bytes of a logger's name are shown.
private let nameBytesMax = 128

extension FixedBytes {
    /// `[time] - name - LEVEL - `, or the opening of the JSON object.
    mutating func begin(
        _ format: LogFormat, name: String, level: Logger.Level, time: LogTime, clock: inout LogClock
    ) {
        switch format {
        case .text:
            append(UInt8(ascii: "["))
            clock.append(time, to: &self)
            append("] - ")
            append(text: name, limit: nameBytesMax)
            append(" - ")
            append(level.lineText)
            append(" - ")
        case .json:
            append("{\"time\":\"")
            clock.append(time, to: &self)
            append("\",\"level\":\"")
            append(level.lineText)
            append("\",\"logger\":\"")
            append(jsonText: name, limit: nameBytesMax)
            append(UInt8(ascii: "\""))
        }
    }

    mutating func appendMessage(_ message: String, _ format: LogFormat, limit: Int) {
        switch format {
        case .text:
            append(text: message, limit: limit)
        case .json:
            append(",\"message\":\"")
            append(jsonText: message, limit: limit)
            append(UInt8(ascii: "\""))
        }
    }

    mutating func end(_ format: LogFormat) { append(format == .text ? "\n" : "}\n") }

    /// The whole line that tells of lost ones.
    mutating func appendDropNotice(_ lost: UInt64, _ where: StaticString, _ options: LogOptions) {
        var clock = LogClock(format: options.format)
        begin(options.format, name: options.name, level: .warning, time: LogSyscalls.now(), clock: &clock)
        appendMessage("dropped \(lost) log lines on the way \(`where`)", options.format, limit: 256)
        end(options.format)
    }

    /// A text of ours: UTF-8 stays, but whatever could end the line or reorder it on a terminal is escaped.
    /// With `quoted`, quotes and backslashes too.
    mutating func append(text: String, limit: Int, quoted: Bool = false) {
        let end = count + min(limit, free)
        for scalar in text.unicodeScalars {
            let before = count
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0:
                append("\\x")
                append(hex: UInt8(scalar.value))
            // Line separators, and the controls of writing direction.
            case 0x2028...0x202E, 0x2066...0x2069:
                append("\\u{")
                append(hex: UInt8(scalar.value >> 8))
                append(hex: UInt8(scalar.value & 0xFF))
                append(UInt8(ascii: "}"))
            case 0x22 where quoted, 0x5C where quoted:
                append(UInt8(ascii: "\\"))
                append(UInt8(scalar.value))
            default:
                for unit in UTF8.encode(scalar)! { append(unit) }
            }
            if isPast(end, before) { return }
        }
    }

    /// A text of ours inside a JSON string, in ASCII: other scalars as their UTF-16 (RFC 8259 §7).
    mutating func append(jsonText text: String, limit: Int) {
        let end = count + min(limit, free)
        for scalar in text.unicodeScalars {
            let before = count
            switch scalar.value {
            case 0x22, 0x5C:
                append(UInt8(ascii: "\\"))
                append(UInt8(scalar.value))
            case 0x20..<0x7F:
                append(UInt8(scalar.value))
            default:
                for unit in UTF16.encode(scalar)! {
                    append("\\u")
                    append(hex: UInt8(unit >> 8))
                    append(hex: UInt8(unit & 0xFF))
                }
            }
            if isPast(end, before) { return }
        }
    }

    /// When a scalar went past the end (less the ellipsis), puts the ellipsis in its place.
    private mutating func isPast(_ end: Int, _ before: Int) -> Bool {
        guard count > end - 3 || isCut else { return false }
        truncate(to: before)
        append("…")
        return true
    }
}
