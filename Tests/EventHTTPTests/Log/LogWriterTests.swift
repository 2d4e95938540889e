// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventHTTP

/// A writer whose console and standard error are pipes, and a folder for its file.
private struct Bench {
    let folder = TemporaryFolder()
    let console = TestPipe()
    let warnings = TestPipe()
    let writer: LogWriter
    let file: String?

    init(
        _ file: (TemporaryFolder) -> String? = { $0.path + "/event.log" }, console wanted: Bool = true,
        ringBytes: Int = 4 << 20
    ) {
        self.file = file(folder)
        writer = LogWriter(
            options: LogOptions(console: wanted, file: self.file, ringBytes: ringBytes),
            consoleDescriptor: console.writeEnd, warningDescriptor: warnings.writeEnd)
    }

    var fileText: String { file.flatMap(textOfFile) ?? "" }
}

@Suite struct `A log writer` {
    @Test func `writes each line to the console and to the file`() {
        let bench = Bench()
        let channel = bench.writer.makeChannel()
        channel.write(text: "one\n")
        channel.write(text: "two\nthree\n")
        bench.writer.stop()
        #expect(bench.console.text() == "one\ntwo\nthree\n")
        #expect(bench.fileText == "one\ntwo\nthree\n")
        #expect(bench.warnings.text().isEmpty)
        #expect(bench.writer.droppedLines == 0)
    }

    @Test func `appends to a file that is there`() {
        let bench = Bench()
        bench.writer.makeChannel().write(text: "one\n")
        bench.writer.stop()
        let second = LogWriter(options: LogOptions(console: false, file: bench.file))
        second.makeChannel().write(text: "two\n")
        second.stop()
        #expect(bench.fileText == "one\ntwo\n")
    }

    @Test func `makes missing folders with mode 755`() {
        let bench = Bench { $0.path + "/a/b/event.log" }
        bench.writer.makeChannel().write(text: "one\n")
        bench.writer.stop()
        #expect(bench.fileText == "one\n")
        var status = stat()
        #expect(stat(bench.folder.path + "/a/b", &status) == 0)
        let mask = umask(0)
        umask(mask)
        #expect(status.st_mode & 0o777 == 0o755 & ~mask)
        #expect(bench.warnings.text().isEmpty)
    }

    @Test func `flushes everything on stop, from all channels, and takes a second stop`() {
        let bench = Bench(console: false)
        var expected: [String] = []
        for channel in 0..<4 {
            let producer = bench.writer.makeChannel()
            for index in 0..<2000 {
                producer.write(text: "channel \(channel) line \(index)\n")
                expected.append("channel \(channel) line \(index)")
            }
        }
        bench.writer.stop()
        bench.writer.stop()
        let all = lines(bench.fileText)
        #expect(all.sorted() == expected.sorted())
        for channel in 0..<4 {
            let own = all.filter { $0.hasPrefix("channel \(channel) ") }
            #expect(own == expected.filter { $0.hasPrefix("channel \(channel) ") })
        }
    }

    @Test func `counts lines that come after its end`() {
        let bench = Bench()
        let channel = bench.writer.makeChannel()
        bench.writer.stop()
        channel.write(text: "late\n")
        #expect(bench.writer.droppedLines == 1)
        #expect(bench.fileText.isEmpty)
    }

    @Test func `wakes for a lone line and forgets a channel that is gone`() {
        let bench = Bench()
        do {
            let channel = bench.writer.makeChannel()
            for index in 1...3 {
                #expect(eventually { bench.writer.core.state.load(ordering: .relaxed) == LogCore.State.parked })
                channel.write(text: "lone\n")
                #expect(eventually { lines(bench.fileText).count == index })
            }
            #expect(bench.writer.core.wakeups.load(ordering: .relaxed) == 3)
            #expect(bench.writer.core.currentRings().count == 2)
        }
        let other = bench.writer.makeChannel()
        other.write(text: "other\n")
        #expect(eventually { bench.writer.core.currentRings().count == 2 })
        bench.writer.stop()
    }

