// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import EventHTTP
internal import Glibc
internal import Logging

/// The demonstration server: it answers, and it can be asked to fail in many ways.
@main
struct AppServer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "app-server",
        abstract: "Answers every GET with a message, and fails on request: a server to put behind a proxy.",
        discussion: """
            Endpoints:
              any path                GET, HEAD: 200 and {"message": "you got this!"}
              /fail                   GET: the process ends at once, without an answer
              /status/{code}          that status, 200 to 599
              /outage/{code}          every answer has that status from now on, until /outage/end
              /delay/{milliseconds}   the message after a while, up to 600000
              /bytes/{n}              n bytes, up to 1 TiB
              /echo                   any method: the request as JSON, content up to 1 MiB
              /livez /readyz /startupz   200, or 503 and why

            Signals: TERM, after --drain-delay, and INT finish what is in flight and end, a second one ends at once; \
            USR1 reopens the log.

            Examples:
              app-server
              app-server --port 8001 --name app-1 --log-file ''
              app-server --address 127.0.0.1 --workers 2 --log-format json --log-level info
              app-server probe http://127.0.0.1:8000/readyz
              curl -i http://127.0.0.1:8000/
            """,
        version: BuildInfo.version,
        subcommands: [ProbeCommand.self])

    @Option(help: "The IPv4 or IPv6 address to listen on; :: serves both.")
    var address = "0.0.0.0"

    @Option(
        help: "The port to listen on; 0 takes a free one, which the log tells. (default: 8000)", transform: Options.port
    )
    var port: UInt16 = 8000

    @Option(
        help: "Event loops, a thread for each: a number, or auto for the processors granted. (default: auto)",
        transform: Options.workers)
    var workers: WorkerCount = .auto

    @Option(help: "What this server calls itself in its log and in /echo. (default: the machine's name)")
    var name: String?

    @Option(
        help: "The least severe lines to log: \(Options.levels). Access lines are debug. (default: debug)",
        transform: Options.level)
    var logLevel: Logger.Level = .debug

    @Option(help: "How log lines look: text or json. (default: text)", transform: Options.format)
    var logFormat: LogFormat = .text

    @Option(help: "The file that log lines are appended to, beside standard output; '' for none.")
    var logFile = LogOptions.defaultFile

    @Option(
        help: "Told to stop, go on accepting for this many seconds with /readyz at 503, then finish. (default: 0)",
        transform: Options.drainSeconds)
    var drainDelay: Int64 = 0

    @Option(
        help: "After that, how many seconds requests in flight may take; then they are cut. (default: 30)",
        transform: Options.drainSeconds)
    var drainTimeout: Int64 = 30

    func validate() throws {
        if SocketAddress(address, port: port) == nil {
            throw ValidationError(
                "--address \(address): not an IPv4 or IPv6 address; give one such as 0.0.0.0, 127.0.0.1 or ::1.")
        }
    }

    func run() throws {
        guard let address = SocketAddress(address, port: port) else { preconditionFailure("validated") }
        LoopGroup.hold(SIGUSR1)
        OpenFiles.raiseLimit()
        let workers = workers.count
        let sockets: [ListeningSocket]
        do {
            sockets = try ListeningSocket.perWorker(workers, on: address)
        } catch {
            throw StartFailure(description: "\(error)")
        }
        AppRun(
            name: name ?? Options.hostName, sockets: sockets, drainDelayMs: drainDelay * 1000,
            drainTimeoutMs: drainTimeout * 1000,
            log: LogOptions(
                file: logFile.isEmpty ? nil : logFile, format: logFormat, level: logLevel, name: "app-log")
        ).run()
    }
}

/// An error whose text is all there is to say; the exit status is 1.
struct StartFailure: Error, CustomStringConvertible {
    let description: String
}
