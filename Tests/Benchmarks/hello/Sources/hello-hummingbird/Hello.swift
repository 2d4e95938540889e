// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import Logging
import NIOPosix

@main
struct Hello {
    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8000
        let router = Router()
        router.get("/") { _, _ in "Hello!\n" }
        var logger = Logger(label: "hello")
        logger.logLevel = .error
        let app = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1)), logger: logger)
        try await app.runService()
    }
}
