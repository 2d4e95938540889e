// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// Users with passwords, on the real executable.
struct ProxyAuthenticationTests {
    /// Of `anna` and `pw6`, `bert` and `pw5`; as htpasswd wrote them.
    private static let anna =
        "$6$rounds=1000$KBLKr9.tVArEU.Zv$ydWZ0BbR9WmCF1PNmTB8k0vHeh/qaFQdV8Tw1hSx8iKzyso"
        + "fb.A16swABBq9UwKVUdiw5WOhVwkWHMWCrwJCt1"
    private static let bert = "$5$rounds=1000$qNJL9IDCBopq1/k8$pgozECNnnT4hrcoJ4L6/cFYtA9Z6LWSUXP5yKK/XzDC"
    private static let annaSays = "Authorization: Basic YW5uYTpwdzY=\r\n"
    private static let bertSays = "Authorization: Basic YmVydDpwdzU=\r\n"

    private static func origin() -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            while let request = try connection.request() {
                origin.note(request)
                try connection.answer("well")
            }
        }
    }

    private static func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
    }

    @Test func `only users may ask, with their passwords, and origins do not get those`() throws {
        let origin = Self.origin()
        let port = RefusedPort.free()
        let proxy = try Server.proxy(
            [[origin.port]],
            more: """
                  admin: {port: \(port)}
                  routes:
                    - path_prefix: /in
                      auth: {realm: The shop, users: {anna: "\(Self.anna)"}}
                    - path_prefix: /both
                      auth: {users: {anna: "\(Self.anna)"}, forward: true}
                    - path_prefix: /open

                """)
        let refused = try proxy.ask(Self.get("/in"))
        #expect(refused.status == 401)
        #expect(refused["www-authenticate"] == #"Basic realm="The shop", charset="UTF-8""#)
        for says in ["Authorization: Basic YW5uYTpwdzU=\r\n", Self.bertSays, "Authorization: Bearer YW5uYTpwdzY=\r\n"] {
            #expect(try proxy.ask(Self.get("/in", says)).status == 401)
        }
        #expect(origin.requests.isEmpty)

        // One connection, its content held back until the password has been looked at, and then none has to be.
        let client = try proxy.connect()
        let content = String(repeating: "x", count: 100_000)
        for _ in 0..<3 {
            try client.send(
                "POST /in HTTP/1.1\r\nHost: h\r\n\(Self.annaSays)Content-Length: 100000\r\n\r\n" + content)
            #expect(try client.response().status == 200)
            #expect(origin.requests.last?.body.count == 100_000)
            #expect(origin.requests.last?["authorization"] == nil)
        }
        try client.send(Self.get("/both", Self.annaSays))
        #expect(try client.response().status == 200)
        #expect(origin.requests.last?["authorization"] == "Basic YW5uYTpwdzY=")
        #expect(try proxy.ask(Self.get("/open")).status == 200)

        let admin = try RawClient(port: port)
        try admin.send(Self.get("/metrics"))
        let metrics = try admin.response().text
        #expect(metrics.contains("proxy_auth_refused_total{reason=\"missing\"} 2\n"))
        #expect(metrics.contains("proxy_auth_refused_total{reason=\"wrong\"} 2\n"))
        try admin.send(Self.get("/config"))
        #expect(try !admin.response().text.contains("$6$"))
    }

    @Test func `a file of users is read again when it changes, and one that is wrong changes nothing`() throws {
        let origin = Self.origin()
        let folder = TemporaryFolder()
        let path = folder.path("users")
        try Files.write("anna:\(Self.anna)\n", to: path)
        let proxy = try Server.proxy(
            [[origin.port]], more: "  routes:\n    - auth: {users_file: \"\(path)\"}\n")
        #expect(try proxy.ask(Self.get("/", Self.annaSays)).status == 200)
        #expect(try proxy.ask(Self.get("/", Self.bertSays)).status == 401)
        try Files.write("anna:secret\n", to: path)
        _ = try eventually(20, "a refusal") { proxy.log.contains("\(path):1:6: error: it must be a hash") ? true : nil }
        #expect(!proxy.log.contains("anna:secret"))
        #expect(try proxy.ask(Self.get("/", Self.annaSays)).status == 200)
        try Files.write("bert:\(Self.bert)\n", to: path)
        _ = try eventually(20, "the other user") {
            try proxy.ask(Self.get("/", Self.bertSays)).status == 200 ? true : nil
        }
        #expect(try proxy.ask(Self.get("/", Self.annaSays)).status == 401, "and the first one is forgotten")
    }
}
