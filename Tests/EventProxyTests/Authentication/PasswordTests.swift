// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import EventHTTP
@testable import EventProxy

/// Hashes as htpasswd 2.4 wrote them.
enum Written {
    static let bcrypt = "$2y$04$vXSM.mn6HcUxPOYihLxZUOTXZmyKNoIp5iog1H6HbmL7L0fEdc9Iu"
    static let sha512 =
        "$6$rounds=1000$KBLKr9.tVArEU.Zv$ydWZ0BbR9WmCF1PNmTB8k0vHeh/qaFQdV8Tw1hSx8iKzyso"
        + "fb.A16swABBq9UwKVUdiw5WOhVwkWHMWCrwJCt1"
    static let sha256 = "$5$rounds=1000$qNJL9IDCBopq1/k8$pgozECNnnT4hrcoJ4L6/cFYtA9Z6LWSUXP5yKK/XzDC"
}

struct PasswordTests {
    @Test(arguments: [
        (Written.bcrypt, "secret:Ä 1"), (Written.bcrypt.replacing("$2y$", with: "$2b$"), "secret:Ä 1"),
        (Written.sha512, "pw6"), (Written.sha256, "pw5"),
    ])
    func `a password fits the hash that was made from it, and no other`(hash: String, password: String) {
        func verify(_ password: String) -> Bool { Crypt.verify(password: Array(password.utf8), hash: Array(hash.utf8)) }
        #expect(PasswordHash.problem(hash) == nil)
        #expect(verify(password))
        for other in ["", password + "x", String(password.dropLast()), password.uppercased() + "!", password + "\0"] {
            #expect(!verify(other), "\(other)")
        }
    }

    @Test(arguments: [
        "", "secret", "$apr1$salt$abcdefghijklmnopqrstuv", "{SHA}abc=", "$1$salt$abcdefghijklmnopqrstuv", "*", "!",
        "$2y$15$vXSM.mn6HcUxPOYihLxZUOTXZmyKNoIp5iog1H6HbmL7L0fEdc9Iu", "$2y$04$short",
        "$2y$03$vXSM.mn6HcUxPOYihLxZUOTXZmyKNoIp5iog1H6HbmL7L0fEdc9Iu", "$2x$04$short", "$6$salt", "$6$$",
        "$6$salt$short",
        Written.sha256.replacing("rounds=1000", with: "rounds=1000001"),
        Written.sha256.replacing("rounds=1000", with: "rounds=x"), Written.sha256 + "x", Written.bcrypt + ":",
        Written.sha256.replacing("$5$", with: "$6$"),
    ])
    func `what is no hash, or takes too long, is refused without a word of it`(text: String) throws {
        let problem = try #require(PasswordHash.problem(text))
        #expect(text.count < 6 || !problem.contains(text))
    }

    /// The vector of the paper's appendix A.
    @Test func `SipHash is what its authors say`() {
        let hash = SipHash(low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908)
        #expect(hash((0..<15).map { UInt8($0) }) == 0xa129_ca61_49be_45e5)
        #expect(hash([]) == 0x726f_db47_dd0e_0e31)
    }

    @Test(arguments: [
        ("Basic YTpi", "a", "b"), ("basic   YTpiOmM=", "a", "b:c"), ("BASIC Og==", "", ""),
        ("Basic w6Q6w7Y=", "ä", "ö"),
        ("Basic " + String(repeating: "YWFh", count: 85) + "OmI=", String(repeating: "a", count: 255), "b"),
        ("Basic YTph" + String(repeating: "YWFh", count: 170) + "YQ==", "a", String(repeating: "a", count: 512)),
    ])
    func `credentials are what is before and after the first colon`(value: String, name: String, password: String)
        throws
    {
        try withRequest("GET / HTTP/1.1", ["Authorization: \(value)"]) { request in
            let credentials = BasicCredentials(request.fields)
            #expect(credentials?.name == Array(name.utf8) && credentials?.password == Array(password.utf8))
        }
    }

    @Test(arguments: [
        [], ["Bearer YTpi"], ["Basic"], ["Basic YQ=="], ["Basic YTpi="], ["Basic YTpi YTpi"],
        ["Basic YTpi", "Basic YTpi"],
        // A line break within, and a NUL.
        ["Basic YToKYg=="], ["Basic YToAYg=="], ["Basic " + String(repeating: "YTpi", count: 300)],
        // A name of 256 bytes, and a password of 513.
        ["Basic " + String(repeating: "YWFh", count: 85) + "YTpi"],
        ["Basic YTph" + String(repeating: "YWFh", count: 170) + "YWE="],
    ])
    func `without credentials, or with malformed ones, there are none`(values: [String]) throws {
        try withRequest("GET / HTTP/1.1", values.map { "Authorization: \($0)" }) { request in
            let read = BasicCredentials(request.fields)
            #expect(read == nil)
        }
    }