    @Test func `costs its producers no system call per line`() {
        let bench = Bench(console: false, ringBytes: 16 << 20)
        let channel = bench.writer.makeChannel()
        let startMs = LogSyscalls.monotonicMs()
        for index in 0..<50_000 { channel.write(text: "line \(index)\n") }
        let elapsedMs = LogSyscalls.monotonicMs() - startMs
        let wakeups = Int(bench.writer.core.wakeups.load(ordering: .relaxed))
        // The writer pauses after each round that moved something, so it parks at most once per pause.
        #expect(wakeups <= elapsedMs / Int(LogPump.pauseMs) + 1)
        bench.writer.stop()
        #expect(lines(bench.fileText).count == 50_000)
    }

    @Test func `goes on in a new file after a rename and a reopen`() {
        let bench = Bench()
        guard let file = bench.file else { return }
        let channel = bench.writer.makeChannel()
        channel.write(text: "one\n")
        #expect(eventually { bench.fileText == "one\n" })
        #expect(rename(file, file + ".1") == 0)
        channel.write(text: "two\n")
        #expect(eventually { textOfFile(file + ".1") == "one\ntwo\n" })
        bench.writer.reopen()
        #expect(eventually { textOfFile(file) != nil })
        channel.write(text: "three\n")
        bench.writer.stop()
        #expect(textOfFile(file + ".1") == "one\ntwo\n")
        #expect(bench.fileText == "three\n")
        #expect(bench.console.text() == "one\ntwo\nthree\n")
    }
}

@Suite struct `A log file that cannot be written` {
    @Test(arguments: [("/dev/full", ENOSPC), ("/proc/none/event.log", ENOENT), ("/dev/null/event.log", ENOTDIR)])
    func `is warned of once while the console goes on`(path: String, code: Int32) {
        let bench = Bench({ _ in path })
        let channel = bench.writer.makeChannel()
        for index in 1...20 {
            channel.write(text: "line \(index)\n")
            #expect(eventually { lines(bench.console.text()).count == index })
        }
        bench.writer.stop()
        let warnings = lines(bench.warnings.text())
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(" - proxy-log - WARNING - cannot write the log file \(path)") == true)
        #expect(warnings.first?.hasSuffix("\(LogSyscalls.errorText(code)) (errno \(code))") == true)
        #expect(bench.writer.droppedLines == 20)
    }

    @Test func `is done without if nobody asked for it`() {
        let folder = TemporaryFolder()
        let obstacle = folder.path + "/later"
        close(open(obstacle, O_CREAT | O_WRONLY, 0o644))
        let console = TestPipe()
        let warnings = TestPipe()
        var options = LogOptions(file: obstacle + "/event.log")
        #expect(!options.isFileOptional)
        options.isFileOptional = true
        let writer = LogWriter(
            options: options, consoleDescriptor: console.writeEnd, warningDescriptor: warnings.writeEnd)
        let channel = writer.makeChannel()
        channel.write(text: "one\n")
        #expect(eventually { console.text() == "one\n" })
        // There is a place for it now, and it is looked for when the log is opened again.
        #expect(unlink(obstacle) == 0)
        writer.reopen()
        #expect(eventually { textOfFile(obstacle + "/event.log") != nil })
        channel.write(text: "two\n")
        writer.stop()
        #expect(lines(warnings.text()).count == 1)
        #expect(warnings.text().contains(" - INFO - no log file, the console has every line: \(obstacle)/event.log: "))
        #expect(console.text() == "one\ntwo\n")
        #expect(textOfFile(obstacle + "/event.log") == "two\n")
        #expect(writer.droppedLines == 0)
        #expect(LogOptions().isFileOptional)
    }

    @Test func `is tried again and told of the lines it missed`() {
        let bench = Bench { $0.path + "/later/event.log" }
        bench.writer.stop()
        // A file where the folder should be.
        let folder = TemporaryFolder()
        let obstacle = folder.path + "/later"
        close(open(obstacle, O_CREAT | O_WRONLY, 0o644))
        let writer = LogWriter(
            options: LogOptions(console: false, file: obstacle + "/event.log"), consoleDescriptor: -1,
            warningDescriptor: bench.warnings.writeEnd)
        let channel = writer.makeChannel()
        channel.write(text: "lost\n")
        #expect(eventually { writer.droppedLines == 1 })
        #expect(unlink(obstacle) == 0)
        var written: UInt64 = 1
        #expect(
            eventually {
                channel.write(text: "line\n")
                written += 1
                return textOfFile(obstacle + "/event.log") != nil
            })
        writer.stop()
        let all = lines(textOfFile(obstacle + "/event.log"))
        let kept = UInt64(all.filter { $0 == "line" }.count)
        #expect(all.first?.contains(" log lines on the way to the file") == true)
        #expect(droppedInNotices(all) == writer.droppedLines)
        #expect(kept + writer.droppedLines == written)
    }
}

