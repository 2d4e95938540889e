// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// The server from its start to its end.
struct AppRun {
    let name: String
    let sockets: [ListeningSocket]
    let drainDelayMs: Int64
    let drainTimeoutMs: Int64
    let log: LogOptions

    func run() {
        let writer = LogWriter(options: log)
        LoggingSystem.bootstrap { EventLogHandler(label: $0, writer: writer) }
        let logger = Logger(label: log.name)
        let workers = sockets.count
        let (name, sockets, drainDelayMs, drainTimeoutMs) = (name, sockets, drainDelayMs, drainTimeoutMs)
        let drain = Drain { pace in
            let delay = pace == .delayed ? drainDelayMs / 1000 : 0
            let timeout = drainTimeoutMs / 1000
            logger.info("stopping: connections are taken for \(delay) s, then requests in flight have \(timeout) s")
        }
        let health = AppHealth(workers: workers, drain: drain)
        LoopGroup.run(workers: workers, drain: drain, reopenLogs: { writer.reopen() }) { loop, worker in
            // From here on signals drain.
            if worker == 0 {
                logger.info(
                    "app-server \(name) listens on \(sockets[0].address), \(workers) worker\(workers == 1 ? "" : "s")")
            }
            var options = ServerOptions()
            // Clients of an application are few and near: proxies, which end a connection sooner themselves.
            options.idleTimeoutMs = 30_000
            options.drainDelayMs = drainDelayMs
            options.drainTimeoutMs = drainTimeoutMs
            // Without access lines the engine need not keep what they would say.
            let accessLog = AccessLog(channel: writer.makeChannel())
            let server = HTTPServer(
                on: loop, socket: sockets[worker], options: options,
                accessLog: accessLog.isEnabled ? accessLog : nil,
                handler: DemoHandler(loop: loop, worker: worker, name: name, health: health))
            return AppWorker(loop, worker, server, health)
        }
        logger.info("app-server \(name) has stopped")
        writer.stop()
    }
}

/// What runs on one loop: the server, and the pulse that shows that the loop goes on.
final class AppWorker: LoopService {
    private let server: HTTPServer
    private let pulse: Pulse

    init(_ loop: EventLoop, _ worker: Int, _ server: HTTPServer, _ health: AppHealth) {
        self.server = server
        pulse = Pulse(loop, worker, health)
        health.workers[worker].heartbeat.start(nowMs: loop.nowMs)
    }

    func drain(_ pace: Drain.Pace, _ completion: @escaping () -> Void) {
        server.drain(pace, completion)
    }
}
