// SPDX-License-Identifier: Apache-2.0

/// What the server of one loop counts: written on that loop's thread only, read from any.
public final class ServerMetrics: Sendable {
    private let before = CacheLinePadding()
    package let connectionsAccepted = Counter()
    package let connectionsClosed = Counter()
    /// Connections of proxies that were closed for their PROXY header.
    package let proxyHeadersRefused = Counter()
    package let requestsBegan = Counter()
    /// By the first digit of the status; 0 counts requests whose client left before there was one.
    package let requestsEnded = InlineArray<6, Counter> { _ in Counter() }
    /// From the end of the request's head to the end of the response.
    package let durations = DurationHistogram()
    /// Content of responses, without heads and framing.
    package let contentBytes = Counter()
    private let after = CacheLinePadding()

    /// All counters are 0.
    public init() {}

    func ended(status: UInt16, us: Int64, bytes: UInt64) {
        requestsEnded[Int(min(status / 100, 5))].add()
        // A tunnel lasts as long as it likes, and who left has waited for nothing.
        if status >= 200 { durations.observe(us: us) }
        contentBytes.add(bytes)
    }

    /// Requests that have begun and not ended. Read in this order it is never negative.
    package var inFlight: UInt64 {
        var ended: UInt64 = 0
        for digit in 0..<6 { ended += requestsEnded[digit].total }
        return requestsBegan.total - min(ended, requestsBegan.total)
    }

    package var openConnections: UInt64 {
        let closed = connectionsClosed.total
        return connectionsAccepted.total - min(closed, connectionsAccepted.total)
    }
}
