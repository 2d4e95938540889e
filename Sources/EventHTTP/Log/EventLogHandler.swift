// SPDX-License-Identifier: Apache-2.0
public import Logging

/// Sends the events of swift-log through a ``LogWriter``, from any thread.
///
/// ```swift
/// LoggingSystem.bootstrap { EventLogHandler(label: $0, writer: writer) }
/// ```
/// Text: `[time] - label - LEVEL - message key=value …`, keys sorted, values quoted where they need it.
/// JSON: one object with `time`, `level`, `logger`, `message` and, if there is any, an object `metadata` of strings.
/// Unlike an ``AccessLog`` it allocates and takes a short lock; it never waits for a sink.
public struct EventLogHandler: LogHandler {
    /// What is shown of a message, in bytes; the rest becomes "…".
    public static let messageBytesMax = 8192
    /// What is shown of a metadata value, in bytes.
    public static let valueBytesMax = 1024
    /// What is shown of a metadata key, in bytes.
    public static let keyBytesMax = 128
    /// How many metadata values are shown, the first in the order of their keys.
    public static let metadataCountMax = 32
    /// No line is longer: everything above at its limit, with the punctuation.
    static let lineBytesMax = messageBytesMax + metadataCountMax * (keyBytesMax + valueBytesMax + 8) + 1024

    /// The least severe level that is logged; starts as the writer's.
    public var logLevel: Logger.Level
    /// Metadata of every event.
    public var metadata: Logger.Metadata = [:]
    /// Adds metadata at the time of an event; overrides `metadata`.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let writer: LogWriter

    /// A handler for a logger of this label.
    public init(
        label: String, writer: LogWriter, metadataProvider: Logger.MetadataProvider? = LoggingSystem.metadataProvider
    ) {
        self.label = label
        self.writer = writer
        self.metadataProvider = metadataProvider
        logLevel = writer.options.level
    }

    /// One value of `metadata`.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Queues one line; drops and counts it if the writer cannot keep up.
    public func log(event: LogEvent) {
        log(event: event, at: LogSyscalls.now())
    }

    func log(event: LogEvent, at time: LogTime) {
        // All text is made before the lock is taken: a description may do anything, even log.
        let message = event.message.description
        let fields = fields(of: event)
        let format = writer.options.format
        writer.core.publishShared { line, clock in
            line.begin(format, name: label, level: event.level, time: time, clock: &clock)
            line.appendMessage(message, format, limit: Self.messageBytesMax)
            Self.append(fields, format, to: &line)
            line.end(format)
        }
    }

    private func fields(of event: LogEvent) -> [(key: String, value: String)] {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error {
            all["error.message"] = "\(error)"
            all["error.type"] = "\(String(reflecting: type(of: error)))"
        }
        return all.sorted { $0.key < $1.key }.prefix(Self.metadataCountMax).map { ($0.key, $0.value.description) }
    }

    private static func append(
        _ fields: [(key: String, value: String)], _ format: LogFormat, to line: inout FixedBytes
    ) {
        guard !fields.isEmpty else { return }
        switch format {
        case .text:
            for (key, value) in fields {
                line.append(UInt8(ascii: " "))
                line.append(text: key, limit: keyBytesMax)
                line.append(UInt8(ascii: "="))
                if needsQuotes(value) {
                    line.append(UInt8(ascii: "\""))
                    line.append(text: value, limit: valueBytesMax, quoted: true)
                    line.append(UInt8(ascii: "\""))
                } else {
                    line.append(text: value, limit: valueBytesMax)
                }
            }
        case .json:
            line.append(",\"metadata\":")
            var separator = UInt8(ascii: "{")
            for (key, value) in fields {
                line.append(separator)
                line.append(UInt8(ascii: "\""))
                line.append(jsonText: key, limit: keyBytesMax)
                line.append("\":\"")
                line.append(jsonText: value, limit: valueBytesMax)
                line.append(UInt8(ascii: "\""))
                separator = UInt8(ascii: ",")
            }
            line.append(UInt8(ascii: "}"))
        }
    }

    private static func needsQuotes(_ value: String) -> Bool {
        value.isEmpty || value.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=") }
    }
}
