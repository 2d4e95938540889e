// SPDX-License-Identifier: Apache-2.0
import EventProxy
import Glibc

/// Authentication at the edge: a proxy that passes on requests with a token, and tells the services behind it whose
/// they are. It answers all others itself.
///
///     TOKENS='ada=secret grace=hidden' edge --config edge.yaml
///     curl -H 'Authorization: Bearer secret' http://127.0.0.1:8000/
@main
enum Edge {
    static func main() {
        let users = Users(getenv("TOKENS").map { String(cString: $0) } ?? "")
        Proxy.main(config: "edge.yaml") { Bearer(users) }
    }
}

/// Lets requests with a token through (RFC 6750).
struct Bearer: ProxyPolicy {
    private let users: Users
    /// Of the request that is being routed.
    private var user = ""

    init(_ users: Users) {
        self.users = users
    }

    mutating func route(_ request: borrowing RequestHead, from client: SocketAddress) -> ProxyDecision {
        guard let value = request.fields.first(.authorization), value.hasPrefix("Bearer "),
            let user = users.user(of: value.dropping("Bearer ".utf8.count))
        else {
            let challenge = FieldLines(["WWW-Authenticate": "Bearer realm=\"edge\""])
            return .answer(.unauthorized, "a token is needed\n", fields: challenge)
        }
        self.user = user
        return .pass
    }

    /// What is behind need not know the secret, and must not take a client's word for who it is.
    mutating func rewrite(_ request: borrowing RequestHead, _ fields: inout ProxyFields) {
        fields.remove("Authorization")
        fields.set("X-User", user)
    }
}

/// Who has which token.
struct Users {
    private let tokens: [(name: String, token: [UInt8])]

    /// From `NAME=TOKEN NAME=TOKEN …`.
    init(_ text: String) {
        tokens = text.split(separator: " ").compactMap { entry in
            let parts = entry.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), Array(parts[1].utf8)) : nil
        }
    }

    func user(of token: Span<UInt8>) -> String? {
        tokens.first { isEqual(token, $0.token) }?.name
    }

    /// Takes as long for a token that is nearly right as for one that is all wrong.
    private func isEqual(_ given: Span<UInt8>, _ token: [UInt8]) -> Bool {
        guard given.count == token.count else { return false }
        return token.indices.reduce(0) { $0 | (given[$1] ^ token[$1]) } == 0
    }
}
