// SPDX-License-Identifier: Apache-2.0

/// What a deadline belongs to.
package protocol DeadlineOwner: AnyObject {
    /// The deadline that was set has passed; it is no longer set.
    func deadlinePassed()
}

/// All deadlines of a loop, on one timer of libev.
///
/// A hashed wheel: `slotCount` slots of `tickMs` milliseconds. Nearly every deadline is moved on before it passes
/// (each request renews its connection's), so moving one later is a store: its entry stays in the slot it is in, and
/// is put where it belongs when that slot comes up. The wheel takes the time as a parameter, so that tests and
/// simulations own the clock.
package struct TimerWheel: ~Copyable {
    package static let tickMs: Int64 = 4
    static let slotCount = 2048
    /// Farther deadlines wait in the last slot of the horizon (8 s) and are put off again from there.
    static let horizonTicks = Int64(slotCount - 1)

    /// Names a deadline of this wheel.
    package struct ID: Equatable {
        fileprivate let index: Int32
    }

    /// Unowned and not weak: a weak reference would put every retain of a connection on the slow path for good. An
    /// owner removes its deadline before it goes.
    private struct Owner {
        unowned var value: (any DeadlineOwner)?
    }

    private struct Entry {
        var deadlineMs = Int64.max
        /// The tick whose slot the entry is linked in; -1 when it is in none.
        var tick: Int64 = -1
        var next: Int32 = -1
        var previous: Int32 = -1
    }

    private var entries: ContiguousArray<Entry> = []
    /// Beside the entries and not in them: copying a weak reference costs more than all the rest.
    private var owners: ContiguousArray<Owner> = []
    private var linkedCount = 0
    private var free: [Int32] = []
    private var heads = ContiguousArray<Int32>(repeating: -1, count: slotCount)
    private var occupied = ContiguousArray<UInt64>(repeating: 0, count: slotCount / 64)
    /// The tick that was handled last.
    private var currentTick: Int64

    package init(nowMs: Int64) {
        currentTick = nowMs / Self.tickMs
    }

    /// A deadline for `owner`, not set yet.
    package mutating func add(_ owner: any DeadlineOwner) -> ID {
        if let index = free.popLast() {
            owners[Int(index)].value = owner
            return ID(index: index)
        }
        entries.append(Entry())
        owners.append(Owner(value: owner))
        return ID(index: Int32(entries.count - 1))
    }

    package mutating func remove(_ id: ID) {
        unlink(id.index)
        owners[Int(id.index)].value = nil
        entries[Int(id.index)].deadlineMs = .max
        free.append(id.index)
    }

    /// Sets or moves the deadline. It passes at that time or up to a tick later, never earlier.
    package mutating func set(_ id: ID, atMs deadlineMs: Int64) {
        let index = Int(id.index)
        entries[index].deadlineMs = deadlineMs
        let wanted = tick(of: deadlineMs)
        let linked = entries[index].tick
        if linked >= 0 {
            if linked <= wanted { return }
            unlink(id.index)
        }
        link(id.index, wanted)
    }

    package mutating func clear(_ id: ID) {
        entries[Int(id.index)].deadlineMs = .max
    }

    /// When `advance` must be called next; nil when nothing is set.
    package var nextMs: Int64? {
        let start = Int((currentTick + 1) % Int64(Self.slotCount))
        // From the slot after the current one around to the current one, a word of 64 slots at a time.
        var offset = 0
        while offset < Self.slotCount {
            let slot = (start + offset) % Self.slotCount
            let rest = occupied[slot / 64] >> UInt64(slot % 64)
            if rest != 0 {
                let found = offset + rest.trailingZeroBitCount
                return (currentTick + 1 + Int64(found)) * Self.tickMs
            }
            offset += 64 - slot % 64
        }
        return nil
    }

    /// Takes a deadline that has passed by `nowMs`; call until it returns nil. Calling the owner is left to the caller,
    /// because the owner will set deadlines again.
    package mutating func popPassed(nowMs: Int64) -> (any DeadlineOwner)? {
        let now = nowMs / Self.tickMs
        if linkedCount == 0 { currentTick = max(currentTick, now) }
        // One turn sees every slot. More of them, after a long time in which nothing was set, would find nothing more.
        currentTick = max(currentTick, now - Int64(Self.slotCount))
        while true {
            let slot = Int(currentTick % Int64(Self.slotCount))
            while heads[slot] >= 0 {
                let index = heads[slot]
                unlink(index)
                let deadline = entries[Int(index)].deadlineMs
                if deadline == .max { continue }
                if deadline > nowMs {
                    link(index, max(tick(of: deadline), currentTick + 1))
                    continue
                }
                entries[Int(index)].deadlineMs = .max
                if let owner = owners[Int(index)].value { return owner }
            }
            if currentTick >= now { return nil }
            currentTick += 1
        }
    }

    /// The first tick that is not before the deadline, within the horizon.
    private func tick(of deadlineMs: Int64) -> Int64 {
        let exact = (deadlineMs - 1) / Self.tickMs + 1
        return min(max(exact, currentTick + 1), currentTick + Self.horizonTicks)
    }

    private mutating func link(_ index: Int32, _ tick: Int64) {
        let slot = Int(tick % Int64(Self.slotCount))
        let head = heads[slot]
        entries[Int(index)].tick = tick
        entries[Int(index)].next = head
        entries[Int(index)].previous = -1
        if head >= 0 { entries[Int(head)].previous = index }
        heads[slot] = index
        linkedCount += 1
        occupied[slot / 64] |= 1 << UInt64(slot % 64)
    }

    private mutating func unlink(_ index: Int32) {
        let entry = entries[Int(index)]
        if entry.tick < 0 { return }
        linkedCount -= 1
        let slot = Int(entry.tick % Int64(Self.slotCount))
        if entry.previous >= 0 {
            entries[Int(entry.previous)].next = entry.next
        } else {
            heads[slot] = entry.next
            if entry.next < 0 { occupied[slot / 64] &= ~(1 << UInt64(slot % 64)) }
        }
        if entry.next >= 0 { entries[Int(entry.next)].previous = entry.previous }
        entries[Int(index)].tick = -1
    }
}
