// SPDX-License-Identifier: Apache-2.0

/// How many retries and hedges a service may be sent: a fifth of its requests, and a floor for services with few.
///
/// Without it, a failing service gets its load as many times as a request has attempts, just when it can bear least.
/// Each request deposits 0.2 of a retry. What was deposited, and what was taken, counts for ten seconds: a quiet hour
/// saves up nothing for a storm, and for any ten slots of a second
///
///     retries ≤ 0.2 × requests + 10 s × floor
///
/// holds at every retry. Each loop has its own and a share of the floor. Pure; whole numbers in thousandths of a retry.
struct RetryBudget {
    static let depositMilliRetries: Int64 = 200
    static let costMilliRetries: Int64 = 1_000
    static let floorPerSecondMilliRetries: Int64 = 3_000
    static let slotMs: Int64 = 1_000
    static let slots = 10

    /// Deposited less taken, by second.
    private var nets = InlineArray<10, Int64>(repeating: 0)
    /// The sum of all slots and the floor of ten seconds.
    private var balanceMilliRetries: Int64
    private var position = 0
    private var slot: Int64 = .min

    /// Of a service that `workers` loops send to.
    init(workers: Int = 1) {
        precondition(workers > 0)
        balanceMilliRetries = Int64(Self.slots) * Self.floorPerSecondMilliRetries / Int64(workers)
    }

    /// A first attempt is about to be sent.
    mutating func requestBegan(nowMs: Int64) {
        add(Self.depositMilliRetries, nowMs)
    }

    /// Takes one retry or hedge, or says that there is none to take: then the client gets the answer there is.
    mutating func tryTake(nowMs: Int64) -> Bool {
        advance(nowMs)
        guard balanceMilliRetries >= Self.costMilliRetries else { return false }
        add(-Self.costMilliRetries, nowMs)
        return true
    }

    /// Gives one back that was taken and then not sent, because no host was left.
    mutating func giveBack(nowMs: Int64) {
        add(Self.costMilliRetries, nowMs)
    }

    /// Whole retries that could be taken now; for metrics.
    mutating func available(nowMs: Int64) -> Int {
        advance(nowMs)
        return Int(max(0, balanceMilliRetries) / Self.costMilliRetries)
    }

    private mutating func add(_ amount: Int64, _ nowMs: Int64) {
        advance(nowMs)
        nets[position] += amount
        balanceMilliRetries += amount
    }

    /// Drops the slots that have become older than ten seconds.
    private mutating func advance(_ nowMs: Int64) {
        let now = nowMs / Self.slotMs
        if now <= slot { return }
        let isFirst = slot == .min
        let steps = isFirst ? 0 : min(now - slot, Int64(Self.slots))
        slot = now
        for _ in 0..<steps {
            position = position + 1 == Self.slots ? 0 : position + 1
            balanceMilliRetries -= nets[position]
            nets[position] = 0
        }
    }
}
