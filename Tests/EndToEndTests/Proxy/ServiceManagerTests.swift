// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// proxy-server under a service manager, which a test stands in for.
struct ServiceManagerTests {
    /// A socket as of NOTIFY_SOCKET; `name` is a path, or begins with @.
    private final class Manager {
        private let descriptor: Int32

        init(_ name: String) {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(name.utf8).map { $0 == UInt8(ascii: "@") ? 0 : $0 }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
            }
            precondition(status == 0, "bind: errno \(errno)")
        }

        deinit { close(descriptor) }

        /// Waits for a message that begins with `prefix`; others are passed over.
        func message(_ prefix: String) throws -> String {
            try eventually(15, "\(prefix) from the proxy") {
                var bytes = [UInt8](repeating: 0, count: 4096)
                let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { return nil }
                let text = String(decoding: bytes[..<count], as: UTF8.self)
                return text.hasPrefix(prefix) ? text : nil
            }
        }
    }

    /// Starts the proxy with variables, whose value $$ is its process ID, and with the descriptor 3 if it is passed.
    private func start(_ variables: String, _ folder: TemporaryFolder, passing socket: Int32? = nil) throws -> Server {
        let program = try Executable.path("proxy-server")
        let pass = socket.map { "3<&\($0) " } ?? ""
        if let socket { _ = fcntl(socket, F_SETFD, 0) }
        defer { if let socket { _ = fcntl(socket, F_SETFD, FD_CLOEXEC) } }
        let process = try ChildProcess(
            // Not every sh knows descriptors above 9.
            "bash", ["-c", "export \(variables); exec \(program) --config \(folder.path("c.yaml")) \(pass)"],
            outputPath: folder.path("output"))
        return try Server(process, folder: folder)
    }

    @Test(arguments: [true, false]) func `it tells when it is ready, reloads, is well and stops`(isAbstract: Bool)
        throws
    {
        let origin = RefusedPort()
        let folder = TemporaryFolder()
        try Files.write(
            Server.configuration([[origin.port]], port: RefusedPort.free(), workers: 2), to: folder.path("c.yaml"))
        let name = isAbstract ? "@eventhttp-test-\(UInt64.random(in: 0 ... .max))" : folder.path("notify")
        let manager = Manager(name)
        let proxy = try start("NOTIFY_SOCKET='\(name)' WATCHDOG_USEC=200000 WATCHDOG_PID=$$", folder)
        #expect(try manager.message("READY=1").contains("STATUS=serving 1 services"))
        #expect(try manager.message("WATCHDOG=1") == "WATCHDOG=1")
        proxy.process.signal(SIGHUP)
        #expect(try manager.message("RELOADING=1").contains("MONOTONIC_USEC="))
        _ = try manager.message("READY=1")
        proxy.process.signal(SIGTERM)
        _ = try manager.message("STOPPING=1")
        #expect(try proxy.process.waitForEnd() == .exited(0))
    }

    @Test(arguments: [1, 3]) func `a socket that is passed is served by all workers, and outlives the process`(
        workers: Int
    ) throws {
        let origin = try Server.app()
        // An origin that is not asked: the socket of a service manager, which does not accept itself.
        let gate = Shared(false)
        let passed = ScriptedOrigin(gate: gate) { _, _, _ in }
        let folder = TemporaryFolder()
        try Files.write(
            Server.configuration([[origin.port]], port: passed.port, workers: workers), to: folder.path("c.yaml"))
        let variables = "LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=http"
        for _ in 0..<2 {
            // It waits in the queue until there is a process.
            let early = try RawClient(port: passed.port)
            try early.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let proxy = try start(variables, folder, passing: passed.listeningDescriptor)
            #expect(try early.response().status == 200)
            for _ in 0..<10 { #expect(try proxy.get("/").status == 200) }
            #expect(try proxy.stop() == .exited(0))
        }
    }

    @Test func `a socket that is meant for another process, or another address, is not used`() throws {
        let origin = try Server.app()
        let gate = Shared(false)
        let passed = ScriptedOrigin(gate: gate) { _, _, _ in }
        for (variables, isTold) in [("LISTEN_FDS=1 LISTEN_PID=1", false), ("LISTEN_FDS=1 LISTEN_PID=$$", true)] {
            let folder = TemporaryFolder()
            try Files.write(
                Server.configuration([[origin.port]], port: RefusedPort.free()), to: folder.path("c.yaml"))
            let proxy = try start(variables, folder, passing: passed.listeningDescriptor)
            #expect(try proxy.get("/").status == 200)
            #expect(proxy.log.contains("a socket that was passed is not used: unknown") == isTold)
            #expect(try proxy.stop() == .exited(0))
        }
    }
}
