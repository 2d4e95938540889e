// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

@main
struct AppServer: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "app-server")
}
