// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What one worker counts of one host. See `WorkerMetrics` for who may write.
final class HostMetrics: Sendable {
    let service: String
    /// `ADDRESS:PORT`, with the address that a name was resolved to.
    let host: String

    private let before = CacheLinePadding()
    /// Attempts that were answered, by the first digit of the status.
    private let answers = InlineArray<6, Counter> { _ in Counter() }
    private let failures = InlineArray<8, Counter> { _ in Counter() }
    /// From the end of the request to the head of the response, in the buckets of `LatencyQuantile`.
    private let latencies = InlineArray<128, Counter> { _ in Counter() }
    let connectionsMade = Counter()
    /// Connections that carry a request, which is one for each; and those that wait for one.
    let connectionsActive = Gauge()
    let connectionsIdle = Gauge()
    private let after = CacheLinePadding()

    init(service: String, host: String) {
        self.service = service
        self.host = host
    }

    func answered(_ status: Status, us: Int64) {
        answers[Int(status.code / 100)].add()
        latencies[LatencyQuantile.bucket(us)].add()
    }

    func failed(_ reason: FailureReason) {
        failures[Int(reason.rawValue)].add()
    }

    /// Adds this worker's part to that of others.
    func add(to sum: inout HostTotals) {
        for digit in 1..<6 { sum.answers[digit] += answers[digit].total }
        for reason in FailureReason.allCases {
            sum.failures[Int(reason.rawValue)] += failures[Int(reason.rawValue)].total
        }
        for bucket in 0..<LatencyQuantile.bucketCount { sum.latencies[bucket] += latencies[bucket].total }
        sum.connectionsMade += connectionsMade.total
        sum.connectionsActive += max(connectionsActive.level, 0)
        sum.connectionsIdle += max(connectionsIdle.level, 0)
    }
}

/// What all workers have counted of one host.
struct HostTotals: Sendable, Equatable {
    /// By the first digit of the status.
    var answers: [UInt64] = Array(repeating: 0, count: 6)
    /// By `FailureReason`.
    var failures: [UInt64] = Array(repeating: 0, count: FailureReason.allCases.count)
    /// By the buckets of `LatencyQuantile`.
    var latencies: [UInt64] = Array(repeating: 0, count: LatencyQuantile.bucketCount)
    var connectionsMade: UInt64 = 0
    var connectionsActive: Int64 = 0
    var connectionsIdle: Int64 = 0

    /// Answers below 500, and all else that an attempt came to.
    var successes: UInt64 { answers[1...4].reduce(0, +) }
    var allFailures: UInt64 { answers[5] + failures.reduce(0, +) - failures[Int(FailureReason.stale.rawValue)] }
}

/// Why an attempt was not answered, or its response not whole.
enum FailureReason: UInt8, CaseIterable {
    case connect
    case connectTimeout
    /// No head of a response in time.
    case timeout
    /// The connection ended before an answer.
    case lost
    /// The same, of a connection that had idled: the request was sent again, and nothing is wrong with the host.
    case stale
    /// What came is not valid HTTP.
    case malformed
    /// The response ended, or stopped, in its content.
    case truncated
    /// This process could not ask: it had no descriptor or no port left.
    case local

    var label: String {
        switch self {
        case .connect: "connect"
        case .connectTimeout: "connect_timeout"
        case .timeout: "timeout"
        case .lost: "lost"
        case .stale: "stale"
        case .malformed: "malformed"
        case .truncated: "truncated"
        case .local: "local"
        }
    }

    /// The reason for which there was no answer.
    init(_ failure: ClientFailure, willReplay: Bool) {
        self =
            switch failure {
            case .connect(let number): SystemError.isOurs(number) ? .local : .connect
            case .connectTimeout: .connectTimeout
            case .lost: willReplay ? .stale : .lost
            case .responseTimeout, .bodyTimeout: .timeout
            case .malformed: .malformed
            }
    }
}
