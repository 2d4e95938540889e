// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What the command line of a proxy asks for.
enum ProxyCommand: Equatable {
    case serve(config: String, takeover: Bool)
    case check(config: String)
    case probe(url: String, timeoutMs: Int64)
    case schema(isExample: Bool)
    case help
    case version

    /// Why a command line cannot be followed, and the remedy.
    struct Refusal: Error, Equatable {
        let text: String
    }

    /// Reads the arguments after the program's name. `config` is the file if they name none.
    init(_ arguments: [String], config: String) throws(Refusal) {
        if arguments.first == "help" || arguments.contains("--help") || arguments.contains("-h") {
            self = .help
            return
        }
        var rest = Rest(arguments: arguments[...])
        switch arguments.first {
        case "probe": self = try .probe(&rest)
        case "schema": self = try .schema(&rest)
        default: self = try .serving(&rest, config)
        }
    }

    private static func serving(_ rest: inout Rest, _ config: String) throws(Refusal) -> ProxyCommand {
        var config = config
        var (checks, takesOver, asksVersion) = (false, false, false)
        while let argument = rest.next() {
            switch argument.name {
            case "--config", "-c": config = try rest.value(of: argument, "PATH")
            case "--check": checks = try rest.flag(argument)
            case "--takeover": takesOver = try rest.flag(argument)
            case "--version": asksVersion = try rest.flag(argument)
            default: throw argument.isUnknown(among: ["--config", "--check", "--takeover", "--version", "--help"])
            }
        }
        if asksVersion { return .version }
        return checks ? .check(config: config) : .serve(config: config, takeover: takesOver)
    }

    private static func probe(_ rest: inout Rest) throws(Refusal) -> ProxyCommand {
        _ = rest.next()
        var url: String?
        var timeoutMs: Int64 = 2_000
        while let argument = rest.next() {
            if argument.name == "--timeout" {
                let text = try rest.value(of: argument, "SECONDS")
                guard let asked = Double(text).flatMap(Probe.timeoutMs) else {
                    throw Refusal(text: "--timeout \(text.forMessage): \(Probe.timeoutRemedy)")
                }
                timeoutMs = asked
            } else if url == nil, !argument.isOption {
                url = argument.text
            } else {
                throw argument.isUnknown(among: ["--timeout", "--help"])
            }
        }
        guard let url else { throw Refusal(text: "probe needs a URL, such as http://127.0.0.1:9901/readyz") }
        return .probe(url: url, timeoutMs: timeoutMs)
    }

    private static func schema(_ rest: inout Rest) throws(Refusal) -> ProxyCommand {
        _ = rest.next()
        var isExample = false
        while let argument = rest.next() {
            guard argument.name == "--example" else { throw argument.isUnknown(among: ["--example", "--help"]) }
            isExample = try rest.flag(argument)
        }
        return .schema(isExample: isExample)
    }
}

/// One argument, `--name=value` taken apart.
private struct Argument {
    let text: String
    let name: String
    let value: String?
    var isOption: Bool { text.hasPrefix("-") && text != "-" }

    init(_ text: String) {
        self.text = text
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let isAssigned = text.hasPrefix("-") && parts.count == 2
        name = isAssigned ? String(parts[0]) : text
        value = isAssigned ? String(parts[1]) : nil
    }

    func isUnknown(among known: [String]) -> ProxyCommand.Refusal {
        let meant = name.nearest(of: known).map { " (did you mean \($0)?)" } ?? ""
        return .init(text: "unexpected argument \(text.quotedForMessage)\(meant)")
    }
}

/// The arguments that have not been read.
private struct Rest {
    var arguments: ArraySlice<String>

    mutating func next() -> Argument? { arguments.popFirst().map { Argument($0) } }

    /// `--name=value`, or `--name value` unless that looks like the next option.
    mutating func value(of argument: Argument, _ what: String) throws(ProxyCommand.Refusal) -> String {
        let value = argument.value ?? (arguments.first.map { Argument($0).isOption } == false ? next()?.text : nil)
        guard let value, !value.isEmpty else { throw .init(text: "\(argument.name) needs a value: \(what)") }
        return value
    }

    func flag(_ argument: Argument) throws(ProxyCommand.Refusal) -> Bool {
        if argument.value == nil { return true }
        throw .init(text: "\(argument.name) takes no value")
    }
}

extension ProxyCommand {
    /// What `--help` prints.
    static func helpText(program: String, config: String) -> String {
        """
        A load-balancing reverse proxy that keeps the failures of its origins away from users.

        USAGE
          \(program) [--config PATH] [--check] [--takeover]
          \(program) SUBCOMMAND

        OPTIONS
          -c, --config PATH   the configuration file; \(config), in the working directory, unless given
          --check             only check it: exit status 0 if it is right, 2 with every error if not
          --takeover          listen beside the process that already does; then stop that one with SIGTERM: no
                              request fails
          --version           print the version
          -h, --help          print this

        SUBCOMMANDS
          probe URL [--timeout SECONDS]
                              ask a server whether it is well: exit status 0 when the URL answers 2xx, else 1 with a
                              line on standard error; within 2 seconds unless given. Redirects are not followed
          schema [--example]  print the JSON Schema (draft 2020-12) of the configuration file; with --example, a file
                              with every key, its default and what it is for

        EXAMPLES
          \(program) --config /etc/proxy.yaml --check
          \(program) probe http://127.0.0.1:9901/readyz
          \(program) schema --example > \(config)

        RELOADING
          What changes in the file, or in what its names resolve to, is in force soon after; a file that is not right
          changes nothing and is told in the log.

        SIGNALS
          SIGTERM             take connections for drain.delay yet, finish the requests in flight, then exit
          SIGINT (Ctrl-C)     the same without the delay; a second one of the two exits at once
          SIGHUP              read the configuration again now
          SIGUSR1             open the log file again, after it was moved away

        """
    }
}
