// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Synchronization

/// A password that is to be compared with a hash.
struct PasswordCheck: Sendable {
    let authentication: RouteAuthentication
    fileprivate let password: [UInt8]
    fileprivate let hash: [UInt8]
    /// There is such a user; else the time is spent all the same, and the answer is no.
    fileprivate let isUser: Bool
    fileprivate let tag: CredentialTag
    fileprivate let client: UInt64
    fileprivate let nowMs: Int64
}

/// Compares passwords with hashes for all loops of a process, on threads of its own: a hash takes milliseconds, in
/// which a loop would serve nobody.
final class PasswordChecker: Sendable {
    /// So many are hashed at a time, so that guessing leaves processors to the loops.
    static let threadsMax = 2
    /// So many wait for that; who comes then is answered 503.
    static let waitingMax = 64
    /// What a client may get wrong: twenty at once, then one every three seconds.
    static let failures = BucketRate(requests: 20, perMs: 60_000, burst: 20)
    private static let clientsMax = 16_384

    typealias Verify = @Sendable (_ password: [UInt8], _ hash: [UInt8]) -> Bool
    private typealias Job = (check: PasswordCheck, completion: @Sendable (Bool) -> Void)

    private let threads = JobThreads<Job>("passwords", threadsMax: threadsMax, waitingMax: waitingMax)
    private let memory = Mutex(CredentialMemory())
    private let buckets = Mutex(BucketTable(capacity: clientsMax))
    private let keys: (SipHash, SipHash)
    private let seed: UInt64
    private let verify: Verify

    /// `verify` compares a password with a hash.
    init(verify: @escaping Verify = Crypt.verify) {
        var random = SystemRandomNumberGenerator()
        keys = (SipHash(low: random.next(), high: random.next()), SipHash(low: random.next(), high: random.next()))
        seed = random.next()
        self.verify = verify
    }

    enum Verdict {
        case right
        case check(PasswordCheck)
        /// The client has got too many wrong lately.
        case limited(seconds: Int64)
        /// There is no user at all.
        case wrong
    }

    /// What is known of a credential at once. One to be checked is given to `begin`.
    func look(
        _ credentials: BasicCredentials, _ authentication: RouteAuthentication, from client: SocketAddress,
        nowNs: Int64
    ) -> Verdict {
        let user = authentication.user(credentials.name, seed: seed)
        guard let user else { return .wrong }
        let nowMs = nowNs / 1_000_000
        let text = credentials.name + [0] + credentials.password + [0] + user.hash
        let tag = CredentialTag(low: keys.0(text), high: keys.1(text))
        // The hash may be somebody else's now, and have been that of this name.
        if user.isKnown, memory.withLock({ $0.holds(tag, nowMs: nowMs) }) { return .right }
        let bucket = client.networkKey(seed: seed)
        if let missing = buckets.withLock({ $0.take(bucket, Self.failures, nowNs: nowNs) }) {
            return .limited(seconds: (missing + 999_999_999) / 1_000_000_000)
        }
        return .check(
            PasswordCheck(
                authentication: authentication, password: credentials.password, hash: user.hash, isUser: user.isKnown,
                tag: tag, client: bucket, nowMs: nowMs))
    }

    /// Has `completion` told on another thread whether the password is right. False, and it is not called, if too many
    /// wait.
    func begin(_ check: PasswordCheck, _ completion: @escaping @Sendable (Bool) -> Void) -> Bool {
        let isTaken = threads.submit((check, completion)) { job in job.completion(self.isRight(job.check)) }
        if !isTaken { giveBack(check) }
        return isTaken
    }

    private func isRight(_ check: PasswordCheck) -> Bool {
        // Browsers send several requests at once: one of them is enough to find out.
        let isKnown = check.isUser && memory.withLock { $0.holds(check.tag, nowMs: check.nowMs) }
        guard isKnown || verify(check.password, check.hash), check.isUser else { return false }
        memory.withLock { $0.remember(check.tag, nowMs: check.nowMs) }
        giveBack(check)
        return true
    }

    /// It was no failure of the client's.
    private func giveBack(_ check: PasswordCheck) {
        buckets.withLock { $0.giveBack(check.client, Self.failures) }
    }
}
