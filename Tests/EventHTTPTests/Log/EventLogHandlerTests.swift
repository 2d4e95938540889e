// SPDX-License-Identifier: Apache-2.0
import Logging
import Testing

@testable import EventHTTP

private struct Oops: Error {}

@Suite struct `The swift-log handler` {
    private static func event(
        _ message: Logger.Message, _ metadata: Logger.Metadata? = nil, level: Logger.Level = .info,
        error: (any Error)? = nil
    ) -> LogEvent {
        LogEvent(
            level: level, message: message, error: error, metadata: metadata, source: nil, file: "f", function: "g",
            line: 1)
    }

    /// What one event makes of a file, its time cut off.
    private static func line(_ format: LogFormat, _ event: LogEvent, base: Logger.Metadata = [:]) -> String {
        let folder = TemporaryFolder()
        let path = folder.path + "/event.log"
        let writer = LogWriter(options: LogOptions(console: false, file: path, format: format))
        var handler = EventLogHandler(label: "test", writer: writer)
        handler.metadata = base
        handler.log(event: event)
        writer.stop()
        let text = textOfFile(path) ?? ""
        let start = text.firstRange(of: format == .text ? "] - " : "Z\",")?.upperBound ?? text.startIndex
        return String(text[start...])
    }

    @Test(arguments: [
        (event("hello"), "test - INFO - hello\n"),
        (event("late", level: .trace), "test - TRACE - late\n"),
        (event("late", level: .critical), "test - CRITICAL - late\n"),
        (
            event("up", ["z": "1", "a": "two words", "q": "say \"hi\"", "e": ""]),
            "test - INFO - up a=\"two words\" e=\"\" q=\"say \\\"hi\\\"\" z=1\n"
        ),
        (
            event("a\nb\u{1B}\u{85}\u{2028}\u{202E}é \"q\""),
            "test - INFO - a\\x0ab\\x1b\\x85\\u{2028}\\u{202e}é \"q\"\n"
        ),
        (event("nested", ["l": ["1", "2"]]), "test - INFO - nested l=\"[\\\"1\\\", \\\"2\\\"]\"\n"),
    ])
    func `writes text lines of this shape`(event: LogEvent, line: String) {
        #expect(Self.line(.text, event) == line)
    }

    @Test(arguments: [
        (event("hello"), #""level":"INFO","logger":"test","message":"hello"}"#),
        (
            event("a\n\"é😀\"", ["k": "v\\", "a": "1"]),
            #""level":"INFO","logger":"test","message":"a\u000a\"\u00e9\ud83d\ude00\"","metadata":{"a":"1","k":"v\\"}}"#
        ),
    ])
    func `writes JSON lines of this shape`(event: LogEvent, line: String) {
        #expect(Self.line(.json, event) == line + "\n")
    }

    @Test func `lets the event's metadata win and adds its error`() {
        let event = Self.event("m", ["a": "event"], level: .error, error: Oops())
        let line = Self.line(.text, event, base: ["a": "base", "b": "base"])
        #expect(line.hasPrefix("test - ERROR - m a=event b=base error.message=Oops() error.type="))
    }

    @Test(arguments: LogFormat.allCases)
    func `cuts what is too long and ends the line as ever`(format: LogFormat) {
        var metadata: Logger.Metadata = [:]
        for index in 0..<100 {
            metadata["key\(index)" + String(repeating: "k", count: 200)] = "\(String(repeating: "😀", count: 4000))"
        }
        let message = Logger.Message(stringLiteral: String(repeating: "é\n", count: 20_000))
        let line = Self.line(format, Self.event(message, metadata))
        #expect(line.utf8.count <= EventLogHandler.lineBytesMax)
        #expect(line.hasSuffix(format == .text ? "…\n" : "…\"}}\n"))
    }

    @Test func `is a value: a copy's level and metadata are its own`() {
        let writer = LogWriter(options: LogOptions(console: false, file: nil, level: .notice))
        var first = EventLogHandler(label: "first", writer: writer)
        #expect(first.logLevel == .notice)
        first[metadataKey: "k"] = "1"
        var second = first
        second.logLevel = .error
        second[metadataKey: "k"] = "2"
        #expect(first.logLevel == .notice)
        #expect(first[metadataKey: "k"] == "1")
    }

    @Test func `takes whole lines from many threads at once`() {
        let folder = TemporaryFolder()
        let path = folder.path + "/event.log"
        let writer = LogWriter(options: LogOptions(console: false, file: path, ringBytes: 4 << 20))
        let logger = Logger(label: "many") { EventLogHandler(label: $0, writer: writer) }
        let threads = (0..<4).compactMap { thread in
            SystemThread.start("test") {
                for index in 0..<500 { logger.info("line", metadata: ["t": "\(thread)", "i": "\(index)"]) }
            }.thread
        }
        for thread in threads { thread.join() }
        writer.stop()
        var next = [0, 0, 0, 0]
        let all = lines(textOfFile(path))
        for line in all {
            let fields = line.split(separator: " ")
            guard let thread = fields.last.flatMap({ Int($0.dropFirst(2)) }), next.indices.contains(thread) else {
                Issue.record("torn line: \(line)")
                continue
            }
            #expect(line.hasSuffix(" - many - INFO - line i=\(next[thread]) t=\(thread)"))
            next[thread] += 1
        }
        #expect(next == [500, 500, 500, 500])
        #expect(writer.droppedLines == 0)
    }
}
