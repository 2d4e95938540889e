// SPDX-License-Identifier: Apache-2.0

extension Server {
    /// A proxy-server with services whose hosts are ports of the loopback interface. `more` are lines of YAML below
    /// `proxy:`, indented by two; those of `listen` are below `listen:`, indented by four; those of `service` are in
    /// each service, indented by six.
    package static func proxy(
        _ services: [[UInt16]], workers: Int = 1, listen: String = "", service: String = "", more: String = ""
    ) throws -> Server {
        var lastError: any Error = TestFailure("no free port")
        for _ in 0..<5 {
            let folder = TemporaryFolder()
            let port = RefusedPort.free()
            try Files.write(
                configuration(services, port: port, workers: workers, listen: listen, service: service, more: more),
                to: folder.path("c.yaml"))
            // Somebody else may take the port between here and there.
            do {
                return try Server("proxy-server", ["--config", folder.path("c.yaml")], folder: folder)
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    package static func configuration(
        _ services: [[UInt16]], port: UInt16, workers: Int = 1, listen: String = "", service: String = "",
        more: String = ""
    ) -> String {
        var text = """
            proxy:
              listen:
                address: "127.0.0.1"
                port: \(port)
            \(listen)  workers: \(workers)
              services:

            """
        for (index, hosts) in services.enumerated() {
            text += "    - name: service-\(index + 1)\n\(service)      host:\n"
            for host in hosts { text += "      - address: \"127.0.0.1\"\n        port: \(host)\n" }
        }
        // Nobody sends requests to a test's proxy by a list that it must be taken off from first.
        if !more.contains("  drain:") { text += "  drain:\n    delay: 0s\n" }
        // All would share the default port.
        if !more.contains("  admin:") { text += "  admin:\n    enabled: false\n" }
        if !more.contains("  log:") { text += "  log:\n    file: \"\"\n" }
        return text + more
    }
}

extension RefusedPort {
    /// A port that is free now.
    package static func free() -> UInt16 { RefusedPort().port }
}