    @Test func `what was right is remembered for a while, in memory that does not grow`() {
        var memory = CredentialMemory(capacity: 16)
        let tags = (UInt64(0)..<100).map { CredentialTag(low: $0, high: $0 + 1) }
        memory.remember(tags[0], nowMs: 0)
        #expect(memory.holds(tags[0], nowMs: CredentialMemory.validMs - 1))
        #expect(!memory.holds(tags[0], nowMs: CredentialMemory.validMs))
        #expect(!memory.holds(CredentialTag(low: 0, high: 2), nowMs: 0))
        for (index, tag) in tags.enumerated() { memory.remember(tag, nowMs: Int64(index)) }
        #expect(tags.suffix(16).allSatisfy { memory.holds($0, nowMs: 100) })
        #expect(tags.count { memory.holds($0, nowMs: 100) } == 16)
    }
}

/// The queue, with a stand-in for the slow part.
struct PasswordCheckerTests {
    private static let client = SocketAddress(ipv4: 0xc000_0201, port: 1)

    private static func authentication(_ users: [(String, String)] = [("anna", "h1"), ("bert", "h2")])
        -> RouteAuthentication
    {
        var configuration = ProxyConfiguration.Authentication()
        configuration.users = users.map { .init(name: $0.0, hash: $0.1) }
        return RouteAuthentication(configuration)
    }

    private static func credentials(_ name: String, _ password: String) throws -> BasicCredentials {
        let pair = Array("\(name):\(password)".utf8)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text = "Basic "
        for start in stride(from: 0, to: pair.count, by: 3) {
            let part = Array(pair[start..<min(start + 3, pair.count)])
            let word = (0..<3).reduce(0) { $0 << 8 | Int($1 < part.count ? part[$1] : 0) }
            for digit in 0..<4 {
                let isThere = digit <= part.count
                text += isThere ? String(UnicodeScalar(alphabet[word >> (18 - 6 * digit) & 63])) : "="
            }
        }
        let read = try withRequest("GET / HTTP/1.1", ["Authorization: \(text)"]) { BasicCredentials($0.fields) }
        return try #require(read)
    }

    private final class Log: Sendable {
        let hashes = Mutex<[String]>([])
        let results = Mutex<[Bool]>([])
    }

    /// The password of hN is pN.
    private static func checker(_ log: Log) -> PasswordChecker {
        PasswordChecker { password, hash in
            let hash = String(decoding: hash, as: UTF8.self)
            log.hashes.withLock { $0.append(hash) }
            return String(decoding: password, as: UTF8.self) == hash.replacing("h", with: "p")
        }
    }

    /// What a check comes to, or what is said at once.
    private static func ask(
        _ checker: PasswordChecker, _ log: Log, _ name: String, _ password: String,
        _ authentication: RouteAuthentication = authentication(), nowNs: Int64 = 0
    ) throws -> String {
        switch checker.look(try credentials(name, password), authentication, from: client, nowNs: nowNs) {
        case .right: return "known"
        case .wrong: return "nobody"
        case .limited(let seconds): return "limited \(seconds)"
        case .check(let check):
            let before = log.results.withLock { $0.count }
            guard checker.begin(check, { result in log.results.withLock { $0.append(result) } }) else { return "full" }
            while log.results.withLock({ $0.count }) == before { usleepShortly() }
            return log.results.withLock { $0.last == true } ? "right" : "wrong"
        }
    }

    @Test func `a right password is hashed once, until its user has another one or time is up`() throws {
        let log = Log()
        let checker = Self.checker(log)
        #expect(try Self.ask(checker, log, "anna", "p1") == "right")
        #expect(try Self.ask(checker, log, "anna", "p1") == "known")
        #expect(try Self.ask(checker, log, "bert", "p1") == "wrong")
        #expect(log.hashes.withLock { $0 } == ["h1", "h2"])
        // A reload: another password; no such user any more.
        #expect(try Self.ask(checker, log, "anna", "p1", Self.authentication([("anna", "h3")])) == "wrong")
        #expect(try Self.ask(checker, log, "anna", "p1", Self.authentication([("bert", "h1")])) == "wrong")
        #expect(try Self.ask(checker, log, "anna", "p1", Self.authentication([])) == "nobody")
        #expect(try Self.ask(checker, log, "anna", "p1", nowNs: (CredentialMemory.validMs - 1) * 1_000_000) == "known")
        #expect(try Self.ask(checker, log, "anna", "p1", nowNs: CredentialMemory.validMs * 1_000_000) == "right")
    }

    @Test func `a user that is none costs a hash, and is none whatever the password`() throws {
        let log = Log()
        let checker = Self.checker(log)
        for password in ["p1", "p2", "x"] { #expect(try Self.ask(checker, log, "nobody", password) == "wrong") }
        #expect(log.hashes.withLock { $0.count } == 3)
        // Always the same one's, or the time would tell.
        #expect(Set(log.hashes.withLock { $0 }).count == 1)
    }

    @Test func `a client may get twenty wrong, then one every three seconds; what is right costs nothing`() throws {
        let log = Log()
        let checker = Self.checker(log)
        for _ in 0..<30 { #expect(try Self.ask(checker, log, "anna", "p1", nowNs: 0) != "limited 3") }
        for _ in 0..<20 { #expect(try Self.ask(checker, log, "anna", "x") == "wrong") }
        #expect(try Self.ask(checker, log, "bert", "p2") == "limited 3")
        #expect(try Self.ask(checker, log, "anna", "p1") == "known")
        #expect(try Self.ask(checker, log, "bert", "p2", nowNs: 3_000_000_000) == "right")
    }
}

import Glibc

private func usleepShortly() { usleep(1_000) }
