// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What a test could not wait for, or what did not work around it.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// How a process ended.
package enum ProcessEnd: Equatable {
    case exited(Int32)
    case killed(Int32)
}

/// A process that a test started. What it prints goes to a file. It is killed, by its number, when the test lets it go.
package final class ChildProcess {
    package let pid: pid_t
    /// Where standard output and standard error go, as they come.
    package let outputPath: String
    private var end: ProcessEnd?

    /// Starts a program: a path, or a name that is looked up. All signals have their default action in it.
    package init(_ program: String, _ arguments: [String], outputPath: String) throws {
        self.outputPath = outputPath
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        let words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, program, &actions, &attributes, words, environ)
        guard status == 0 else { throw TestFailure("cannot start \(program): \(String(cString: strerror(status)))") }
        self.pid = pid
    }

    deinit {
        guard end == nil else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    }

    package var output: String { Files.text(outputPath) }

    package func signal(_ number: Int32) {
        if poll() == nil { kill(pid, number) }
    }

    /// How it ended, if it has.
    package func poll() -> ProcessEnd? {
        if let end { return end }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        end = status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .killed(status & 0x7f)
        return end
    }

    /// Waits for its end.
    package func waitForEnd(seconds: Double = 20) throws -> ProcessEnd {
        try eventually(seconds, "the end of process \(pid)") { self.poll() }
    }

    /// The most memory it has had resident so far.
    package func peakResidentBytes() throws -> Int {
        let line = Files.text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(separator: " ").dropFirst().first(where: { !$0.isEmpty }).flatMap({ Int($0) })
        else { throw TestFailure("no memory figures of process \(pid)") }
        return kilobytes * 1024
    }
}

/// The one signal-safe way to look up the environment that posix_spawn takes.
private nonisolated(unsafe) let environ = Glibc.environ

/// Runs a program to its end and gives what it printed.
package func run(
    _ program: String, _ arguments: [String], seconds: Double = 20
) throws -> (end: ProcessEnd, output: String) {
    let folder = TemporaryFolder()
    let process = try ChildProcess(program, arguments, outputPath: folder.path("output"))
    let end = try process.waitForEnd(seconds: seconds)
    return (end, process.output)
}

/// Runs curl silently and gives what it printed; fails when curl does.
package func curl(_ arguments: String...) throws -> String {
    let result = try run("curl", ["--silent", "--show-error", "--max-time", "15"] + arguments)
    guard result.end == .exited(0) else { throw TestFailure("curl \(arguments): \(result.end) \(result.output)") }
    return result.output
}
