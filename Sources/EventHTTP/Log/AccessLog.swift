// SPDX-License-Identifier: Apache-2.0
internal import Logging

/// What one finished exchange leaves in the log: views of bytes that live elsewhere, so making one allocates nothing.
public struct AccessRecord: ~Escapable {
    /// The peer's address as text, such as `127.0.0.1`.
    public var clientAddress: Span<UInt8>
    /// The method as received; empty when no request line was.
    public var method: Span<UInt8>
    /// The request target as received.
    public var target: Span<UInt8>
    /// The version as received, such as `HTTP/1.1`.
    public var version: Span<UInt8>
    /// Which origin answered; empty when none did.
    public var origin: Span<UInt8>
    /// The status sent downstream; 0 when none was.
    public var status: UInt16
    /// How many bytes were sent downstream, as the caller counts them.
    public var bytesSent: UInt64
    /// From the first byte of the request to the last byte of the response, in microseconds.
    public var durationMicroseconds: UInt64
    /// How many origins were tried; shown in text when more than 1.
    public var attempts: UInt8
    /// Something out of the ordinary, such as "client gone"; a literal without quotes or backslashes, often empty.
    public var note: StaticString

    /// A record of these views; it lives no longer than any of them.
    @_lifetime(copy clientAddress, copy method, copy target, copy version, copy origin)
    public init(
        clientAddress: Span<UInt8>,
        method: Span<UInt8>,
        target: Span<UInt8>,
        version: Span<UInt8>,
        origin: Span<UInt8>,
        status: UInt16,
        bytesSent: UInt64,
        durationMicroseconds: UInt64,
        attempts: UInt8 = 1,
        note: StaticString = ""
    ) {
        self.clientAddress = clientAddress
        self.method = method
        self.target = target
        self.version = version
        self.origin = origin
        self.status = status
        self.bytesSent = bytesSent
        self.durationMicroseconds = durationMicroseconds
        self.attempts = attempts
        self.note = note
    }
}

/// Formats access lines and queues them: one for each event loop, not thread-safe.
///
/// Writing allocates nothing and takes no lock. A line is at most ``lineBytesMax`` bytes; a long target is cut and ends
/// in "…". In text, every byte of a peer that is not visible ASCII, and quotes and backslashes, appear as `\xHH`.
public final class AccessLog {
    /// The longest line, newline included.
    public static let lineBytesMax = 4096

    // What comes out of the other fields at most, escaped. The target gets what these leave of the line.
    static let clientBytesMax = 128
    static let methodBytesMax = 128
    static let versionBytesMax = 64
    static let originBytesMax = 512
    static let nameBytesMax = 128
    static let noteBytesMax = 128
    /// What may follow the target: version, origin and note at their longest, four numbers, the keys of JSON.
    static let tailBytesMax = versionBytesMax + originBytesMax + noteBytesMax + 256

    /// Whether access lines are written at all: they are of level debug. Check it before gathering a record.
    public let isEnabled: Bool

    private let channel: LogChannel
    private let format: LogFormat
    private var scratch: Scratch

    /// All that formatting needs, together: one exclusive access for a whole line.
    private struct Scratch: ~Copyable {
        var line = FixedBytes(capacityBytes: AccessLog.lineBytesMax)
        /// The logger's name, escaped for the format.
        var name = FixedBytes(capacityBytes: AccessLog.nameBytesMax)
        var clock: LogClock

        init(_ options: LogOptions, _ zone: LogZone?) {
            clock = LogClock(format: options.format, zone: zone)
            switch options.format {
            case .text: name.append(text: options.name, limit: AccessLog.nameBytesMax)
            case .json: name.append(jsonText: options.name, limit: AccessLog.nameBytesMax)
            }
        }
    }

    /// An access log that writes to this channel, in the format and under the name of its writer's options.
    public convenience init(channel: LogChannel) { self.init(channel: channel, zone: nil) }

    init(channel: LogChannel, zone: LogZone?) {
        let options = channel.core.options
        self.channel = channel
        isEnabled = options.level <= .debug
        format = options.format
        scratch = Scratch(options, zone)
    }

    /// Queues the line of one exchange, stamped with the time now. Does nothing unless `isEnabled`.
    public func write(_ record: borrowing AccessRecord) {
        guard isEnabled else { return }
        write(record, at: LogSyscalls.now())
    }

