// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// proxy-server goes over to another configuration while it serves.
struct ProxyReloadTests {
    private static func origin(_ name: String) -> ScriptedOrigin {
        ScriptedOrigin(answering: { connection, _ in try connection.answer(name) })
    }

    /// A proxy whose file the test writes anew.
    private struct Proxy {
        let server: Server
        var path: String { server.folder.path("c.yaml") }

        init(_ services: [[UInt16]], workers: Int = 1, more: String = "") throws {
            server = try Server.proxy(services, workers: workers, more: more)
        }

        func replace(_ services: [[UInt16]], port: UInt16? = nil, workers: Int = 1) throws {
            try replace(Server.configuration(services, port: port ?? server.port, workers: workers))
        }

        func replace(_ text: String) throws {
            try Files.write(text, to: path + ".new")
            rename(path + ".new", path)
        }

        /// The body of an answer.
        func ask() throws -> String { try server.get("/").text }

        func wait(_ text: String) throws {
            _ = try eventually(20, "the line \(text)") { server.log.contains(text) ? true : nil }
        }
    }

    @Test func `a file that is replaced is in force soon after, without a signal`() throws {
        let (a, b) = (Self.origin("a"), Self.origin("b"))
        let proxy = try Proxy([[a.port]])
        #expect(try proxy.ask() == "a")
        try proxy.replace([[b.port]])
        _ = try eventually(20, "the other origin") { try proxy.ask() == "b" ? true : nil }
        let before = a.requests.count
        for _ in 0..<10 { #expect(try proxy.ask() == "b") }
        #expect(a.requests.count == before)
    }

    @Test func `a ConfigMap's link that is swapped is noticed`() throws {
        let (a, b) = (Self.origin("a"), Self.origin("b"))
        // As the kubelet lays a volume out: the file is a link through a link to a folder for each version.
        let (first, second) = (TemporaryFolder(), TemporaryFolder())
        let folder = TemporaryFolder()
        let port = RefusedPort.free()
        for (version, origin) in [(first, a), (second, b)] {
            try Files.write(Server.configuration([[origin.port]], port: port), to: version.path("config.yaml"))
        }
        symlink(first.path, folder.path("..data"))
        symlink("..data/config.yaml", folder.path("config.yaml"))
        let server = try Server("proxy-server", ["--config", folder.path("config.yaml")], folder: folder)
        #expect(try server.get("/").text == "a")
        symlink(second.path, folder.path("..data_tmp"))
        rename(folder.path("..data_tmp"), folder.path("..data"))
        _ = try eventually(20, "the other origin") { try server.get("/").text == "b" ? true : nil }
    }

    @Test func `a file that is wrong changes nothing and is told with its place`() throws {
        let (a, b) = (Self.origin("a"), Self.origin("b"))
        let proxy = try Proxy([[a.port]])
        try proxy.replace("proxy:\n  servises: []\n")
        try proxy.wait("the configuration stays as it was")
        try proxy.wait("c.yaml:2:3: error: unknown key 'servises'")
        for _ in 0..<4 { #expect(try proxy.ask() == "a") }
        try proxy.replace([[b.port]])
        _ = try eventually(20, "the file that is right") { try proxy.ask() == "b" ? true : nil }
    }

    /// It ended the process, whose loops were not there yet to take it.
    @Test func `SIGHUP and SIGUSR1 as soon as it takes connections are no end, and are not lost`() throws {
        let a = Self.origin("a")
        let folder = TemporaryFolder()
        let port = RefusedPort.free()
        try Files.write(Server.configuration([[a.port]], port: port), to: folder.path("c.yaml"))
        let process = try ChildProcess(
            Executable.path("proxy-server"), ["--config", folder.path("c.yaml")], outputPath: folder.path("out"))
        // Without a pause: the time in question is short.
        while (try? RawClient(port: port)) == nil, process.poll() == nil {}
        process.signal(SIGUSR1)
        process.signal(SIGHUP)
        let server = try Server(process, folder: folder)
        _ = try eventually(20, "the reload") { server.log.contains("is in force (SIGHUP)") ? true : nil }
        #expect(try server.get("/").text == "a")
        #expect(try server.stop() == .exited(0))
    }

    @Test func `SIGHUP reads the file again, and keeps the connections to hosts that stay`() throws {
        let (a, b) = (Self.origin("a"), Self.origin("b"))
        let proxy = try Proxy([[a.port], [b.port]])
        for _ in 0..<10 { _ = try proxy.ask() }
        let connections = (a.connectionCount, b.connectionCount)
        for round in 1...5 {
            proxy.server.process.signal(SIGHUP)
            _ = try eventually(20, "reload \(round)") {
                proxy.server.log.components("is in force (SIGHUP)") >= round ? true : nil
            }
            for _ in 0..<4 { _ = try proxy.ask() }
        }
        #expect((a.connectionCount, b.connectionCount) == connections)
        #expect(a.requests.count == b.requests.count)
    }

    @Test func `what takes a restart is told, and all else is in force`() throws {
        let (a, b) = (Self.origin("a"), Self.origin("b"))
        let proxy = try Proxy([[a.port]])
        try proxy.replace([[b.port]], port: RefusedPort.free(), workers: 3)
        try proxy.wait("what changed in listen, workers takes a restart")
        _ = try eventually(20, "the other origin") { try proxy.ask() == "b" ? true : nil }
    }

    @Test func `a request at a host that leaves the configuration is answered by it`() throws {
        let gate = Shared(false)
        let a = ScriptedOrigin(answering: { connection, _ in
            _ = try eventually(20, "the gate") { gate.current ? true : nil }
            try connection.answer("a")
        })
        let b = Self.origin("b")
        let proxy = try Proxy([[a.port]], more: "  retry: {hedge: false}\n")
        let clients = try (0..<4).map { _ in try proxy.server.connect() }
        for client in clients { try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
        _ = try eventually(20, "the requests") { a.requests.count == 4 ? true : nil }
        try proxy.replace([[b.port]])
        try proxy.wait("is in force")
        #expect(try proxy.ask() == "b")
        gate.change { $0 = true }
        for client in clients {
            #expect(try client.response().text == "a")
            try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.response().text == "b")
        }
    }

    @Test func `while the file changes again and again no request fails`() throws {
        let origins = (0..<4).map { Self.origin("\($0)") }
        let proxy = try Proxy([[origins[0].port]], workers: 2)
        let isOver = Shared(false)
        let failures = Shared<[String]>([])
        let requests = Shared(0)
        let port = proxy.server.port
        let clients = (0..<4).map { number in
            TestThread {
                do {
                    var client = try RawClient(port: port)
                    while !isOver.current {
                        if number == 0 { client = try RawClient(port: port) }
                        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                        let status = try client.response().status
                        if status != 200 { failures.change { $0.append("status \(status)") } }
                        requests.change { $0 += 1 }
                    }
                } catch { failures.change { $0.append("\(error)") } }
            }
        }
        for round in 1...100 {
            let ports = origins.indices.filter { (round >> $0) & 1 == 1 || $0 == round % 4 }.map { origins[$0].port }
            let services = round % 3 == 0 ? [ports] : ports.map { [$0] }
            try proxy.replace(services, workers: 2)
            proxy.server.process.signal(SIGHUP)
            let before = requests.current
            _ = try eventually(20, "requests") {
                requests.current >= before + 20 || !failures.current.isEmpty ? true : nil
            }
        }
        isOver.change { $0 = true }
        for client in clients { client.join() }
        #expect(failures.current == [])
        #expect(try proxy.server.stop() == .exited(0))
    }
}

extension String {
    /// How often `text` occurs.
    fileprivate func components(_ text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
