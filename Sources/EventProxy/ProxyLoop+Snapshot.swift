// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Going over to another snapshot, between two requests. Hosts that stay keep their connections, what is known of them,
/// and the requests that are at them; those that go finish what they have and get no more.
///
/// Hosts are numbered by their place in the snapshot, so that choosing one is quick. When they change, whatever holds a
/// number is given the new one, at once.
extension ProxyLoop {
    func apply(_ new: ProxySnapshot) {
        guard !isShutDown, new.number > snapshot.number else { return }
        let old = snapshot
        let hosts = old.numbers(in: new)
        let services = old.serviceNumbers(in: new)
        let choices = old.choiceNumbers(in: new)
        snapshot = new
        for transaction in transactions { transaction.renumber(hosts: hosts, services: services) }
        moveOrigins(hosts, new)
        moveServices(services, new)
        moveConcurrency(services, new)
        moveTable(hosts, services, choices, new)
        takeRules(from: new)
    }

    private func moveOrigins(_ moved: [Int?], _ new: ProxySnapshot) {
        var kept: [Origin?] = new.hosts.map { _ in nil }
        var detectors = ContiguousArray(repeating: OutlierDetector(), count: new.hosts.count)
        for (before, now) in moved.enumerated() {
            guard let now else {
                origins[before].retire()
                if origins[before].queue.waiting > 0 { serveQueueLater(origins[before]) }
                continue
            }
            kept[now] = origins[before]
            detectors[now] = self.detectors[before]
        }
        self.detectors = detectors
        origins = ContiguousArray(
            zip(kept, new.hosts).map { origin, host in
                guard let origin else { return Origin(host, new, on: loop, worker: worker, metrics) }
                origin.take(host, new, worker: worker)
                return origin
            })
        for host in origins.indices { origins[host].number = host }
    }

    private func moveServices(_ moved: [Int?], _ new: ProxySnapshot) {
        var budgets = ContiguousArray(repeating: RetryBudget(workers: setup.workers), count: new.hostCounts.count)
        for (before, now) in moved.enumerated() { if let now { budgets[now] = self.budgets[before] } }
        self.budgets = budgets
    }

    private func moveTable(_ hosts: [Int?], _ services: [Int?], _ choices: [Int?], _ new: ProxySnapshot) {
        var table = new.makeTable()
        table.adopt(self.table, moved: hosts)
        let known = Set(hosts.compactMap(\.self))
        for host in new.hosts.indices where !known.contains(host) { table.startRamp(host, nowMs: loop.nowMs) }
        var balancer = new.makeBalancer(table, seed: setup.seed &+ worker)
        balancer.adopt(self.balancer, hosts: hosts, services: services, choices: choices)
        self.table = table
        self.balancer = balancer
        health = HealthView(new.health)
    }

    /// What the configuration says that is looked at for each request.
    func takeRules(from snapshot: ProxySnapshot) {
        let configuration = snapshot.configuration
        // Each goes to a host of its own.
        attemptsMax = max(1, min(configuration.attempts, TriedHosts.attemptsMax, snapshot.hosts.count))
        trustsIdempotencyKey = configuration.retry.idempotencyKey
        edge = snapshot.edge
        hashKey = snapshot.hashKey
        mayHedge = configuration.retry.hedge && snapshot.hosts.count > 1
        totalTimeoutMs = configuration.timeouts.responseMs
        requestTimeout = configuration.requestTimeout
        tryTimeoutMs = configuration.timeouts.perTryMs
        namesRequests = configuration.requestID
        tellsStatus = configuration.proxyStatus
        tracing = configuration.tracing.traceparent
        serviceMetrics = ContiguousArray(configuration.services.map { metrics.service($0.name) })
        // A constant first: what a span of a property lends is over too soon for the optimiser.
        let name = Array((configuration.originHeader ?? "").utf8)
        originName = name
        originField = name.isEmpty ? nil : FieldName(name.span)
        shareLimits()
    }
}
