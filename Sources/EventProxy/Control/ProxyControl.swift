// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Glibc
internal import Logging

/// What a proxy does once per process, on a loop that serves no requests: it checks the hosts, resolves their names
/// again and again, and goes over to another configuration when the file has one, or on SIGHUP.
final class ProxyControl: LoopService {
    private let setup: ProxySetup
    private let path: String
    private let loop: EventLoop
    private let checker: HealthChecker
    private let discovery: Discovery
    private var watcher: ConfigurationWatcher?
    /// Of files of users, by their paths.
    private var userWatchers: [String: ConfigurationWatcher] = [:]
    private var configuration: ProxyConfiguration
    private var admin: AdminServer?
    private let notifier = ServiceNotifier()
    private var watchdog: Watchdog?
    private let memory: MemoryWatch
    private var isReady = false

    /// `text` is the content of the file at `path` that the setup was made from.
    init(_ setup: ProxySetup, path: String, text: [UInt8], on loop: EventLoop) {
        self.setup = setup
        self.path = path
        self.loop = loop
        let snapshot = setup.snapshot
        configuration = snapshot.configuration
        checker = HealthChecker(setup, on: loop)
        memory = MemoryWatch(setup, on: loop)
        discovery = Discovery(on: loop, logger: setup.logger)
        discovery.told = { [unowned self] haveChanged in if haveChanged { publish() } }
        watcher = ConfigurationWatcher(path, content: text, on: loop) { [unowned self] in reload($0, "it changed") }
        loop.onSignal(SIGHUP) { [unowned self] in reload("SIGHUP") }
        watchUsers(of: configuration)
        follow(known: snapshot.addresses)
        watchdog = Watchdog(notifier, on: loop) {
            setup.metrics.allSatisfy { !$0.heartbeat.hasStalled(nowMs: loop.nowMs) }
        }
        tellWhenReady()
    }

    /// Between two looks whether all workers have started.
    private static let readyIntervalMs: Int64 = 10

    private func tellWhenReady() {
        isReady = setup.metrics.allSatisfy(\.heartbeat.isStarted)
        if isReady { return notifier.ready(status) }
        loop.schedule(afterMs: Self.readyIntervalMs) { [weak self] in self?.tellWhenReady() }
    }

    private var status: String {
        let hosts = configuration.services.reduce(0) { $0 + $1.hosts.count }
        return "serving \(configuration.services.count) services with \(hosts) configured hosts"
    }

    /// Tells the service manager that the process ends. Names and checks go on until all workers have drained.
    func drain(_ pace: Drain.Pace, _ completion: @escaping () -> Void) {
        notifier.stopping("draining")
        completion()
    }

    // MARK: The admin listener

    /// The address of the configuration, to be listened on beside another process that does: a proxy that takes over
    /// from one that drains. `warn` hears when there is one.
    static func adminSocket(
        _ admin: ProxyConfiguration.Admin, warn: (_ warning: String) -> Void
    ) throws(SystemError) -> ListeningSocket? {
        guard admin.enabled else { return nil }
        guard let address = SocketAddress(admin.address, port: admin.port) else {
            preconditionFailure("the configuration has been checked")
        }
        if !ListeningSocket.isFree(address) {
            warn("another process listens on \(address) (proxy.admin), too: probes and metrics reach one of the two")
        }
        do {
            return try ListeningSocket(on: address)
        } catch {
            throw SystemError("\(error.operation), which the keys proxy.admin.address and port say", error.number)
        }
    }

    /// Answers operators on `socket` until the last worker has ended. `drain` is told of, and begun when that is asked
    /// for; `droppedLogLines` says how many there are.
    func serveAdmin(
        on socket: ListeningSocket, drain: Drain, droppedLogLines: @escaping @Sendable () -> UInt64
    ) {
        setup.logger.info("probes, metrics and a status page are on http://\(socket.address)/")
        admin = AdminServer(setup, socket: socket, on: loop, drain: drain, droppedLogLines: droppedLogLines)
    }

    // MARK: Reloading

    private func reload(_ why: String) {
        notifier.reloading()
        // Whatever becomes of it, it serves on.
        defer { if isReady { notifier.ready(status) } }
        do throws(ConfigurationErrors) {
            reload(try ProxyConfiguration.read(path: path), why)
        } catch {
            refuse(error)
        }
    }

    private func reload(_ text: [UInt8], _ why: String) {
        do throws(ConfigurationErrors) {
            var new = try ProxyConfiguration.parse(text, file: path)
            // Before they are read, and also if they are wrong, so that mending them is seen.
            watchUsers(of: new)
            try new.loadUsers(file: path)
            let fixed = configuration.fixedKeys(changedBy: new)
            configuration = new
            follow(known: discovery.addresses)
            publish()
            setup.reloads.noteSuccess()
            setup.logger.notice("\(path) is in force (\(why))")
            if !fixed.isEmpty {
                let keys = fixed.joined(separator: ", ")
                setup.logger.warning("\(path): what changed in \(keys) takes a restart; all else is in force")
            }
        } catch {
            refuse(error)
        }
    }

    private func watchUsers(of configuration: ProxyConfiguration) {
        let paths = configuration.usersFiles
        userWatchers = userWatchers.filter { paths.contains($0.key) }
        for path in paths where userWatchers[path] == nil {
            let content = (try? ProxyConfiguration.read(path: path)) ?? []
            userWatchers[path] = ConfigurationWatcher(path, content: content, on: loop) { [unowned self] _ in
                reload("\(path) changed")
            }
        }
    }

    /// Nothing changes: half of a configuration could be worse than an old one.
    private func refuse(_ errors: ConfigurationErrors) {
        setup.reloads.noteFailure()
        setup.logger.error("the configuration stays as it was: \(errors)")
    }

    private func follow(known: KnownAddresses) {
        discovery.follow(
            configuration.hostNames, known: known, intervalMs: configuration.discovery.intervalMs,
            holdMs: configuration.discovery.holdMs)
    }

    private func publish() {
        checker.follow(setup.publish(configuration, discovery.addresses))
    }
}

extension ProxyConfiguration {
    /// The keys whose values cannot change while the proxy runs, of those that differ in `new`.
    func fixedKeys(changedBy new: ProxyConfiguration) -> [String] {
        var keys: [String] = []
        if new.listen != listen { keys.append("listen") }
        if new.workers != workers { keys.append("workers") }
        if new.admin != admin { keys.append("admin") }
        if new.log != log { keys.append("log") }
        return keys
    }
}
