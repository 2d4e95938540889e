// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

// Which users may ask for what a route is for.

extension ProxyConfiguration {
    /// Users with passwords (Basic authentication, RFC 7617). The proxy has no TLS: whatever is in front of it must.
    public struct Authentication: Sendable, Equatable {
        /// Key `proxy.routes.auth.realm`: what browsers call the place that they ask a password for; 1 to 128 visible
        /// ASCII characters and spaces, without `"` and `\`. Default: `restricted`.
        public var realm = "restricted"

        /// Key `proxy.routes.auth.users`: names, and hashes of passwords as `htpasswd -nB NAME` writes them: bcrypt
        /// (`$2y$`, `$2b$`) or SHA-2 (`$5$`, `$6$`). Default: none.
        public var users: [User] = []

        /// Key `proxy.routes.auth.users_file`: a file with a user in each line, as htpasswd writes it, such as one of a
        /// Secret of Kubernetes; beside `users` or instead. It is read again when it changes. Default: `""`, none.
        public var usersFile = ""

        /// Key `proxy.routes.auth.forward`: whether origins get the `Authorization` field, too. Default: `false`.
        public var forward = false

        /// Of the file, once it has been read.
        var usersOfFile: [User] = []

        /// Nobody may ask, until there are users.
        public init() {}
    }

    /// Somebody with a password.
    public struct User: Sendable, Equatable {
        /// What the user is called: up to 255 bytes without a colon and controls.
        public var name: String
        /// Of the password, in a form of crypt(3).
        public var hash: String

        /// The user `name`, whose password fits `hash`.
        public init(name: String, hash: String) {
            self.name = name
            self.hash = hash
        }
    }

    /// Reads the files of users that routes name; without it nobody in them may ask. `file` is what messages call the
    /// configuration. Blocks while it reads.
    public mutating func loadUsers(file: String) throws(ConfigurationErrors) {
        var found: [Diagnostic] = []
        for index in routes.indices {
            guard let path = routes[index].auth?.usersFile, !path.isEmpty else { continue }
            do throws(FileError) {
                let content = try readFile(path, bytesMax: UsersFile.bytesMax + 1)
                routes[index].auth?.usersOfFile = UsersFile.users(content, file: path, &found)
            } catch {
                let key = "proxy.routes[\(index)].auth.users_file \(path.quotedForMessage)"
                let message = "\(key): cannot \(error.operation): \(error.text)"
                found.append(Diagnostic(file: file, position: nil, message: message))
            }
        }
        if !found.isEmpty { throw ConfigurationErrors(found) }
    }

    /// The files of users that routes name.
    var usersFiles: Set<String> {
        Set(routes.compactMap { $0.auth?.usersFile }.filter { !$0.isEmpty })
    }

    /// Without the hashes, for whoever may see how the proxy is configured and need not know them.
    var withoutHashes: ProxyConfiguration {
        var shown = self
        for route in shown.routes.indices {
            for user in (shown.routes[route].auth?.users ?? []).indices {
                shown.routes[route].auth?.users[user].hash = "(hidden)"
            }
        }
        return shown
    }
}

extension ProxyConfiguration.Authentication: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("realm", \.realm, .realm),
        .key("users", \.users, .users),
        .key("users_file", \.usersFile, .path),
        .key("forward", \.forward, .boolean),
    ]
}

extension ProxyConfiguration.User {
    static let nameBytesMax = 255
    static let wanted = "a name of 1 to \(nameBytesMax) bytes without : and controls"

    static func isName(_ name: String) -> Bool {
        (1...nameBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ":") }
    }
}

/// The lines of htpasswd: NAME:HASH, and what follows another colon is a comment; so are lines that begin with `#`.
enum UsersFile {
    static let bytesMax = 1 << 20

