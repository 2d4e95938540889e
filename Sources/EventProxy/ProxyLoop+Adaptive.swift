// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// `limits.adaptive`: each worker finds out by itself how many requests it sends to a service at once. The hosts of the
/// service share that by their weights, so that what is above it waits or goes elsewhere as it does at any full host.
extension ProxyLoop {
    var isAdaptive: Bool { !concurrency.isEmpty }

    /// An attempt was answered, or was not in time.
    func adapt(service: Int, us: Int64, beganMs: Int64) {
        if concurrency[service].record(us: us, beganMs: beganMs, nowMs: loop.nowMs) { shareLimit(of: service) }
    }

    /// Services or their hosts have changed: for each service of before its number now, or nil.
    func moveConcurrency(_ moved: [Int?], _ new: ProxySnapshot) {
        guard new.configuration.limits.adaptive else { return concurrency = [] }
        let before = concurrency
        let each = new.hostLimits.requests(ofWorker: worker)
        concurrency = ContiguousArray(new.hostCounts.map { ConcurrencyLimit(most: each * max($0, 1)) })
        for (old, now) in moved.enumerated() {
            guard let now, old < before.count else { continue }
            concurrency[now] = before[old].bounded(by: each * max(new.hostCounts[now], 1))
        }
    }

    func shareLimits() {
        for service in concurrency.indices { shareLimit(of: service) }
    }

    private func shareLimit(of index: Int) {
        let service = table.service(index)
        let limit = concurrency[index].current
        let most = snapshot.hostLimits.requests(ofWorker: worker)
        let weight = max(service.weightUsable > 0 ? service.weightUsable : service.weightOfHosts, 1)
        for host in service.hosts {
            let share = (limit * table[host].weight + weight - 1) / weight
            origins[host].queue.limit(to: min(max(share, 1), most))
            noteRoom(origins[host])
            if origins[host].queue.waiting > 0 { serveQueueLater(origins[host]) }
        }
        serviceMetrics[index].concurrencyLimit.set(Int64(limit))
    }
}
