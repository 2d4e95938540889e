// SPDX-License-Identifier: Apache-2.0
// The two places lines go. Both belong to the writer thread; neither may ever hold it up for long.
internal import Glibc
internal import Logging
internal import Synchronization

/// Says on standard error what is wrong with the log itself.
struct LogAlert: ~Copyable {
    private let name: String
    private let descriptor: Int32
    private var warned: Set<Int32> = []

    init(name: String, descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
    }

    /// Warns unless this errno was warned of before.
    mutating func once(_ code: Int32, _ what: String) {
        guard warned.insert(code).inserted else { return }
        warn("\(what): \(LogSyscalls.errorText(code)) (errno \(code))")
    }

    /// Lets every errno be warned of again.
    mutating func forget() { warned.removeAll() }

    /// Best effort: nothing is said to a standard error that takes no bytes now.
    func warn(_ text: String, level: Logger.Level = .warning) {
        guard LogSyscalls.wait(readable: -1, writable: descriptor, timeoutMs: 0).writable else { return }
        var line = FixedBytes(capacityBytes: ConsoleSink.chunkBytesMax)
        var clock = LogClock(format: .text)
        line.begin(.text, name: name, level: level, time: LogSyscalls.now(), clock: &clock)
        line.appendMessage(text, .text, limit: 2048)
        line.end(.text)
        _ = LogSyscalls.write(descriptor, line.span)
    }
}

/// The file. Whatever is wrong with it is warned of and tried again later; its lines are lost meanwhile.
struct FileSink: ~Copyable {
    /// How long a failure is left alone.
    static let retryMs = 1000

    private let core: LogCore
    private let path: String
    private var alert: LogAlert
    private var descriptor: Int32 = -1
    private var retryAtMs = Int.min
    /// Lines lost that the file was not told of.
    private var lost: UInt64 = 0
    /// Whether the file ends in half a line.
    private var isTorn = false
    /// Set where there is no place for a file that nobody asked for: the console is enough until the next `reopen`.
    private var isWaived = false

    init(path: String, core: LogCore, warnings: Int32) {
        self.path = path
        self.core = core
        alert = LogAlert(name: core.options.name, descriptor: warnings)
    }

    deinit { if descriptor >= 0 { LogSyscalls.closeDescriptor(descriptor) } }

    /// Opens now rather than with the first line, so that a wrong path is told of at the start.
    mutating func open() {
        let code = tryToOpen()
        isWaived = code != 0 && core.options.isFileOptional && core.options.console
        guard code != 0 else { return }
        guard isWaived else { return fail(code, LogSyscalls.monotonicMs()) }
        if core.options.level <= .info {
            alert.warn("no log file, the console has every line: \(path): \(LogSyscalls.errorText(code))", level: .info)
        }
    }

    /// Closes the file and opens whatever has its name now.
    mutating func reopen() {
        close()
        alert.forget()
        retryAtMs = Int.min
        open()
    }

    /// Appends whole lines, or counts those that could not be.
    mutating func write(_ lines: Span<UInt8>, nowMs: Int = LogSyscalls.monotonicMs()) {
        guard !lines.isEmpty, !isWaived else { return }
        guard isOpen(nowMs), writeNotice(nowMs) else { return lose(lineCount(lines)) }
        let written = writeAll(lines, nowMs)
        if written < lines.count { lose(lineCount(lines.extracting(written..<lines.count))) }
    }

    /// Takes note of lines that were lost before they came here.
    mutating func note(lost count: UInt64) { lost += count }

    /// Tells the file of lost lines if it can be written.
    mutating func settle() {
        if lost > 0, descriptor >= 0 { _ = writeNotice(LogSyscalls.monotonicMs()) }
    }

    private mutating func writeNotice(_ nowMs: Int) -> Bool {
        guard lost > 0 || isTorn else { return true }
        var notice = FixedBytes(capacityBytes: 512)
        if isTorn { notice.append(UInt8(ascii: "\n")) }
        if lost > 0 { notice.appendDropNotice(lost, "to the file", core.options) }
        guard writeAll(notice.span, nowMs) == notice.count else { return false }
        lost = 0
        return true
    }

    private mutating func writeAll(_ bytes: Span<UInt8>, _ nowMs: Int) -> Int {
        var written = 0
        while written < bytes.count {
            let result = LogSyscalls.write(descriptor, bytes.extracting(written..<bytes.count))
            guard result > 0 else {
                fail(result < 0 ? Int32(-result) : EIO, nowMs)
                break
            }
            written += result
        }
        if written > 0 { isTorn = bytes[written - 1] != UInt8(ascii: "\n") }
        return written
    }

    private mutating func isOpen(_ nowMs: Int) -> Bool {
        if descriptor >= 0 { return true }
        guard nowMs >= retryAtMs else { return false }
        let code = tryToOpen()
        if code != 0 { fail(code, nowMs) }
        return code == 0
    }

    /// Opens the file, in a folder that is made if it is missing. Returns 0 or an errno.
    private mutating func tryToOpen() -> Int32 {
        var result = LogSyscalls.openForAppending(path)
        if result == -ENOENT {
            let made = LogSyscalls.makeFolders(for: path)
            result = made < 0 ? made : LogSyscalls.openForAppending(path)
        }
        guard result >= 0 else { return -result }
        descriptor = result
        return 0
    }

    private mutating func fail(_ code: Int32, _ nowMs: Int) {
        close()
        retryAtMs = nowMs + Self.retryMs
        alert.once(code, "cannot write the log file \(path), its lines are dropped until it can be")
    }