    func write(_ record: borrowing AccessRecord, at time: LogTime) {
        guard isEnabled else { return }
        Self.write(record, format, time, &scratch, channel)
    }

    private static func write(
        _ record: borrowing AccessRecord, _ format: LogFormat, _ time: LogTime, _ scratch: inout Scratch,
        _ channel: LogChannel
    ) {
        scratch.line.removeAll()
        switch format {
        case .text: formatText(record, scratch.name, time, &scratch.line, &scratch.clock)
        case .json: formatJSON(record, scratch.name, time, &scratch.line, &scratch.clock)
        }
        channel.write(scratch.line.span)
    }

    private static func formatText(
        _ record: borrowing AccessRecord, _ name: borrowing FixedBytes, _ time: LogTime,
        _ line: inout FixedBytes, _ clock: inout LogClock
    ) {
        line.append(UInt8(ascii: "["))
        clock.append(time, to: &line)
        line.append("] - ")
        line.append(name.span)
        line.append(" - DEBUG - ")
        line.append(field: record.clientAddress, limit: clientBytesMax)
        line.append(" - ")
        line.append(field: record.method, limit: methodBytesMax)
        line.append(UInt8(ascii: " "))
        let room = line.free - tailBytesMax
        line.append(field: record.target, limit: room)
        line.append(UInt8(ascii: " "))
        line.append(field: record.version, limit: versionBytesMax)
        line.append(" - ")
        line.append(decimal: UInt64(record.status))
        line.append(" - ")
        line.append(field: record.origin, limit: originBytesMax)
        line.append(UInt8(ascii: " "))
        line.append(decimal: record.bytesSent)
        line.append("B ")
        line.append(decimal: record.durationMicroseconds / 1000)
        line.append(UInt8(ascii: "."))
        line.append(decimal: Int(record.durationMicroseconds % 1000), width: 3)
        line.append("ms")
        if record.attempts > 1 {
            line.append(" attempts=")
            line.append(decimal: UInt64(record.attempts))
        }
        if record.note.utf8CodeUnitCount > 0 {
            line.append(UInt8(ascii: " "))
            line.append(record.note, limit: noteBytesMax)
        }
        line.append(UInt8(ascii: "\n"))
    }

    private static func formatJSON(
        _ record: borrowing AccessRecord, _ name: borrowing FixedBytes, _ time: LogTime,
        _ line: inout FixedBytes, _ clock: inout LogClock
    ) {
        line.append("{\"time\":\"")
        clock.append(time, to: &line)
        line.append("\",\"level\":\"DEBUG\",\"logger\":\"")
        line.append(name.span)
        line.append("\",\"client\":\"")
        line.append(json: record.clientAddress, limit: clientBytesMax)
        line.append("\",\"method\":\"")
        line.append(json: record.method, limit: methodBytesMax)
        line.append("\",\"target\":\"")
        let room = line.free - tailBytesMax
        line.append(json: record.target, limit: room)
        line.append("\",\"protocol\":\"")
        line.append(json: record.version, limit: versionBytesMax)
        line.append("\",\"status\":")
        line.append(decimal: UInt64(record.status))
        line.append(",\"bytes\":")
        line.append(decimal: record.bytesSent)
        line.append(",\"duration_us\":")
        line.append(decimal: record.durationMicroseconds)
        line.append(",\"origin\":\"")
        line.append(json: record.origin, limit: originBytesMax)
        line.append("\",\"attempts\":")
        line.append(decimal: UInt64(record.attempts))
        line.append(",\"note\":\"")
        line.append(record.note, limit: noteBytesMax)
        line.append("\"}\n")
    }
}

extension FixedBytes {
    /// A field of a text line: "-" when there is nothing, so that fields can be counted.
    fileprivate mutating func append(field bytes: Span<UInt8>, limit: Int) {
        if bytes.isEmpty { append(UInt8(ascii: "-")) } else { append(escaped: bytes, limit: limit) }
    }

    /// A literal of ours, or nothing of it if it is unreasonably long.
    fileprivate mutating func append(_ note: StaticString, limit: Int) {
        if note.utf8CodeUnitCount <= limit { append(note) }
    }
}
