// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Who may ask for what a route is for, made ready for requests. Does not change.
final class RouteAuthentication: Sendable {
    /// What the client is told that it must say (RFC 7617 §2).
    let challenge: FieldLines
    private let users: [[UInt8]: [UInt8]]
    private let hashes: [[UInt8]]

    init(_ configuration: ProxyConfiguration.Authentication) {
        // The configuration has been checked: a realm has nothing that would have to be escaped.
        challenge = FieldLines(["WWW-Authenticate": "Basic realm=\"\(configuration.realm)\", charset=\"UTF-8\""])
        let all = configuration.users + configuration.usersOfFile
        users = Dictionary(all.map { (Array($0.name.utf8), Array($0.hash.utf8)) }) { first, _ in first }
        hashes = all.map { Array($0.hash.utf8) }
    }

    /// The hash that a user's password must fit. For a name that is none's it is somebody's, always the same one's, so
    /// that it takes as long to find out. Nil if there are no users.
    func user(_ name: [UInt8], seed: UInt64) -> (hash: [UInt8], isKnown: Bool)? {
        if let hash = users[name] { return (hash, true) }
        if hashes.isEmpty { return nil }
        return (hashes[Int(Hash64.hash(name.span, seed: seed) % UInt64(hashes.count))], false)
    }
}
