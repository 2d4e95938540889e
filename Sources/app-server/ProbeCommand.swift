// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import EventHTTP

/// `probe`, as `proxy-server probe` is: whether a server is well, for health checks in images that have no shell.
struct ProbeCommand: ParsableCommand {
    /// How the command is called, and its help.
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Ask a server whether it is well: exit status 0 when the URL answers 2xx, else 1.",
        discussion: """
            A failure is one line on standard error. Redirects are not followed: they are failures.

            EXAMPLES
              app-server probe http://127.0.0.1:8000/readyz
              HEALTHCHECK CMD ["/usr/local/bin/app-server", "probe", "http://127.0.0.1:8000/livez"]
            """)

    @Argument(help: "http://HOST[:PORT][/PATH]; HOST is a name, an IPv4 address, or an IPv6 address in brackets.")
    var url: String

    @Option(help: "How many seconds the answer may take.")
    var timeout = 2.0

    /// Refuses what cannot be asked for, before anything is sent.
    func validate() throws {
        if Probe.timeoutMs(seconds: timeout) == nil {
            throw ValidationError("--timeout \(timeout): \(Probe.timeoutRemedy).")
        }
    }

    /// Asks; ends the process with status 1 if the answer is not good.
    func run() throws {
        guard let timeoutMs = Probe.timeoutMs(seconds: timeout) else { return }
        throw ExitCode(Probe.command(url, timeoutMs: timeoutMs))
    }
}
