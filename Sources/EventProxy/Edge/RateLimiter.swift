// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Synchronization

/// The buckets of a process, which all workers share: a client has what the configuration says whichever workers its
/// connections have come to. Cut up, so that workers seldom want the same part at once; each is locked for one look.
final class RateLimiter: Sendable {
    /// Of all limits together; a mebibyte.
    private static let bucketsMax = 65_536
    private static let partCount = 64

    private final class Part: Sendable {
        let table = Mutex(BucketTable(capacity: RateLimiter.bucketsMax / RateLimiter.partCount))
    }

    private let parts = (0..<RateLimiter.partCount).map { _ in Part() }
    /// Nobody outside knows it, so nobody can choose keys that share a place.
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    /// Takes a token for a request. If there is none, gives the seconds until there will be one.
    func take(
        _ rule: RateRule, for request: borrowing RequestHead, from client: SocketAddress, nowNs: Int64
    ) -> Int64? {
        let key = Hash64.combine(rule.key(of: request, from: client, seed: seed), rule.salt)
        let part = parts[Int(key >> 32) % Self.partCount]
        guard let missingNs = part.table.withLock({ $0.take(key, rule.rate, nowNs: nowNs) }) else { return nil }
        return (missingNs + 999_999_999) / 1_000_000_000
    }
}

/// A limit, made ready for requests.
struct RateRule: Sendable {
    let rate: BucketRate
    /// Tells its buckets from those of other limits; the same after a reload, as long as the limit is.
    let salt: UInt64
    private let by: ProxyConfiguration.RateLimit.Subject
    private let field: [UInt8]
    /// What clients are told of it.
    private let name: [UInt8]
    private let requests: UInt64
    /// Nil if it is no whole number, which is all that can be told.
    private let seconds: UInt64?

    /// Nil if there is no limit. `place` tells it from others, and `name` tells clients which one it is.
    init?(_ limit: ProxyConfiguration.RateLimit, place: String, name: String) {
        guard limit.requests > 0 else { return nil }
        self.name = Array(name.utf8)
        requests = UInt64(limit.requests)
        seconds = limit.perMs % 1_000 == 0 ? UInt64(limit.perMs / 1_000) : nil
        let burst = limit.burst == 0 ? limit.requests : limit.burst
        rate = BucketRate(requests: limit.requests, perMs: limit.perMs, burst: burst)
        by = limit.by
        field = if case .field(let name) = limit.by { Array(name.utf8) } else { [] }
        salt = Hash64.hash(Array("\(place) \(limit)".utf8).span, seed: 0)
    }

    /// Whose bucket it is. Who does not send the field is told by the address.
    func key(of request: borrowing RequestHead, from client: SocketAddress, seed: UInt64) -> UInt64 {
        switch by {
        case .route: return seed
        case .address: return client.networkKey(seed: seed)
        case .field:
            let name = field
            let fields = request.fields
            for i in 0..<fields.count where fields[i].name.isSameName(as: name.span) {
                return Hash64.hash(fields[i].value, seed: seed)
            }
            return client.networkKey(seed: seed)
        }
    }

    /// Tells a client that has used it up what it is, and in how many seconds there will be another request
    /// (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4).
    func write(seconds: Int64, to writer: inout FieldWriter) {
        writer.begin("RateLimit-Policy")
        writer.structured(name.span)
        writer.literal(";q=")
        writer.decimal(requests)
        if let window = self.seconds {
            writer.literal(";w=")
            writer.decimal(window)
        }
        writer.end()
        writer.begin("RateLimit")
        writer.structured(name.span)
        writer.literal(";r=0;t=")
        writer.decimal(UInt64(max(seconds, 1)))
        writer.end()
    }
}

extension SocketAddress {
    /// A client by its address. One of IPv6 has 64 bits of them for itself, and could come from another one each time.
    func networkKey(seed: UInt64) -> UInt64 {
        let (high, low) = mappedWords
        let isIPv4 = high == 0 && low >> 32 == 0xffff
        return Hash64.combine(Hash64.combine(high, seed), isIPv4 ? low : 0)
    }
}
