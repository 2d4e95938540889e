// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventProxy

struct AuthenticationKeysTests {
    private static func route(_ auth: String) -> String { "  routes:\n    - auth: \(auth)" }

    @Test func `users are read, written again, and shown without their hashes`() throws {
        let configuration = try parse(
            file(Self.route("{realm: The shop, users: {anna: '\(Written.bcrypt)', \"b c\": \(Written.sha512)}}")))
        let auth = try #require(configuration.routes.first?.auth)
        #expect(auth.realm == "The shop" && !auth.forward)
        #expect(auth.users.map(\.name) == ["anna", "b c"])
        #expect(auth.users.map(\.hash) == [Written.bcrypt, Written.sha512])
        #expect(try parse(configuration.yaml) == configuration)
        let shown = configuration.withoutHashes.yaml
        #expect(shown.contains("\"anna\": \"(hidden)\"") && !shown.contains("$2y$") && !shown.contains("$6$"))
    }

    @Test(arguments: [
        ("{}", "3:13: proxy.routes[0].auth needs the key 'users' or the key 'users_file'"),
        ("{users_file: ''}", "3:13: proxy.routes[0].auth needs the key 'users' or the key 'users_file'"),
        ("{users: {}}", "3:13: proxy.routes[0].auth needs the key 'users' or the key 'users_file'"),
        (
            "{users: anna}",
            "3:21: proxy.routes[0].auth.users must be a mapping of names to hashes of passwords, found 'anna'"
        ),
        (
            "{users: {anna: secret}}",
            "3:28: proxy.routes[0].auth.users.anna: it must be a hash of bcrypt ($2y$, $2b$) or SHA-2 ($5$, $6$); "
                + "write one with: htpasswd -nB NAME"
        ),
        (
            "{users: {'a:b': secret}}",
            "3:22: a user in proxy.routes[0].auth.users must have a name of 1 to 255 bytes without : and controls"
        ),
        (
            "{users_file: f, realm: 'a\"b'}",
            "3:36: proxy.routes[0].auth.realm must be 1 to 128 visible ASCII characters and spaces, "
                + "without \" and \\, found the quoted text 'a\"b'"
        ),
    ])
    func `what protects nothing is an error`(auth: String, error: String) {
        #expect(errors(in: file(Self.route(auth))).map { $0.replacing("config.yaml:", with: "") } == [error])
    }

    @Test func `users in a file alone are written again, too`() throws {
        let configuration = try parse(file(Self.route("{users_file: /etc/users, forward: true}")))
        #expect(configuration.routes.first?.auth?.usersFile == "/etc/users")
        #expect(configuration.routes.first?.auth?.forward == true)
        #expect(try parse(configuration.yaml) == configuration)
    }

    @Test func `a file of users is htpasswd's, with comments and empty lines`() {
        var found: [Diagnostic] = []
        let text = "# ours\n\nanna:\(Written.bcrypt)\r\nbert:\(Written.sha256):a comment\n"
        let users = UsersFile.users(Array(text.utf8), file: "f", &found)
        #expect(found.isEmpty && users.map(\.name) == ["anna", "bert"])
        #expect(users.map(\.hash) == [Written.bcrypt, Written.sha256])
    }

    @Test(arguments: [
        ("", "f:1:1: error: the file has no user; add one with: htpasswd -B FILE NAME"),
        ("anna", "f:1:1: error: a line must be NAME:HASH, with a name of 1 to 255 bytes without : and controls"),
        (
            "bert:\(Written.sha256)\nanna:secret",
            "f:2:6: error: it must be a hash of bcrypt ($2y$, $2b$) or SHA-2 ($5$, $6$); "
                + "write one with: htpasswd -nB NAME"
        ),
        ("anna:\(Written.sha256)\nanna:\(Written.sha256)", "f:2:1: error: the user 'anna' is already on line 1"),
    ])
    func `what is wrong with it has line and column`(text: String, error: String) {
        var found: [Diagnostic] = []
        _ = UsersFile.users(Array(text.utf8), file: "f", &found)
        #expect(found.first?.description == error)
    }
}
