// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// The proxy on one loop: the origins as this loop sees them, who is next, and the transactions.
final class ProxyLoop: Postponable {
    let loop: EventLoop
    let origins: [Origin]
    let attemptsMax: Int
    /// `Via` as the proxy adds it, by the version of what it received (RFC 9110 §7.6.3).
    let via: FieldLines
    let viaHTTP10: FieldLines
    /// The name in `Via` that tells this process from every other.
    let pseudonym: [UInt8]
    /// The response field that names the origin.
    let originName: [UInt8]
    let originField: FieldName?
    private var balancer: RoundRobin
    private var idle: ContiguousArray<Transaction> = []
    private var retries: ContiguousArray<Transaction> = []

    init(_ setup: ProxySetup, on loop: EventLoop, worker: Int) {
        self.loop = loop
        let configuration = setup.configuration
        attemptsMax = min(configuration.attempts, TriedHosts.attemptsMax)
        pseudonym = Array(setup.pseudonym.utf8)
        via = FieldLines(["Via": "1.1 \(setup.pseudonym)"])
        viaHTTP10 = FieldLines(["Via": "1.0 \(setup.pseudonym)"])
        let name = Array((configuration.originHeader ?? "").utf8)
        originName = name
        originField = name.isEmpty ? nil : FieldName(name.span)
        origins = setup.hosts.map { host in
            Origin(
                service: host.service, host: host.host, address: host.address,
                fieldName: configuration.originHeader, on: loop, limits: setup.limits, timeouts: setup.timeouts,
                idleMs: configuration.timeouts.originIdleMs)
        }
        balancer = RoundRobin(hostCounts: setup.hostCounts, seed: setup.seed &+ worker)
    }

    // MARK: Choosing

    func selectFirst() -> Int { balancer.select() }

    func selectAlternate(tried: TriedHosts) -> Int? { balancer.selectAlternate(tried: tried) }

    /// Has a transaction try again from a clean stack.
    func later(_ transaction: Transaction, _ next: Transaction.Next) {
        transaction.next = next
        retries.append(transaction)
        loop.later(self)
    }

    func resume() {
        let due = retries
        retries.removeAll(keepingCapacity: true)
        for transaction in due {
            // Nil when its client has left meanwhile.
            if let next = transaction.next {
                transaction.next = nil
                transaction.goOn(next)
            }
        }
    }

    // MARK: Transactions

    func begin(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        let transaction = idle.popLast() ?? Transaction(self)
        transaction.begin(request, exchange)
    }

    func ended(_ transaction: Transaction) {
        idle.append(transaction)
    }

    /// The server has drained: nothing is in flight. What owns each other in a circle is let go.
    func shutDown() {
        for origin in origins { origin.shutDown() }
        idle.removeAll()
        retries.removeAll()
    }

    // MARK: The copy of a request's content

    func append(_ bytes: Span<UInt8>, chunked: Bool, to buffer: inout Buffer) {
        ReplayWriter.append(bytes, chunked: chunked, to: &buffer, pool: loop.pool)
    }

    func appendLastChunk(_ trailers: borrowing Fields, to buffer: inout Buffer) {
        ReplayWriter.appendLastChunk(trailers, to: &buffer, pool: loop.pool)
    }
}
