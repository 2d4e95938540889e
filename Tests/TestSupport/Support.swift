// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Seconds of a clock that nobody sets.
package func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

package func sleep(seconds: Double) {
    usleep(UInt32(seconds * 1_000_000))
}

/// Looks again and again until there is a value; throws when the time is up.
package func eventually<Value>(_ seconds: Double = 10, _ what: String, _ look: () throws -> Value?) throws -> Value {
    let deadline = now() + seconds
    while true {
        if let value = try look() { return value }
        if now() > deadline { throw TestFailure("waited \(seconds) s for \(what)") }
        usleep(5_000)
    }
}

/// Small files, whole.
package enum Files {
    /// The text of a file; empty when there is none.
    package static func text(_ path: String) -> String {
        guard let file = fopen(path, "re") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }

    package static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "we") else { throw TestFailure("cannot write \(path)") }
        defer { fclose(file) }
        fputs(text, file)
    }

    package static func lines(_ path: String) -> [Substring] { text(path).split(separator: "\n") }
}

/// A folder of its own for a test, removed with all files in it when the test lets it go.
package final class TemporaryFolder {
    package let path: String

    package init() {
        var template = Array("/tmp/eventhttp-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { fatalError("mkdtemp: errno \(errno)") }
        path = String(cString: made)
    }

    deinit {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                unlink(path + "/" + name)
            }
            closedir(folder)
        }
        rmdir(path)
    }

    package func path(_ name: String) -> String { path + "/" + name }
}

/// The executables of this package, which are built beside the tests.
package enum Executable {
    package static func path(_ name: String) throws -> String {
        // The test bundle is loaded into some runner: the kernel knows from where.
        for line in Files.lines("/proc/self/maps") {
            guard let start = line.firstIndex(of: "/"), line.contains(".xctest") else { continue }
            let folder = line[start...].split(separator: "/").dropLast().joined(separator: "/")
            let path = "/" + folder + "/" + name
            if access(path, X_OK) == 0 { return path }
        }
        throw TestFailure("\(name) is not built beside the tests: run `swift build` first")
    }
}
