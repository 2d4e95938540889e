// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EventHTTP
import EventProxy
import Logging

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

            SIGNALS
              SIGTERM           take connections for drain.delay yet, finish the requests in flight, then exit
              SIGINT (Ctrl-C)   the same without the delay; a second one of the two exits at once
              SIGUSR1           open the log file again, after it was moved away
            """,
        subcommands: [ProbeCommand.self])

    @Option(name: .shortAndLong, help: "The configuration file.")
    var config = "config.yaml"

    @Flag(help: "Only check the configuration: exit status 0 if it is right, 2 with every error if not.")
    var check = false

    func run() throws {
        let configuration: ProxyConfiguration
        do throws(ConfigurationErrors) {
            configuration = try ProxyConfiguration.load(path: config)
        } catch {
            StandardError.print("\(error)")
            throw ExitCode(2)
        }
        if check {
            print("\(config): the configuration is right")
            return
        }
        do {
            try serve(configuration)
        } catch let error as SystemError {
            StandardError.print("proxy-server: \(error)")
            throw ExitCode(1)
        } catch let error as Resolver.Failure {
            StandardError.print("proxy-server: \(error); correct the address in \(config)")
            throw ExitCode(1)
        }
    }

    private func serve(_ configuration: ProxyConfiguration) throws {
        let workers =
            switch configuration.workers {
            case .automatic: ProcessorCount.granted()
            case .count(let count): count
            }
        // Before anything that logs is made.
        let log = LogWriter(options: configuration.log.options)
        LoggingSystem.bootstrap { EventLogHandler(label: $0, writer: log) }
        let setup = try ProxySetup(configuration, seed: UInt32.random(in: .min ... .max), workers: workers)
        guard let address = SocketAddress(configuration.listen.address, port: configuration.listen.port) else {
            preconditionFailure("the configuration has been checked")
        }
        // All sockets before the first worker, so that a port that is taken is told before anything has begun.
        OpenFiles.raiseLimit()
        let sockets = try ListeningSocket.perWorker(workers, on: address)
        let logger = Logger(label: "proxy-log")
        logger.info("proxy-server listens on \(address) with \(workers) worker(s)")
        let options = setup.serverOptions
        logger.info(
            "each worker takes \(options.connectionsMax) clients at once; \(OpenFiles.limit) files may be open")
        logger.info("\(setup.hostLimits)")
        let logsAccess = configuration.log.access
        let drain = Drain { pace in
            let delayMs = pace == .delayed ? options.drainDelayMs : 0
            logger.notice(
                "stopping: connections are taken for \(delayMs) ms, then requests have \(options.drainTimeoutMs) ms")
        }
        LoopGroup.run(workers: workers, drain: drain, reopenLogs: { log.reopen() }) { loop, worker in
            HTTPServer(
                on: loop, socket: sockets[worker], options: options,
                accessLog: logsAccess ? AccessLog(channel: log.makeChannel()) : nil,
                metrics: setup.serverMetrics(worker: worker),
                handler: ReverseProxy(setup, on: loop, worker: worker))
        }
        logger.info("proxy-server has ended")
        log.stop()
    }
}

extension ProxyConfiguration.Log {
    var options: LogOptions {
        LogOptions(
            console: console, file: file.isEmpty ? nil : file, format: format == .json ? .json : .text,
            level: Logger.Level(rawValue: level.rawValue) ?? .debug, name: "proxy-log")
    }
}