    private mutating func close() {
        if descriptor >= 0 { LogSyscalls.closeDescriptor(descriptor) }
        descriptor = -1
    }

    private mutating func lose(_ count: UInt64) {
        lost += count
        core.dropped.wrappingAdd(count, ordering: .relaxed)
    }
}

/// Standard output. It may be a pipe that nobody reads, so lines wait in a ring of their own, and the file goes on.
struct ConsoleSink: ~Copyable {
    /// PIPE_BUF: a pipe that poll calls writable takes this much without blocking, even if O_NONBLOCK is not set
    /// (and it is not ours to set: the terminal belongs to the shell as well).
    static let chunkBytesMax = 4096

    private let core: LogCore
    private let descriptor: Int32
    private let backlog: ByteRing
    private var alert: LogAlert
    /// Lines lost that no notice tells of yet.
    private var lost: UInt64 = 0
    /// The notices that still wait: where each ends (in bytes queued since the start), and what it tells.
    private var notices: [(end: Int, lines: UInt64, lost: UInt64)] = []
    private var bytesWritten = 0
    private var isTorn = false
    /// Set when nobody can read it any more.
    private(set) var isOff = false
    /// Whether the last push wrote anything.
    private(set) var isMoving = false
    /// Whether it said it would take bytes and then did not: waiting for it to be writable would spin.
    private(set) var isFickle = false

    init(descriptor: Int32, core: LogCore, warnings: Int32) {
        self.descriptor = descriptor
        self.core = core
        backlog = ByteRing(capacityBytes: max(core.options.ringBytes, LogOptions.ringBytesMin))
        alert = LogAlert(name: core.options.name, descriptor: warnings)
    }

    /// Whether lines wait.
    var hasBacklog: Bool { !isOff && backlog.readable > 0 }

    /// What to wait for until it takes bytes again; -1 when there is nothing to wait for.
    var waitDescriptor: Int32 { hasBacklog && !isFickle ? descriptor : -1 }

    /// Queues whole lines; those that do not fit are counted.
    mutating func enqueue(_ lines: Span<UInt8>) {
        guard !isOff, !lines.isEmpty else { return }
        guard enqueueNotice() else { return lose(lineCount(lines)) }
        if backlog.tryWrite(lines) { return }
        var kept = min(backlog.free, lines.count)
        while kept > 0, lines[kept - 1] != UInt8(ascii: "\n") { kept -= 1 }
        if kept > 0 { _ = backlog.tryWrite(lines.extracting(0..<kept)) }
        lose(lineCount(lines.extracting(kept..<lines.count)))
    }

    /// Takes note of lines that were lost before they came here.
    mutating func note(lost count: UInt64) { if !isOff { lost += count } }

    /// Writes what the console takes without waiting.
    mutating func push() {
        isMoving = false
        isFickle = false
        while !isOff {
            _ = enqueueNotice()
            guard backlog.readable > 0 else { return }
            guard LogSyscalls.wait(readable: -1, writable: descriptor, timeoutMs: 0).writable else { return }
            var result = 0
            var endsLine = true
            backlog.read(upTo: Self.chunkBytesMax) { bytes in
                result = LogSyscalls.write(descriptor, bytes)
                guard result > 0 else { return 0 }
                endsLine = bytes[result - 1] == UInt8(ascii: "\n")
                return result
            }
            if result > 0 {
                isTorn = !endsLine
                isMoving = true
                bytesWritten += result
                while let first = notices.first, first.end <= bytesWritten { notices.removeFirst() }
            } else if result == 0 || result == -Int(EAGAIN) {
                isFickle = true
                return
            } else {
                fail(Int32(-result))
            }
        }
    }

    /// Counts what still waits as lost: the process ends.
    mutating func abandon() {
        guard hasBacklog else { return }
        lose(discard())
    }

    /// After a loss nothing is taken until half of the backlog is free again: one notice for many lines, not for each.
    private mutating func enqueueNotice() -> Bool {
        guard lost > 0 else { return true }
        guard backlog.readable <= backlog.capacity / 2 else { return false }
        var notice = FixedBytes(capacityBytes: 512)
        // Whatever waits follows the torn line; only an empty backlog leaves it half.
        let endsTornLine = isTorn && backlog.readable == 0
        if endsTornLine { notice.append(UInt8(ascii: "\n")) }
        notice.appendDropNotice(lost, "to the console", core.options)
        guard backlog.tryWrite(notice.span) else { return false }
        notices.append((bytesWritten + backlog.readable, endsTornLine ? 2 : 1, lost))
        lost = 0
        return true
    }

    private mutating func fail(_ code: Int32) {
        let waiting = discard()
        if code == EPIPE || code == EBADF {
            isOff = true
            alert.once(code, "standard output is closed, log lines go on without it")
        } else {
            lose(waiting)
            alert.once(code, "cannot write log lines to standard output")
        }
    }

    /// Empties the backlog and says how many lines that were; what lost notices would have told is to be told again.
    private mutating func discard() -> UInt64 {
        var count: UInt64 = 0
        bytesWritten += backlog.readable
        while backlog.readable > 0 {
            backlog.read { bytes in
                count += lineCount(bytes)
                return bytes.count
            }
        }
        for notice in notices {
            count -= notice.lines
            lost += notice.lost
        }
        notices.removeAll()
        return count
    }

    private mutating func lose(_ count: UInt64) {
        lost += count
        core.dropped.wrappingAdd(count, ordering: .relaxed)
    }
}
