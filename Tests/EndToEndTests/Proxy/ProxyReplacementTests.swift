// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// A proxy-server that takes over from another one under load: not one request may fail.
struct ProxyReplacementTests {
    /// Clients that send requests without a pause until they are told to stop.
    private final class Load {
        let failures = Shared<[String]>([])
        let answered = Shared(0)
        private let isOver = Shared(false)
        private var threads: [TestThread] = []

        /// `kept` clients keep their connection until its answer says that it ends; `fresh` ones never do.
        init(port: UInt16, kept: Int, fresh: Int) {
            let (failures, answered, isOver) = (failures, answered, isOver)
            for number in 0..<kept + fresh {
                threads.append(
                    TestThread {
                        var connection: RawClient?
                        while !isOver.current {
                            do {
                                let client = try connection ?? RawClient(port: port)
                                try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                                let response = try client.response()
                                if response.status != 200 { throw TestFailure(response.statusLine) }
                                answered.change { $0 += 1 }
                                connection = response["connection"] == "close" || number >= kept ? nil : client
                            } catch {
                                failures.change { $0.append("client \(number): \(error)") }
                                connection = nil
                            }
                        }
                    })
            }
        }

        func waitForMore(_ count: Int) throws {
            let before = answered.current
            _ = try eventually(20, "\(count) more answers") { answered.current >= before + count ? true : nil }
        }

        func stop() {
            isOver.change { $0 = true }
            for thread in threads { thread.join() }
            threads = []
        }
    }

    @Test(arguments: [(2, [2, 2, 2]), (1, [3, 4]), (3, [1])])
    func `no request fails while one process replaces another`(first: Int, others: [Int]) throws {
        let origin = try Server.app(workers: 2)
        var current = try Server.proxy([[origin.port]], workers: first, more: "  drain: {delay: 300ms}\n")
        let port = current.port
        let load = Load(port: port, kept: 16, fresh: 4)
        defer { load.stop() }
        try load.waitForMore(200)
        for workers in others {
            let folder = TemporaryFolder()
            try Files.write(
                Server.configuration([[origin.port]], port: port, workers: workers, more: "  drain: {delay: 300ms}\n"),
                to: folder.path("c.yaml"))
            let next = try Server(
                "proxy-server", ["--config", folder.path("c.yaml"), "--takeover"], folder: folder)
            #expect(current.process.poll() == nil)
            current.process.signal(SIGTERM)
            #expect(try current.process.waitForEnd() == .exited(0))
            current = next
            try load.waitForMore(200)
        }
        load.stop()
        #expect(load.failures.current.isEmpty)
    }

    /// The gap that this closes is too short to be met for certain, so what closes it is looked at: with both
    /// listening, the kernel would give the old one half of them.
    @Test(arguments: [(2, 2), (1, 3)])
    func `from the beginning of the drain new connections go to the next process alone`(old: Int, new: Int) throws {
        let origin = try Server.app()
        // Long enough to look, so it is ended by a second signal.
        let more = "  drain: {delay: 1h}\n"
        let first = try Server.proxy([[origin.port]], workers: old, more: more)
        let folder = TemporaryFolder()
        let text = Server.configuration([[origin.port]], port: first.port, workers: new, more: more)
        try Files.write(text, to: folder.path("c.yaml"))
        let refused = try run(Executable.path("proxy-server"), ["--config", folder.path("c.yaml")])
        #expect(refused.end == .exited(1) && refused.output.contains("--takeover"), "\(refused.output)")
    }
}
