// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Glibc
internal import Logging

/// A proxy as a process: what proxy-server is, and what a program of your own is with a ``ProxyPolicy``.
public enum Proxy {
    /// Serves what the configuration file says, and as `policy` says, until the process is told to stop; then ends it.
    ///
    /// `policy` makes the policy of one loop, on that loop's thread; there are as many as `proxy.workers` says. All
    /// else is as for proxy-server: the log, reloads, the admin listener and the signals. With `takeover` it listens
    /// beside a process that does already, which can then be stopped without a failed request.
    ///
    /// The process ends with status 0 when it has been told to stop and requests in flight have finished, 2 if the
    /// configuration is not right, and 1 if it cannot be served, each with the reason on the standard error.
    public static func main<Policy: ProxyPolicy>(
        config path: String = "config.yaml", takeover: Bool = false, policy: @escaping @Sendable () -> Policy
    ) -> Never {
        exit(run(path, takeover) { PolicyBox(policy()) })
    }

    /// The same without a policy.
    public static func main(config path: String = "config.yaml", takeover: Bool = false) -> Never {
        exit(run(path, takeover) { nil })
    }

    /// What the program was called as: proxy-server, or whatever has a policy.
    static let programName = CommandLine.arguments.first?.split(separator: "/").last.map { String($0) } ?? "proxy"

    /// Says on the standard output that the configuration file is right, with warnings on the standard error, or there
    /// what is not; then ends the process with the status 0 or 2.
    public static func check(config path: String) -> Never {
        guard let (configuration, _) = read(path) else { exit(2) }
        // As the start does.
        OpenFiles.raiseLimit()
        let warnings = configuration.warnings(
            workers: configuration.workers.number, openFiles: OpenFiles.limit,
            logFileProblem: configuration.log.options.fileProblem)
        for warning in warnings { StandardError.print("\(path): warning: \(warning)") }
        print("\(path): the configuration is right")
        exit(0)
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

    private static func run(
        _ path: String, _ takeover: Bool, _ policy: @escaping @Sendable () -> AnyPolicy?
    ) -> Int32 {
        LoopGroup.hold(SIGHUP, SIGUSR1)
        guard let (configuration, text) = read(path) else { return 2 }
        do throws(SystemError) {
            try serve(configuration, text, path, takeover, policy)
            return 0
        } catch {
            let remedy = error.isAddressInUse && !takeover ? ", or replace it, as with --takeover" : ""
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
        let setup = ProxySetup(configuration, seed: UInt32.random(in: .min ... .max), workers: workers)
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
