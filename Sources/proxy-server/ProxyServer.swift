// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

@main
struct ProxyServer: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "proxy-server")
}
