// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EventHTTP
import EventProxy
import Glibc
import Logging
import ProbeCommand

/// A load-balancing reverse proxy that keeps the failures of its origins away from users.
@main
struct ProxyServer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy-server",
        abstract: "A load-balancing reverse proxy that keeps the failures of its origins away from users.",
        discussion: """
            Reads its services from a YAML file, takes requests on one port, and hands each to a service in turn and \
            to the hosts of that service in turn. A request that an origin fails is sent to a host of another service \
            when that is safe.

            EXAMPLES
              proxy-server                          serve what ./config.yaml says
              proxy-server --config /etc/proxy.yaml --check
                                                    only say whether that file is right
              proxy-server probe http://127.0.0.1:8888/
                                                    ask a server whether it is well

            RELOADING
              What changes in the file, or in what its names resolve to, is in force soon after; a file that is not
              right changes nothing and is told in the log.

            SIGNALS
              SIGTERM           take connections for drain.delay yet, finish the requests in flight, then exit
              SIGINT (Ctrl-C)   the same without the delay; a second one of the two exits at once
              SIGHUP            read the configuration again now
              SIGUSR1           open the log file again, after it was moved away
            """,
        subcommands: [ProbeCommand.self, SchemaCommand.self])

    @Option(name: .shortAndLong, help: "The configuration file.")
    var config = "config.yaml"

    @Flag(help: "Only check the configuration: exit status 0 if it is right, 2 with every error if not.")
    var check = false

    @Flag(help: "Listen beside the proxy-server that already does; then stop that one with SIGTERM: no request fails.")
    var takeover = false

    func run() throws {
        LoopGroup.hold(SIGHUP, SIGUSR1)
        let text: [UInt8]
        let configuration: ProxyConfiguration
        do throws(ConfigurationErrors) {
            text = try ProxyConfiguration.read(path: config)
            configuration = try ProxyConfiguration.parse(text, file: config)
            try configuration.checkFiles(file: config)
        } catch {
            StandardError.print("\(error)")
            throw ExitCode(2)
        }
        if check {
            // As the start does.
            OpenFiles.raiseLimit()
            for warning in warnings(configuration) { StandardError.print("\(config): warning: \(warning)") }
            print("\(config): the configuration is right")
            return
        }
        do {
            try serve(configuration, text)
        } catch let error as SystemError {
            let remedy = error.isAddressInUse && !takeover ? ", or replace it with --takeover" : ""
            StandardError.print("proxy-server: \(error)\(remedy)")
            throw ExitCode(1)
        }
    }

    private func warnings(_ configuration: ProxyConfiguration) -> [String] {
        configuration.warnings(
            workers: configuration.workers.number, openFiles: OpenFiles.limit,
            logFileProblem: configuration.log.options.fileProblem)
    }

    private func serve(_ configuration: ProxyConfiguration, _ text: [UInt8]) throws {
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
        let logger = Logger(label: "proxy-log")
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
        let path = config
        LoopGroup.run(
            workers: workers, drain: drain, reopenLogs: { log.reopen() },
            control: { loop in
                let control = ProxyControl(setup, path: path, text: text, on: loop)
                if let adminSocket { control.serveAdmin(on: adminSocket, drain: drain) { log.droppedLines } }
                return control
            }
        ) { loop, worker in
            // From here on signals drain.
            if worker == 0 { logger.info("proxy-server listens on \(address) with \(workers) worker(s)") }
            return ProxyWorker(
                setup, on: loop, worker: worker, socket: sockets[worker],
                accessLog: logsAccess ? AccessLog(channel: log.makeChannel()) : nil)
        }
        logger.info("proxy-server has ended")
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
    var options: LogOptions {
        var options = LogOptions(
            console: console, file: file.isEmpty ? nil : file, format: format == .json ? .json : .text,
            level: Logger.Level(rawValue: level.rawValue) ?? .debug, name: "proxy-log")
        options.accessShare = sample
        return options
    }
}
