// SPDX-License-Identifier: Apache-2.0
import EventHTTPAsync

@main
struct Hello {
    static func main() throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 8000
        try AsyncServer.run(port: port, workers: 1) { _, _ in Response("Hello!\n") }
    }
}
