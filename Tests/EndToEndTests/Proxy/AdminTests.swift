// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

/// The admin listener of the real proxy.
struct AdminTests {
    /// A proxy with an admin listener.
    private struct Proxy {
        let server: Server
        let adminPort: UInt16

        init(_ services: [[UInt16]], workers: Int = 2, drainDelay: String = "0s", admin: String = "") throws {
            adminPort = RefusedPort.free()
            let lines = "  admin:\n    port: \(adminPort)\n\(admin)"
            server = try Server.proxy(
                services, workers: workers,
                more: lines + "  drain:\n    delay: \(drainDelay)\n  log:\n    file: \"\"\n")
            // The first worker says that it listens; the others may be a moment behind.
            _ = try eventually(20, "all workers") { try self.admin("/startupz").status == 200 ? true : nil }
        }

        func admin(_ path: String, method: String = "GET", fields: String = "") throws -> RawResponse {
            let client = try RawClient(port: adminPort)
            try client.send("\(method) \(path) HTTP/1.1\r\nHost: admin\r\n\(fields)\r\n")
            return try client.response(isHead: method == "HEAD")
        }

        /// The value of a sample of `/metrics`, written with its labels.
        func metric(_ sample: String) throws -> String? {
            let lines = try admin("/metrics").text.split(separator: "\n")
            return lines.first { $0.hasPrefix(sample + " ") }.map { String($0.dropFirst(sample.count + 1)) }
        }
    }

    private static func origin() -> ScriptedOrigin {
        ScriptedOrigin(answering: { connection, _ in try connection.answer("well") })
    }

