// SPDX-License-Identifier: Apache-2.0
import EventHTTP

@main
struct Hello: Handler {
    static func main() throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 8000
        let socket = try ListeningSocket(on: SocketAddress("127.0.0.1", port: port)!)
        LoopGroup.run(workers: 1) { loop, _ in HTTPServer(on: loop, socket: socket, handler: Hello()) }
    }

    mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        exchange.respond(.ok, "Hello!\n") { $0.add("Content-Type", "text/plain; charset=utf-8") }
    }
}
