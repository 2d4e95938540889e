// SPDX-License-Identifier: Apache-2.0
internal import Logging

/// Formats access lines and queues them: one for each event loop, not thread-safe.
///
/// Writing allocates nothing and takes no lock. A line is at most ``lineBytesMax`` bytes; a long target is cut and ends
/// in "…". In text, every byte of a peer that is not visible ASCII, and quotes and backslashes, appear as `\xHH`.
public final class AccessLog {
    /// The longest line, newline included.
    public static let lineBytesMax = requestBytesMax + AccessNotes.attemptsBytesMax
    /// What a line says of the request itself, at most.
    static let requestBytesMax = 4096

    // What comes out of the other fields at most, escaped. The target gets what these leave of the line.
    static let clientBytesMax = 128
    static let methodBytesMax = 128
    static let versionBytesMax = 64
    static let originBytesMax = 512
    static let nameBytesMax = 128
    static let outcomeBytesMax = 128
    static let identityBytesMax = 128 + 32
    /// What may follow the target: version, origin and outcome at their longest, and numbers; in JSON also names and
    /// keys.
    static let textTailBytesMax = versionBytesMax + originBytesMax + outcomeBytesMax + 256
    static let jsonTailBytesMax = textTailBytesMax + identityBytesMax

    /// Whether access lines are written at all: they are of level debug. Check it before gathering a record.
    public let isEnabled: Bool

    private let channel: LogChannel
    let format: LogFormat
    private var scratch: Scratch
    private var sampler: AccessSampler

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
        sampler = AccessSampler(share: options.accessShare)
    }

    /// Whether the line of an exchange is one of those that are written: all that are out of the ordinary, and a share
    /// of the others.
    func isWanted(isOrdinary: Bool) -> Bool {
        isEnabled && (!isOrdinary || sampler.next())
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
        line.append(field: record.target, limit: requestBytesMax - line.count - textTailBytesMax)
        line.append(UInt8(ascii: " "))
        line.append(field: record.version, limit: versionBytesMax)
        line.append(" - ")
        line.append(decimal: UInt64(record.status))
        line.append(" - ")
        line.append(field: record.origin, limit: originBytesMax)
        line.append(UInt8(ascii: " "))
        line.append(decimal: record.bytesSent)
        line.append("B ")
        line.append(milliseconds: record.durationMicroseconds)
        line.append("ms")
        if record.attempts > 1 {
            line.append(" attempts=")
            line.append(decimal: UInt64(record.attempts))
            line.append(record.attemptDetails)
        }
        if !record.outcome.isEmpty {
            line.append(UInt8(ascii: " "))
            line.append(words: record.outcome, limit: outcomeBytesMax)
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
        line.append(json: record.target, limit: requestBytesMax - line.count - jsonTailBytesMax)
        line.append("\",\"version\":\"")
        line.append(json: record.version, limit: versionBytesMax)
        line.append("\",\"status\":")
        line.append(decimal: UInt64(record.status))
        line.append(",\"bytes\":")
        line.append(decimal: record.bytesSent)
        line.append(",\"duration_ms\":")
        line.append(milliseconds: record.durationMicroseconds)
        line.append(",\"outcome\":\"")
        if record.outcome.isEmpty {
            line.append("ok")
        } else {
            line.append(json: record.outcome, limit: outcomeBytesMax)
        }
        line.append("\",\"origin\":\"")
        line.append(json: record.origin, limit: originBytesMax)
        line.append("\",\"request_id\":\"")
        line.append(json: record.requestID, limit: 128)
        line.append("\",\"trace_id\":\"")
        line.append(json: record.traceID, limit: 32)
        line.append("\",\"attempts\":[")
        line.append(record.attemptDetails)
        line.append("]}\n")
    }
}

extension FixedBytes {
    /// A field of a text line: "-" when there is nothing, so that fields can be counted.
    fileprivate mutating func append(field bytes: Span<UInt8>, limit: Int) {
        if bytes.isEmpty { append(UInt8(ascii: "-")) } else { append(escaped: bytes, limit: limit) }
    }

    /// `client_gone` for people: "client gone".
    fileprivate mutating func append(words bytes: Span<UInt8>, limit: Int) {
        for i in 0..<min(bytes.count, limit) {
            append(bytes[i] == UInt8(ascii: "_") ? UInt8(ascii: " ") : bytes[i])
        }
    }

    /// Microseconds as milliseconds with three decimals.
    fileprivate mutating func append(milliseconds microseconds: UInt64) {
        append(decimal: microseconds / 1000)
        append(UInt8(ascii: "."))
        append(decimal: Int(microseconds % 1000), width: 3)
    }
}
