// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import EventHTTP
internal import Logging

/// How many event loops to run.
enum WorkerCount: Equatable, CustomStringConvertible {
    case auto
    case number(Int)

    var count: Int {
        switch self {
        case .auto: ProcessorCount.granted()
        case .number(let number): number
        }
    }

    var description: String {
        switch self {
        case .auto: "auto"
        case .number(let number): "\(number)"
        }
    }
}

/// What the command line's values may be. The parser puts the option's name before these texts.
enum Options {
    static let workersMax = 1024
    static let drainSecondsMax: Int64 = 3600
    static let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    static func port(_ text: String) throws -> UInt16 {
        guard let port = UInt16(text) else {
            throw ValidationError("a port is a number from 0 to 65535, such as 8000")
        }
        return port
    }

    static func workers(_ text: String) throws -> WorkerCount {
        if text == "auto" { return .auto }
        guard let number = Int(text), (1...workersMax).contains(number) else {
            throw ValidationError("give auto or a number from 1 to \(workersMax)")
        }
        return .number(number)
    }

    static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text.lowercased()) else {
            throw ValidationError("give one of \(levels)")
        }
        return level
    }

    static func format(_ text: String) throws -> LogFormat {
        guard let format = LogFormat(rawValue: text) else { throw ValidationError("give text or json") }
        return format
    }

    static func drainSeconds(_ text: String) throws -> Int64 {
        guard let seconds = Int64(text), (0...drainSecondsMax).contains(seconds) else {
            throw ValidationError("give seconds from 0 to \(drainSecondsMax)")
        }
        return seconds
    }

    /// The machine's name; in a container, the container's.
    static var hostName: String {
        guard let line = FileReader.text("/proc/sys/kernel/hostname")?.split(separator: "\n").first else {
            return "app-server"
        }
        return String(line)
    }
}
