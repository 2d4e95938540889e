// SPDX-License-Identifier: Apache-2.0

/// Something that a specification, or our own table of attacks, asks of a program like ours, in our words.
struct Requirement: Sendable {
    enum Coverage: Sendable, Equatable {
        /// By cases that cite it.
        case cases
        /// By other tests of this package.
        case elsewhere(String)
        /// There is nothing to test, or nobody tests it: why.
        case none(String)
    }

    /// What cases cite: where it stands, and a word if that section asks for several things.
    let key: String
    let text: String
    let coverage: Coverage

    init(_ key: String, _ text: String, _ coverage: Coverage = .cases) {
        self.key = key
        self.text = text
        self.coverage = coverage
    }

    static let all = rfc9112 + rfc9110 + rfc6455 + attacks + vulnerabilities
}

/// A table of cases, and who plays it.
struct Topic: Sendable {
    let name: String
    let cases: [Case]
    let roles: [Stage.Role]

    static let all = [
        Topic(name: "the start line", cases: Case.startLine, roles: [.server, .proxy]),
        Topic(name: "the target", cases: Case.target, roles: [.server, .proxy]),
        Topic(name: "the host", cases: Case.host, roles: [.server, .proxy]),
        Topic(name: "fields", cases: Case.field, roles: [.server, .proxy]),
        Topic(name: "lengths", cases: Case.length, roles: [.server, .proxy]),
        Topic(name: "transfer codings", cases: Case.transferCoding, roles: [.server, .proxy]),
        Topic(name: "chunks", cases: Case.chunked, roles: [.server, .proxy]),
        Topic(name: "connections", cases: Case.connection, roles: [.server, .proxy]),
        Topic(name: "expectations", cases: Case.expect, roles: [.server, .proxy]),
        Topic(name: "the application", cases: Case.application, roles: [.server]),
        Topic(name: "what goes on", cases: Case.forwarding, roles: [.proxy]),
        Topic(name: "what comes back", cases: Case.response, roles: [.proxy]),
        Topic(name: "responses that are wrong", cases: Case.responseFault, roles: [.proxy]),
        Topic(name: "origins and tunnels", cases: Case.origin, roles: [.proxy]),
    ]
}
