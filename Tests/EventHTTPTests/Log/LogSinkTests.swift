// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventHTTP

/// The places lines go, without the thread that writes there.
@Suite struct `A sink of the log` {
    private let folder = TemporaryFolder()
    private let console = TestPipe()
    private let warnings = TestPipe()

    private func core(ringBytes: Int = LogOptions.ringBytesMin) -> LogCore {
        LogCore(options: LogOptions(console: true, file: nil, ringBytes: ringBytes))
    }

    private func file(_ path: String) -> FileSink {
        FileSink(path: path, core: core(), warnings: warnings.writeEnd)
    }

    @Test func `tells the file of lines that were lost, though no other line follows`() {
        let path = folder.path + "/event.log"
        var sink = file(path)
        sink.open()
        sink.note(lost: 3)
        sink.settle()
        #expect(droppedInNotices(lines(textOfFile(path))) == 3)
    }

    @Test func `leaves a file alone for a second that cannot be opened`() {
        let obstacle = folder.path + "/later"
        close(open(obstacle, O_CREAT | O_WRONLY, 0o644))
        var sink = file(obstacle + "/event.log")
        sink.open()
        #expect(unlink(obstacle) == 0)
        // It failed just now, or a while ago if this thread has been kept waiting.
        let nowMs = LogSyscalls.monotonicMs() - FileSink.retryMs
        sink.write(Array("one\n".utf8).span, nowMs: nowMs)
        #expect(textOfFile(obstacle + "/event.log") == nil)
        sink.write(Array("two\n".utf8).span, nowMs: nowMs + 60_000)
        #expect(lines(textOfFile(obstacle + "/event.log")).last == "two")
    }

    @Test func `ends a line that was cut before it writes another`() {
        // A FIFO takes a part and then no more, as a disk does that is full.
        let path = folder.path + "/event.log"
        #expect(mkfifo(path, 0o644) == 0)
        let reader = open(path, O_RDWR | O_NONBLOCK)
        defer { close(reader) }
        var sink = file(path)
        sink.open()
        let line = String(repeating: "x", count: 999) + "\n"
        sink.write(Array(String(repeating: line, count: 200).utf8).span)
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(reader, &piece, piece.count)
        #expect(count > 0 && count % 1_000 != 0, "cut within a line")
        sink.write(Array("next\n".utf8).span, nowMs: LogSyscalls.monotonicMs() + 60_000)
        let rest = read(reader, &piece, piece.count)
        #expect(rest > 0 && piece[0] == UInt8(ascii: "\n"))
        #expect(lines(String(decoding: piece[..<max(rest, 0)], as: UTF8.self)).last == "next")
    }

    @Test func `keeps whole lines for a console that takes no more`() {
        var sink = ConsoleSink(descriptor: console.writeEnd, core: core(), warnings: warnings.writeEnd)
        let line = String(repeating: "x", count: 98) + "\n"
        sink.enqueue(Array(String(repeating: line, count: 2 * LogOptions.ringBytesMin / 99).utf8).span)
        var all = ""
        repeat {
            sink.push()
            all = console.text()
        } while sink.hasBacklog
        let kept = lines(all)
        #expect(kept.count > 600 && kept.first?.utf8.count == 98)
        #expect(kept.filter { $0.utf8.count != 98 }.count == 1, "the notice: no line is cut")
        #expect(kept.last?.contains(" - proxy-log - WARNING - dropped ") == true && kept.last?.first != "x")
    }

    @Test func `ends in time though the console takes nothing`() {
        let core = core(ringBytes: 1 << 20)
        let channel = LogChannel(core: core)
        for _ in 0..<1_000 { channel.write(text: String(repeating: "x", count: 199) + "\n") }
        core.stopRequested.store(true, ordering: .releasing)
        LogPump.run(core: core, consoleDescriptor: console.writeEnd, warningDescriptor: warnings.writeEnd)
        #expect(core.dropped.load(ordering: .relaxed) > 0)
    }
}
