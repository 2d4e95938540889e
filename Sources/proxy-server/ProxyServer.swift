// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EventHTTP
import EventProxy
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
        version: BuildInfo.version,
        subcommands: [ProbeCommand.self, SchemaCommand.self])

    @Option(name: .shortAndLong, help: "The configuration file.")
    var config = "config.yaml"

    @Flag(help: "Only check the configuration: exit status 0 if it is right, 2 with every error if not.")
    var check = false

    @Flag(help: "Listen beside the proxy-server that already does; then stop that one with SIGTERM: no request fails.")
    var takeover = false

    func run() {
        if check { Proxy.check(config: config) }
        Proxy.main(config: config, takeover: takeover)
    }
}