    static func users(_ content: [UInt8], file: String, _ found: inout [Diagnostic]) -> [ProxyConfiguration.User] {
        func report(_ line: Int, _ column: Int, _ message: String) {
            let position = SourcePosition(line: line, column: column)
            found.append(Diagnostic(file: file, position: position, message: message))
        }
        guard content.count <= bytesMax else {
            report(1, 1, "the file is larger than \(bytesMax) bytes")
            return []
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            report(1, 1, "the file is not UTF-8")
            return []
        }
        var users: [ProxyConfiguration.User] = []
        var firstLines: [String: Int] = [:]
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (number, line) in zip(1..., lines) where !line.isEmpty && !line.hasPrefix("#") {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count > 1, ProxyConfiguration.User.isName(parts[0]) else {
                report(number, 1, "a line must be NAME:HASH, with \(ProxyConfiguration.User.wanted)")
                continue
            }
            if let problem = PasswordHash.problem(parts[1]) { report(number, parts[0].count + 2, problem) }
            if let first = firstLines[parts[0]] {
                report(number, 1, "the user \(parts[0].quotedForMessage) is already on line \(first)")
            }
            firstLines[parts[0]] = number
            users.append(ProxyConfiguration.User(name: parts[0], hash: parts[1]))
        }
        if users.isEmpty { report(1, 1, "the file has no user; add one with: htpasswd -B FILE NAME") }
        return users
    }
}

extension ValueKind<String> {
    private static let realmBytesMax = 128

    /// What can stand in quotes as it is.
    fileprivate static var realm: ValueKind {
        .text("1 to \(realmBytesMax) visible ASCII characters and spaces, without \" and \\") { scalar in
            guard scalar.meaning == .text else { return .mismatch(remedy: "put it in quotes") }
            let bytes = scalar.text.utf8
            let isRealm =
                (1...realmBytesMax).contains(bytes.count)
                && bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            return isRealm ? .value(scalar.text) : .mismatch(remedy: nil)
        }
    }
}

extension ValueKind<ProxyConfiguration.Authentication?> {
    /// Users who alone may ask. There is none by default, and one without users would be no protection.
    static var authentication: ValueKind {
        let section = ValueKind<ProxyConfiguration.Authentication>.section
        return ValueKind(
            section.wants, schema: section.schema, write: { $0.map(section.write) ?? .list([]) }
        ) { node, findings in
            guard let read = section.read(node, &findings) else { return nil }
            // What is wrong with users has been reported.
            let users = node.value(of: "users")?.content ?? .mapping([])
            if case .mapping = node.content, users == .mapping([]), read.usersFile.isEmpty {
                findings.report(node.position, "\(findings.path) needs the key 'users' or the key 'users_file'")
            }
            return .some(read)
        }
    }
}

extension ValueKind<[ProxyConfiguration.User]> {
    /// A mapping of names to hashes. What is wrong with a hash is told without it: it may be the password itself.
    static var users: ValueKind {
        let wants = "a mapping of names to hashes of passwords"
        return ValueKind(wants, schema: .texts, write: write) { node, findings in
            guard case .mapping(let entries) = node.content else {
                findings.reportMismatch(node, wants: wants)
                return nil
            }
            var users: [ProxyConfiguration.User] = []
            var firstLines: [String: Int] = [:]
            for entry in entries {
                guard let name = entry.key.scalar?.text, ProxyConfiguration.User.isName(name) else {
                    let wanted = ProxyConfiguration.User.wanted
                    findings.report(entry.key.position, "a user \(findings.place) must have \(wanted)")
                    continue
                }
                if let line = firstLines[name] {
                    findings.report(
                        entry.key.position, "the user \(name.quotedForMessage) is already on line \(line)")
                }
                firstLines[name] = entry.key.position.line
                let problem = entry.value.scalar.map { PasswordHash.problem($0.text) } ?? "it must be a text"
                if let problem {
                    findings.report(entry.value.position, "\(findings.path).\(name): \(problem)")
                }
                users.append(ProxyConfiguration.User(name: name, hash: entry.value.scalar?.text ?? ""))
            }
            return users
        }
    }

    private static func write(_ users: [ProxyConfiguration.User]) -> YAMLText {
        if users.isEmpty { return .plain("{}") }
        return .mapping(users.map { YAMLText.Entry(name: $0.name.jsonQuoted, value: .quoted($0.hash)) })
    }
}