@Suite struct `A console that nobody reads` {
    /// 100 bytes with its number.
    private static func line(_ index: Int) -> String {
        let number = String(index)
        return "line " + number + " " + String(repeating: "x", count: 93 - number.count) + "\n"
    }

    @Test(arguments: [false, true])
    func `never stops the producer, and the lost lines are told of`(isNonBlocking: Bool) {
        let bench = Bench({ _ in nil }, ringBytes: 64 * 1024)
        if isNonBlocking { _ = fcntl(bench.console.writeEnd, F_SETFL, O_NONBLOCK) }
        let channel = bench.writer.makeChannel()
        let total = 20_000
        for index in 0..<total { channel.write(text: Self.line(index)) }
        #expect(bench.writer.droppedLines > 0)
        // Reading it makes room: a notice follows, and all is accounted for.
        #expect(
            eventually {
                let all = lines(bench.console.text())
                let kept = UInt64(all.filter { $0.hasPrefix("line ") && $0.utf8.count == 99 }.count)
                return kept + droppedInNotices(all) == UInt64(total)
            })
        channel.write(text: "last\n")
        bench.writer.stop()
        let all = lines(bench.console.text())
        #expect(all.last == "last")
        let torn = all.filter { !$0.contains(" - proxy-log - WARNING - dropped ") && $0.utf8.count != 99 }
        #expect(torn == ["last"])
        #expect(droppedInNotices(all) == bench.writer.droppedLines)
    }

    @Test func `leaves the file complete`() {
        let bench = Bench(ringBytes: 64 * 1024)
        let channel = bench.writer.makeChannel()
        for batch in 0..<20 {
            for index in 0..<200 { channel.write(text: Self.line(batch * 200 + index)) }
            #expect(eventually { sizeOfFile(bench.file ?? "") >= (batch + 1) * 200 * 100 })
        }
        #expect(bench.writer.droppedLines > 0)
        bench.writer.stop()
        #expect(lines(bench.fileText) == (0..<4000).map { String(Self.line($0).dropLast()) })
    }

    @Test func `holds a stop up for about a second at most`() {
        let bench = Bench({ _ in nil }, ringBytes: 64 * 1024)
        let channel = bench.writer.makeChannel()
        for index in 0..<1000 { channel.write(text: Self.line(index)) }
        let startMs = LogSyscalls.monotonicMs()
        bench.writer.stop()
        #expect(LogSyscalls.monotonicMs() - startMs < 2000)
        // What the pipe took may end in half a line, which counts as dropped.
        let kept = bench.console.text().utf8.filter { $0 == 10 }.count
        #expect(UInt64(kept) + bench.writer.droppedLines == 1000)
    }

    @Test func `is turned off when it is closed, while the file goes on`() {
        let bench = Bench()
        bench.console.closeReadEnd()
        let channel = bench.writer.makeChannel()
        channel.write(text: "one\n")
        #expect(eventually { bench.fileText == "one\n" })
        channel.write(text: "two\n")
        bench.writer.stop()
        #expect(bench.fileText == "one\ntwo\n")
        let warnings = lines(bench.warnings.text())
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("standard output is closed") == true)
        #expect(bench.writer.droppedLines == 0)
    }
}
