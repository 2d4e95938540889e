// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventHTTP

/// A folder of its own for one test, gone with the value.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/eventhttp-log-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { fatalError("mkdtemp: errno \(errno)") }
        path = String(cString: made)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove(path + "/" + name) }
            }
            closedir(folder)
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}

/// A pipe in the place of standard output or standard error. The writing end blocks, as a shell's pipe does.
final class TestPipe: @unchecked Sendable {
    private(set) var readEnd: Int32
    let writeEnd: Int32
    private var received: [UInt8] = []

    init() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { fatalError("pipe: errno \(errno)") }
        readEnd = ends[0]
        writeEnd = ends[1]
        _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
    }

    deinit {
        if readEnd >= 0 { close(readEnd) }
        close(writeEnd)
    }

    func closeReadEnd() {
        close(readEnd)
        readEnd = -1
    }

    /// Everything that arrived so far.
    func text() -> String {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(readEnd, &chunk, chunk.count)
            guard count > 0 else { break }
            received += chunk[0..<count]
        }
        return String(decoding: received, as: UTF8.self)
    }
}

/// The text of a file, or nil if there is none.
func textOfFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        guard count > 0 else { return String(decoding: all, as: UTF8.self) }
        all += chunk[0..<count]
    }
}

func writeFile(_ path: String, _ content: [UInt8]) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    defer { close(descriptor) }
    #expect(write(descriptor, content, content.count) == content.count)
}

func sizeOfFile(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
}

/// The lines of a text, without the newlines.
func lines(_ text: String?) -> [String] {
    (text ?? "").split(separator: "\n").map(String.init)
}

/// Looks at a condition until it holds or the time is over; says whether it held.
func eventually(withinMs limitMs: Int = 10_000, _ condition: () -> Bool) -> Bool {
    let deadlineMs = LogSyscalls.monotonicMs() + limitMs
    while !condition() {
        if LogSyscalls.monotonicMs() > deadlineMs { return false }
        usleep(1000)
    }
    return true
}

/// The number after "dropped" in each notice, added up.
func droppedInNotices(_ lines: [String]) -> UInt64 {
    lines.reduce(0) { sum, line in
        guard let tail = line.split(separator: "WARNING - dropped ").last, line.contains("WARNING - dropped "),
            let number = tail.split(separator: " ").first.flatMap({ UInt64($0) })
        else { return sum }
        return sum + number
    }
}

extension LogChannel {
    func write(text: String) {
        let bytes = Array(text.utf8)
        write(bytes.span)
    }
}

/// A log without a writer thread: what producers queued can be looked at.
struct StillLog {
    let core: LogCore

    init(_ options: LogOptions = LogOptions(console: false, file: nil)) { core = LogCore(options: options) }

    /// Takes everything queued so far, ring after ring.
    func take() -> String {
        var text = ""
        for ring in core.currentRings() {
            while ring.bytes.readable > 0 {
                var piece: [UInt8] = []
                ring.bytes.read { bytes in
                    for index in bytes.indices { piece.append(bytes[index]) }
                    return bytes.count
                }
                text += String(decoding: piece, as: UTF8.self)
            }
        }
        return text
    }
}
