// SPDX-License-Identifier: Apache-2.0
public import Logging

/// How a log line looks.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `[2026-11-23 18:40:11,123] - proxy-log - DEBUG - …`, in local time, for people.
    case text
    /// One JSON object per line, in UTC, for machines.
    case json
}

/// Where log lines go and which of them.
public struct LogOptions: Sendable {
    /// Where lines are appended to if nobody says otherwise.
    public static let defaultFile = "/tmp/proxy/event.log"

    /// Whether lines go to standard output.
    public var console: Bool
    /// The file that lines are appended to, or nil for none. Its folder is created when missing (mode 0755).
    public var file: String?
    /// Whether the console will do where the file cannot be opened at the start, as in a container whose file system is
    /// read-only. So it is for the default path, which nobody asked for; the lines are not counted as lost then.
    public var isFileOptional: Bool
    /// How lines look.
    public var format: LogFormat
    /// The least severe level that is written. Access lines are of level debug.
    public var level: Logger.Level
    /// The share of ordinary access lines that is written, from 0 to 1; see ``AccessLog``.
    public var accessShare = 1.0
    /// The logger that access lines and the log's own warnings carry, such as `proxy-log`.
    public var name: String
    /// How many bytes each event loop may be ahead of the writer before its lines are dropped;
    /// rounded up to a power of two, 64 KiB to 1 GiB. The default is 256 KiB.
    public var ringBytes: Int

    /// Why lines could not be appended to `file` as things are now; nil if they could. Makes nothing.
    public var fileProblem: String? {
        guard let file else { return nil }
        let code = LogSyscalls.appendingError(file)
        return code == 0 ? nil : LogSyscalls.errorText(code)
    }

    /// The least that `ringBytes` is rounded up to: several of the longest lines fit.
    static let ringBytesMin = 64 * 1024

    /// Options with the defaults of a proxy.
    public init(
        console: Bool = true,
        file: String? = defaultFile,
        format: LogFormat = .text,
        level: Logger.Level = .debug,
        name: String = "proxy-log",
        ringBytes: Int = 256 * 1024
    ) {
        self.console = console
        self.file = file
        isFileOptional = file == Self.defaultFile
        self.format = format
        self.level = level
        self.name = name
        self.ringBytes = ringBytes
    }
}
