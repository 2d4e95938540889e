// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Glibc
internal import Logging

/// A proxy as a process: what proxy-server is, and what a program of your own is with a ``ProxyPolicy``.
public enum Proxy {
    /// Does what the command line asks for, and ends the process: serves what the configuration file says, and as
    /// `policy` says, until the process is told to stop.
    ///
    /// `policy` makes the policy of one loop, on that loop's thread; there are as many as `proxy.workers` says. All
    /// else is as for proxy-server: the options and subcommands (`--help` lists them), the log, reloads, the admin
    /// listener and the signals. `path` is the file that is served unless `--config` names another; a relative one is
    /// looked for in the working directory. A program with options of its own passes `arguments` without them. What is
    /// no option of either is refused.
    ///
    /// The status is 0 when the process has been told to stop and requests in flight have finished, 2 if the
    /// configuration is not right, 64 if the command line is not, and 1 if nothing can be served, each with the reason
    /// on the standard error. The proxy calls itself what the program is called.
    public static func main<Policy: ProxyPolicy>(
        config path: String = "config.yaml", arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        policy: @escaping @Sendable () -> Policy
    ) -> Never {
        exit(run(arguments, path) { PolicyBox(policy()) })
    }

    /// The same without a policy.
    public static func main(
        config path: String = "config.yaml", arguments: [String] = Array(CommandLine.arguments.dropFirst())
    ) -> Never {
        exit(run(arguments, path) { nil })
    }

    /// What the program was called as: proxy-server, or whatever has a policy.
    static let programName = CommandLine.arguments.first?.split(separator: "/").last.map { String($0) } ?? "proxy"
    /// EX_USAGE of sysexits.h, as swift-argument-parser has it.
    private static let usageStatus: Int32 = 64

    private static func run(
        _ arguments: [String], _ config: String, _ policy: @escaping @Sendable () -> AnyPolicy?
    ) -> Int32 {
        do throws(ProxyCommand.Refusal) {
            switch try ProxyCommand(arguments, config: config) {
            case .serve(let path, let takeover): return serve(path, takeover, policy)
            case .check(let path): return check(path)
            case .probe(let url, let timeoutMs): return Probe.command(url, timeoutMs: timeoutMs)
            case .schema(let isExample):
                print(isExample ? ProxyConfiguration.exampleYAML : ProxyConfiguration.jsonSchema, terminator: "")
            case .help: print(ProxyCommand.helpText(program: programName, config: config), terminator: "")
            case .version: print(BuildInfo.version)
            }
            return 0
        } catch {
            StandardError.print("\(programName): \(error.text); see \(programName) --help")
            return usageStatus
        }
    }

    /// Says on the standard output that the configuration file is right, with warnings on the standard error, or there
    /// what is not.
    private static func check(_ path: String) -> Int32 {
        guard let (configuration, _) = read(path) else { return 2 }
        // As the start does.
        OpenFiles.raiseLimit()
        let warnings = configuration.warnings(
            workers: configuration.workers.number, openFiles: OpenFiles.limit,
            logFileProblem: configuration.log.options.fileProblem)
        for warning in warnings { StandardError.print("\(path): warning: \(warning)") }
        print("\(path): the configuration is right")
        return 0
    }

    private static func read(_ path: String) -> (ProxyConfiguration, text: [UInt8])? {
        do throws(ConfigurationErrors) {
            let text = try ProxyConfiguration.read(path: path)
            var configuration = try ProxyConfiguration.parse(text, file: path)
            try configuration.checkFiles(file: path)
            try configuration.loadUsers(file: path)
            return (configuration, text)
        } catch {
            StandardError.print("\(error)")
            return nil
        }
    }

    private static func serve(
        _ path: String, _ takeover: Bool, _ policy: @escaping @Sendable () -> AnyPolicy?
    ) -> Int32 {
        LoopGroup.hold(SIGHUP, SIGUSR1)
        guard let (configuration, text) = read(path) else { return 2 }
        do throws(SystemError) {
            try serve(configuration, text, path, takeover, policy)
            return 0
        } catch {
            let remedy = error.isAddressInUse && !takeover ? ", or replace it with --takeover" : ""
            StandardError.print("\(programName): \(error)\(remedy)")
            return 1
        }
    }

    private static func serve(
        _ configuration: ProxyConfiguration, _ text: [UInt8], _ path: String, _ takeover: Bool,
        _ policy: @escaping @Sendable () -> AnyPolicy?
    ) throws(SystemError) {
        let workers = configuration.workers.number
        // Before anything that logs is made.
        let log = LogWriter(options: configuration.log.options)
        LoggingSystem.bootstrap { EventLogHandler(label: $0, writer: log) }
        // Before limits are derived from it.
        OpenFiles.raiseLimit()
        let setup = ProxySetup(
            configuration, seed: UInt32.random(in: .min ... .max), workers: workers, name: programName)
        guard let address = SocketAddress(configuration.listen.address, port: configuration.listen.port) else {
            preconditionFailure("the configuration has been checked")
        }
        // All sockets before the first worker, so that a port that is taken is told before anything has begun.
        let passed = PassedSockets.fromEnvironment()
        let sockets = try ListeningSocket.perWorker(workers, on: address, besideOthers: takeover, passed: passed)
        let logger = setup.logger
        let adminSocket = try ProxyControl.adminSocket(configuration.admin) { logger.warning("\($0)") }
        for socket in passed.untaken { logger.warning("a socket that was passed is not used: \(socket)") }
        let options = setup.serverOptions
        logger.info(
            "each worker takes \(options.connectionsMax) clients at once; \(OpenFiles.limit) files may be open")
        logger.info("\(setup.hostLimits)")
        let logsAccess = configuration.log.access
        let drain = Drain { pace in
            let options = setup.serverOptions
            let delayMs = pace == .delayed ? options.drainDelayMs : 0
            logger.notice(
                "stopping: connections are taken for \(delayMs) ms, then requests have \(options.drainTimeoutMs) ms")
        }
        LoopGroup.run(
            workers: workers, drain: drain, reopenLogs: { log.reopen() },
            control: { loop in
                let control = ProxyControl(setup, path: path, text: text, on: loop)
                if let adminSocket { control.serveAdmin(on: adminSocket, drain: drain) { log.droppedLines } }
                return control
            }
        ) { loop, worker in
            // From here on signals drain.
            if worker == 0 { logger.info("\(programName) listens on \(address) with \(workers) worker(s)") }
            return ProxyWorker(
                setup, on: loop, worker: worker, socket: sockets[worker],
                accessLog: logsAccess ? AccessLog(channel: log.makeChannel()) : nil, policy: policy())
        }
        logger.info("\(programName) has ended")
        log.stop()
    }
}

extension ProxyConfiguration.Workers {
    fileprivate var number: Int {
        switch self {
        case .automatic: ProcessorCount.granted()
        case .count(let count): count
        }
    }
}

extension ProxyConfiguration.Log {
    fileprivate var options: LogOptions {
        var options = LogOptions(
            console: console, file: file.isEmpty ? nil : file, format: format == .json ? .json : .text,
            level: Logger.Level(rawValue: level.rawValue) ?? .debug, name: "proxy-log")
        options.accessShare = sample
        return options
    }
}
