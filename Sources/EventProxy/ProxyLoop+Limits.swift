// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import Logging

/// How many requests each host has at a time. An attempt takes its place before anything is sent, and gives it back
/// when its connection is free again or closed. An answer that is held keeps its place, as the host still has it.
extension ProxyLoop {
    /// A request would be sent there at once.
    func hasRoom(_ host: Int) -> Bool { origins[host].queue.hasRoom }

    /// A request asks to be sent to a host, or to wait there.
    func admit(_ transaction: Transaction, to host: Int) -> HostQueue<Transaction>.Admission {
        let origin = origins[host]
        let admission = origin.queue.admit(ticket: transaction, nowMs: loop.nowMs)
        noteRoom(origin)
        return admission
    }

    /// An attempt that a host had admitted is over.
    func release(_ origin: Origin) {
        origin.queue.finished()
        noteRoom(origin)
        if origin.queue.waiting > 0 { serveQueueLater(origin) }
    }

    /// A request does not wait any longer.
    func leave(_ place: Transaction.Place) {
        place.origin.queue.left(place: place.number)
        noteRoom(place.origin)
    }

    /// From a clean stack: what is over may still be at work further up.
    func serveQueueLater(_ origin: Origin) {
        dueOrigins.append(origin)
        loop.later(self)
    }

    /// Somebody's turn may have come, or time may be up.
    func serveQueue(_ origin: Origin) {
        refreshHealth()
        let isGone = origin.number == TriedHosts.gone
        if isGone || !table[origin.number].isWilling && table.hasWilling {
            // Whoever was to be sent there goes where all others go.
            for _ in 0..<origin.queue.waiting {
                guard let transaction = origin.queue.takeFirst() else { break }
                transaction.goElsewhere(mayWait: true)
            }
            return noteRoom(origin)
        }
        while let departure = origin.queue.next(nowMs: loop.nowMs) {
            noteRoom(origin)
            switch departure {
            case .start(let transaction): transaction.turnCame()
            case .expired(let transaction), .dropped(let transaction): transaction.goElsewhere(mayWait: false)
            }
        }
        noteRoom(origin)
    }

    func noteRoom(_ origin: Origin) {
        guard origin.number != TriedHosts.gone else { return }
        let isFull = !origin.queue.hasRoom
        table.setFull(origin.number, isFull)
        if isFull, isAdaptive { concurrency[table[origin.number].service].reached() }
    }

    /// No host had room for a request, the last one this one.
    func countLimited(by origin: Origin) {
        metrics.hostLimited.add()
        guard let count = limitLines.count(nowMs: loop.nowMs) else { return }
        let name = String(decoding: origin.label, as: UTF8.self)
        setup.logger.warning(
            """
            \(count) request(s) found no room: \(name) has \(origin.queue.active) of this worker's \
            \(origin.queue.limit), and \(origin.queue.waiting) wait; see limits.host_requests, host_queue and adaptive
            """)
    }
}
