// SPDX-License-Identifier: Apache-2.0

/// How many requests a host, or a service, has at a time, and which wait for their turn. Pure bookkeeping: the caller
/// gives each request a ticket and acts on what it is told.
///
/// The queue is bounded three ways: in number; in time, since a client that waited that long has given up; and by its
/// standing delay. A queue may be long for a moment, that is what it is for. But when even the shortest wait has been
/// above 20 ms for 100 ms, more comes than can be done, and the queue only makes everybody late: then all who have
/// waited more than 20 ms are dropped, until the head has not. This is the idea of CoDel (RFC 8289) without its square
/// root: no sender has to be slowed down gently, as what is dropped is answered or tried elsewhere.
struct HostQueue: ~Copyable {
    static let standingDelayMs: Int64 = 20
    static let standingIntervalMs: Int64 = 100
    static let waitingMaxDefault = 1_024
    static let deadlineMsDefault: Int64 = 1_000

    enum Admission: Equatable {
        /// It may be sent now; `finished` later.
        case start
        /// It waits as this place, and until then at most.
        case wait(place: UInt64, untilMs: Int64)
        /// Too many wait already.
        case full
    }

    enum Departure: Equatable {
        /// It may be sent now; `finished` later.
        case start(ticket: Int)
        /// It waited longer than the queue's deadline.
        case expired(ticket: Int)
        /// It was dropped so that those behind it need not wait for long.
        case dropped(ticket: Int)
    }

    private struct Waiter {
        /// Negative once its client has left.
        var ticket: Int = -1
        var sinceMs: Int64 = 0
    }

    let limit: Int
    let deadlineMs: Int64
    private(set) var active = 0
    /// Waiting, without those that have left.
    private(set) var waiting = 0
    /// Requests not admitted, expired and dropped; for metrics.
    private(set) var rejections = 0

    private var ring: ContiguousArray<Waiter>
    private let waitingMax: Int
    /// Places only grow; the ring's index is the remainder.
    private var head: UInt64 = 0
    private var tail: UInt64 = 0
    /// Since when every departure has waited too long.
    private var standingSinceMs: Int64 = .max

    init(limit: Int, waitingMax: Int = Self.waitingMaxDefault, deadlineMs: Int64 = Self.deadlineMsDefault) {
        precondition(limit >= 1 && waitingMax >= 0 && deadlineMs >= 0)
        self.limit = limit
        self.waitingMax = waitingMax
        self.deadlineMs = deadlineMs
        ring = ContiguousArray(repeating: Waiter(), count: waitingMax)
    }

    /// A request wants to be sent.
    mutating func admit(ticket: Int, nowMs: Int64) -> Admission {
        precondition(ticket >= 0)
        // Nobody overtakes those who wait.
        if active < limit, waiting == 0 {
            head = tail
            active += 1
            standingSinceMs = .max
            return .start
        }
        skipLeft()
        guard tail - head < UInt64(waitingMax) else {
            rejections += 1
            return .full
        }
        let place = tail
        ring[index(place)] = Waiter(ticket: ticket, sinceMs: nowMs)
        tail += 1
        waiting += 1
        return .wait(place: place, untilMs: nowMs + deadlineMs)
    }

    /// A request that was started has ended. `next` says who follows.
    mutating func finished() {
        precondition(active > 0)
        active -= 1
    }

    /// A waiting request's client has left.
    mutating func left(place: UInt64) {
        guard place >= head, place < tail, ring[index(place)].ticket >= 0 else { return }
        ring[index(place)].ticket = -1
        waiting -= 1
        skipLeft()
    }

    /// Whoever leaves the queue now, one for each call until there is none: after `finished`, and at `checkMs`.
    mutating func next(nowMs: Int64) -> Departure? {
        skipLeft()
        guard waiting > 0 else {
            standingSinceMs = .max
            return nil
        }
        let waiter = ring[index(head)]
        let waitedMs = nowMs - waiter.sinceMs
        if waitedMs >= deadlineMs {
            leave()
            rejections += 1
            return .expired(ticket: waiter.ticket)
        }
        guard active < limit else { return nil }
        leave()
        if isStanding(waitedMs, nowMs) {
            rejections += 1
            return .dropped(ticket: waiter.ticket)
        }
        active += 1
        return .start(ticket: waiter.ticket)
    }

    /// When the one who has waited longest expires; `.max` when nobody waits.
    var checkMs: Int64 { waiting == 0 ? .max : ring[index(head)].sinceMs + deadlineMs }

    private mutating func isStanding(_ waitedMs: Int64, _ nowMs: Int64) -> Bool {
        if waitedMs <= Self.standingDelayMs {
            standingSinceMs = .max
            return false
        }
        if standingSinceMs == .max { standingSinceMs = nowMs }
        return nowMs - standingSinceMs >= Self.standingIntervalMs
    }

    private mutating func leave() {
        head += 1
        waiting -= 1
    }

    /// Brings the head to one who is still there.
    private mutating func skipLeft() {
        while head < tail, ring[index(head)].ticket < 0 { head += 1 }
    }

    private func index(_ place: UInt64) -> Int { Int(place % UInt64(waitingMax)) }
}