    @Test func `probes, and what is not there`() throws {
        let origin = Self.origin()
        let proxy = try Proxy([[origin.port]])
        for path in ["/livez", "/readyz", "/startupz"] {
            let answer = try proxy.admin(path)
            #expect(
                answer.status == 200 && answer.text == "{\"status\": \"ok\"}\n" && answer["cache-control"] == "no-store"
            )
            #expect(try proxy.admin(path, method: "HEAD").status == 200)
            let refused = try proxy.admin(path, method: "POST")
            #expect(refused.status == 405 && refused["allow"] == "GET, HEAD")
        }
        #expect(try proxy.admin("/nothing").status == 404)
        #expect(try proxy.admin("/drain", method: "PUT")["allow"] == "GET, HEAD, POST")
        // Clients do not reach it.
        #expect(try proxy.server.get("/metrics").text == "well")
    }

    @Test func `with a token everything but the probes is for those who know it`() throws {
        let origin = Self.origin()
        let folder = TemporaryFolder()
        let token = "0123456789abcdef"
        try Files.write(token + "\n", to: folder.path("token"))
        let proxy = try Proxy([[origin.port]], admin: "    token_file: \(folder.path("token"))\n")
        for path in ["/livez", "/readyz", "/startupz"] { #expect(try proxy.admin(path).status == 200) }
        for path in ["/", "/metrics", "/config", "/upstreams", "/drain", "/nothing"] {
            let refused = try proxy.admin(path)
            #expect(refused.status == 401 && refused.values("www-authenticate").count == 2)
            let isThere = path != "/nothing"
            #expect(try proxy.admin(path, fields: "Authorization: Bearer \(token)\r\n").status == (isThere ? 200 : 404))
        }
        #expect(try proxy.admin("/drain", method: "POST", fields: "Authorization: Bearer \(token)x\r\n").status == 401)
        #expect(try proxy.admin("/readyz").status == 200)
        let shown = try proxy.admin("/config", fields: "Authorization: Basic OjAxMjM0NTY3ODlhYmNkZWY=\r\n")
        #expect(shown.status == 200 && !shown.text.contains(token))
    }

    @Test(arguments: [[], ["--check"]]) func `a token file that holds none is told, and the exit status is 2`(
        arguments: [String]
    ) throws {
        let folder = TemporaryFolder()
        let origin = Self.origin()
        for content in [nil, "short\n"] {
            let path = folder.path("token")
            if let content { try Files.write(content, to: path) }
            let text = Server.configuration(
                [[origin.port]], port: RefusedPort.free(), more: "  admin:\n    token_file: \(path)\n")
            try Files.write(text, to: folder.path("c.yaml"))
            let result = try run(Executable.path("proxy-server"), ["--config", folder.path("c.yaml")] + arguments)
            #expect(result.end == .exited(2))
            #expect(result.output.contains("error: proxy.admin.token_file '\(path)': "), "\(result.output)")
        }
    }

    @Test func `the configuration is shown with its defaults, and can be used as a file`() throws {
        let origin = Self.origin()
        let proxy = try Proxy([[origin.port]])
        let answer = try proxy.admin("/config")
        #expect(answer["content-type"] == "application/yaml" && answer.text.contains("    per_try: 5s\n"))
        let folder = TemporaryFolder()
        try Files.write(answer.text, to: folder.path("c.yaml"))
        let check = try run(Executable.path("proxy-server"), ["--config", folder.path("c.yaml"), "--check"])
        #expect(check.end == .exited(0), "\(check.output)")
    }

    @Test func `metrics count what clients and hosts saw`() throws {
        let (well, refusing) = (Self.origin(), RefusedPort())
        let proxy = try Proxy([[well.port], [refusing.port]])
        for _ in 0..<20 { #expect(try proxy.server.get("/").status == 200) }
        #expect(try proxy.server.ask("NONSENSE\r\n\r\n").status == 400)
        let host = "service=\"service-1\",host=\"127.0.0.1:\(well.port)\""
        let down = "service=\"service-2\",host=\"127.0.0.1:\(refusing.port)\""
        _ = try eventually(10, "the last request") {
            try proxy.metric("proxy_requests_total{code=\"2xx\"}") == "20" ? true : nil
        }
        #expect(try proxy.metric("proxy_requests_total{code=\"4xx\"}") == "1")
        #expect(try proxy.metric("proxy_upstream_requests_total{\(host),code=\"2xx\"}") == "20")
        let refusals = Int(try proxy.metric("proxy_upstream_failures_total{\(down),reason=\"connect\"}") ?? "") ?? 0
        #expect(refusals > 0)
        #expect(try proxy.metric("proxy_upstream_up{\(host)}") == "1")
        #expect(try proxy.metric("proxy_upstream_up{\(down)}") == "0")
        #expect(try proxy.metric("proxy_ejections_total{\(down)}") == "1")
        #expect(try proxy.metric("proxy_requests_in_flight") == "0")
        let page = try proxy.admin("/upstreams")
        #expect(
            page["content-type"] == "application/json" && page.text.contains("\"reason\":\"it takes no connections\""))
        #expect(page.text.contains("\"2xx\":20"))
    }

    @Test func `the article lists every metric with its type`() throws {
        let origin = Self.origin()
        let proxy = try Proxy([[origin.port]])
        let served = try proxy.admin("/metrics").text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            .map { line in line.split(separator: " ").dropFirst(2).joined(separator: " ") }
        let article = Files.text(
            #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
                + "/Sources/EventProxy/EventProxy.docc/Observability.md")
        let listed = article.split(separator: "\n").compactMap { line -> String? in
            let cells = line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
            guard line.hasPrefix("| `pro"), cells.count == 3 else { return nil }
            return "\(cells[0].split(separator: "`").joined()) \(cells[1])"
        }
        #expect(Set(served) == Set(listed) && served.count == listed.count)
    }

    @Test func `a query of death is listed by its path, without its query`() throws {
        let origins = (0..<4).map { _ in
            ScriptedOrigin { connection, _, origin in
                _ = try connection.request()
                origin.stopListening()
            }
        }
        let proxy = try Proxy([origins.map(\.port)], workers: 1)
        #expect(try proxy.server.get("/die/here?token=secret").status == 502)
        #expect(try proxy.server.get("/die/here?token=secret").status == 503)
        let text = try proxy.admin("/upstreams").text
        #expect(text.contains("\"request\":\"GET /die/here\"") && text.contains("\"refused\":1"))
        #expect(!text.contains("secret"))
        #expect(try proxy.metric("proxy_poison_requests_total") == "1")
        #expect(try proxy.metric("proxy_poison_quarantined") == "1")
        _ = try eventually(10, "its name in the log") {
            proxy.server.log.contains("origins die under GET /die/here: ") ? true : nil
        }
    }

    @Test(arguments: ["Origin: http://admin", "Sec-Fetch-Site: same-origin"]) func `a browser cannot drain it`(
        field: String
    ) throws {
        let origin = Self.origin()
        let proxy = try Proxy([[origin.port]])
        #expect(try proxy.admin("/drain", method: "POST", fields: field + "\r\n").status == 403)
        #expect(try proxy.admin("/readyz").status == 200)
    }

    @Test func `a drain that is asked for goes as by SIGTERM, and readiness says so meanwhile`() throws {
        let origin = Self.origin()
        let proxy = try Proxy([[origin.port]], drainDelay: "2s")
        let first = try proxy.admin("/drain", method: "POST")
        #expect(first.status == 202 && first.text == "{\"status\": \"draining\"}\n")
        #expect(try proxy.admin("/drain", method: "POST").status == 202)
        #expect(try proxy.admin("/drain").text == "{\"status\": \"draining\"}\n")
        #expect(try proxy.admin("/readyz").status == 503)
        #expect(try proxy.admin("/livez").status == 200)
        #expect(try proxy.server.get("/")["connection"] == "close")
        #expect(try proxy.server.process.waitForEnd() == .exited(0))
    }

    @Test func `the page allows itself and nothing else`() throws {
        let origin = Self.origin()
        let proxy = try Proxy([[origin.port]])
        let page = try proxy.admin("/")
        let policy = try #require(page["content-security-policy"])
        #expect(policy.hasPrefix("default-src 'none'; script-src 'nonce-") && !policy.contains("unsafe"))
        let nonce = try #require(policy.split(separator: "'nonce-").last?.split(separator: "'").first)
        #expect(page.text.contains("<script nonce=\"\(nonce)\">") && page.text.contains("<style nonce=\"\(nonce)\">"))
        // The only address in it is the name of SVG, which nobody asks.
        let text = page.text.split(separator: "http://www.w3.org/2000/svg").joined()
        #expect(!text.contains("NONCE") && !text.contains("https:") && !text.contains("http:"))
        #expect(try proxy.admin("/")["content-security-policy"] != policy)
    }

    @Test func `a port that another program has is told with its key, and one that another proxy has is shared`() throws
    {
        let other = ScriptedOrigin { _, _, _ in }
        let folder = TemporaryFolder()
        let text = Server.configuration([[1]], port: RefusedPort.free(), more: "  admin:\n    port: \(other.port)\n")
        try Files.write(text, to: folder.path("c.yaml"))
        let result = try run(Executable.path("proxy-server"), ["--config", folder.path("c.yaml")])
        #expect(result.end == .exited(1))
        #expect(result.output.contains("127.0.0.1:\(other.port), which the keys proxy.admin.address and port say"))
        #expect(result.output.contains("in use"))

        let origin = Self.origin()
        let first = try Proxy([[origin.port]])
        let second = try Server.proxy([[origin.port]], more: "  admin:\n    port: \(first.adminPort)\n")
        #expect(second.log.contains("another process listens on 127.0.0.1:\(first.adminPort)"))
        #expect(try second.stop() == .exited(0))
        #expect(try first.admin("/readyz").status == 200)
    }
}
