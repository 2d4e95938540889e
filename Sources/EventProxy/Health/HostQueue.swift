// SPDX-License-Identifier: Apache-2.0

/// How many requests a host has at a time, and which wait for their turn. Pure bookkeeping: the caller gives each
/// request a ticket and acts on what it is told.
///
/// The queue is bounded three ways: in number; in time, since a client that waited that long has given up; and by its
/// standing delay. A queue may be long for a moment, that is what it is for. But when even the shortest wait has been
/// above 20 ms for 100 ms, more comes than can be done, and the queue only makes everybody late: then all who have
/// waited more than 20 ms are dropped, until the head has not, or until as few are left as may start at once: the host
/// shall not idle. This is the idea of CoDel (RFC 8289) without its square root: no sender has to be slowed down
/// gently, as what is dropped is answered or tried elsewhere.
struct HostQueue<Ticket>: ~Copyable {
    static var standingDelayMs: Int64 { 20 }
    static var standingIntervalMs: Int64 { 100 }

    enum Admission: Equatable {
        /// It may be sent now; `finished` later.
        case start
        /// It waits as this place, and until then at most.
        case wait(place: UInt64, untilMs: Int64)
        /// Too many wait already.
        case full
    }

    enum Departure {
        /// It may be sent now; `finished` later.
        case start(ticket: Ticket)
        /// It waited longer than the queue's deadline.
        case expired(ticket: Ticket)
        /// It was dropped so that those behind it need not wait for long.
        case dropped(ticket: Ticket)
    }

    private struct Waiter {
        /// None once it has left.
        var ticket: Ticket?
        var sinceMs: Int64 = 0
    }

    private(set) var limit: Int
    private(set) var deadlineMs: Int64
    private(set) var active = 0
    /// Waiting, without those that have left.
    private(set) var waiting = 0
    /// Requests not admitted, expired and dropped; for metrics.
    private(set) var rejections = 0

    /// Made when the first one waits: most hosts never come to their limit.
    private var ring: ContiguousArray<Waiter> = []
    private(set) var waitingMax: Int
    /// Places only grow; the ring's index is the remainder.
    private var head: UInt64 = 0
    private var tail: UInt64 = 0
    /// Since when every departure has waited too long.
    private var standingSinceMs: Int64 = .max

    init(limit: Int, waitingMax: Int, deadlineMs: Int64) {
        precondition(limit >= 1 && waitingMax >= 0 && deadlineMs >= 0)
        self.limit = limit
        self.waitingMax = waitingMax
        self.deadlineMs = deadlineMs
    }

    /// Goes on with the limits of another one. Who waits goes on waiting, even if fewer may from now on.
    mutating func take(_ limits: consuming HostQueue) {
        limit = limits.limit
        deadlineMs = limits.deadlineMs
        if waitingMax == limits.waitingMax { return }
        let before = (ring, waitingMax)
        waitingMax = max(limits.waitingMax, Int(tail - head))
        ring = []
        guard head < tail else { return }
        ring = ContiguousArray(repeating: Waiter(), count: waitingMax)
        for place in head..<tail { ring[index(place)] = before.0[Int(place % UInt64(before.1))] }
    }

    /// A request would be sent at once. Nobody overtakes those who wait.
    var hasRoom: Bool { active < limit && waiting == 0 }

    /// A request wants to be sent.
    mutating func admit(ticket: Ticket, nowMs: Int64) -> Admission {
        if hasRoom {
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
        if ring.isEmpty { ring = ContiguousArray(repeating: Waiter(), count: waitingMax) }
        let place = tail
        ring[index(place)] = Waiter(ticket: ticket, sinceMs: nowMs)
        tail += 1
        waiting += 1
        return .wait(place: place, untilMs: nowMs + deadlineMs)
    }

    /// So many may be started from now on.
    mutating func limit(to limit: Int) {
        precondition(limit >= 1)
        self.limit = limit
    }

    /// A request that was started has ended. `next` says who follows.
    mutating func finished() {
        precondition(active > 0)
        active -= 1
    }

    /// A waiting request has left: its client did, or its time was up.
    mutating func left(place: UInt64) {
        guard place >= head, place < tail, ring[index(place)].ticket != nil else { return }
        ring[index(place)].ticket = nil
        waiting -= 1
        skipLeft()
    }

    /// Whoever leaves the queue now, one for each call until there is none: after `finished`, and at `checkMs`.
    mutating func next(nowMs: Int64) -> Departure? {
        skipLeft()
        guard waiting > 0, let ticket = ring[index(head)].ticket else {
            standingSinceMs = .max
            return nil
        }
        let waitedMs = nowMs - ring[index(head)].sinceMs
        if waitedMs >= deadlineMs {
            leave()
            rejections += 1
            return .expired(ticket: ticket)
        }
        guard active < limit else { return nil }
        let isSpare = waiting > limit - active
        leave()
        if isStanding(waitedMs, nowMs), isSpare {
            rejections += 1
            return .dropped(ticket: ticket)
        }
        active += 1
        return .start(ticket: ticket)
    }

    /// Takes the one who has waited longest out, to go elsewhere.
    mutating func takeFirst() -> Ticket? {
        skipLeft()
        guard waiting > 0, let ticket = ring[index(head)].ticket else { return nil }
        leave()
        return ticket
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
        ring[index(head)].ticket = nil
        head += 1
        waiting -= 1
    }

    /// Brings the head to one who is still there.
    private mutating func skipLeft() {
        while head < tail, ring[index(head)].ticket == nil { head += 1 }
    }

    private func index(_ place: UInt64) -> Int { Int(place % UInt64(waitingMax)) }
}

extension HostQueue.Departure: Equatable where Ticket: Equatable {}
