// SPDX-License-Identifier: Apache-2.0

/// How many requests each host is sent at a time, and how many may wait for their turn.
///
/// Each worker has an equal share of both, so that none has to ask the others; the first ones have what cannot be
/// divided. A share is at least one request: with more workers than requests, a host is sent one from each.
public struct HostLimits: Sendable, CustomStringConvertible {
    /// For the `Retry-After` of what is refused.
    static let retryAfterSeconds = 1

    let requests: Int
    let waiting: Int
    let waitingMs: Int64
    let workers: Int

    func queue(ofWorker worker: Int) -> HostQueue<Transaction> {
        HostQueue(
            limit: requests(ofWorker: worker),
            waitingMax: waiting == 0 ? 0 : max(share(of: waiting, worker), 1), deadlineMs: waitingMs)
    }

    func requests(ofWorker worker: Int) -> Int { max(share(of: requests, worker), 1) }

    private func share(of whole: Int, _ worker: Int) -> Int {
        whole / workers + (worker < whole % workers ? 1 : 0)
    }

    /// What they come to, for the log.
    public var description: String {
        let least = max(requests / workers, 1)
        let most = max((requests + workers - 1) / workers, 1)
        let each = least == most ? "\(least)" : "\(least) or \(most)"
        return "each host is sent \(max(requests, workers)) request(s) at once, \(each) by each worker; "
            + "\(waiting) more may wait for up to \(waitingMs) ms"
    }
}
