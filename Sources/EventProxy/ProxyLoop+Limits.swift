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
        let admission = origins[host].queue.admit(ticket: transaction, nowMs: loop.nowMs)
        noteRoom(host)
        return admission
    }

    /// An attempt that a host had admitted is over.
    func release(_ host: Int) {
        origins[host].queue.finished()
        noteRoom(host)
        if origins[host].queue.waiting > 0 { serveQueueLater(host) }
    }

    /// A request does not wait any longer.
    func leave(_ place: Transaction.Place) {
        origins[place.host].queue.left(place: place.number)
        noteRoom(place.host)
    }

    /// From a clean stack: what is over may still be at work further up.
    func serveQueueLater(_ host: Int) {
        dueHosts.append(host)
        loop.later(self)
    }

    /// Somebody's turn may have come, or time may be up.
    func serveQueue(_ host: Int) {
        refreshHealth()
        if !table[host].isUsable, table.hasUsable {
            // Whoever was to be sent there goes where all others go.
            for _ in 0..<origins[host].queue.waiting {
                guard let transaction = origins[host].queue.takeFirst() else { break }
                transaction.goElsewhere(mayWait: true)
            }
            return noteRoom(host)
        }
        while let departure = origins[host].queue.next(nowMs: loop.nowMs) {
            noteRoom(host)
            switch departure {
            case .start(let transaction): transaction.turnCame()
            case .expired(let transaction), .dropped(let transaction): transaction.goElsewhere(mayWait: false)
            }
        }
        noteRoom(host)
    }

    private func noteRoom(_ host: Int) { table.setFull(host, !origins[host].queue.hasRoom) }

    /// No host had room for a request, the last one this one.
    func countLimited(by host: Int) {
        metrics.hostLimited.add()
        guard let count = limitLines.count(nowMs: loop.nowMs) else { return }
        let origin = origins[host]
        let name = String(decoding: origin.label, as: UTF8.self)
        setup.logger.warning(
            """
            \(count) request(s) found no room: \(name) has \(origin.queue.active) of this worker's \
            \(origin.queue.limit), and \(origin.queue.waiting) wait; see limits.host_requests and limits.host_queue
            """)
    }
}
