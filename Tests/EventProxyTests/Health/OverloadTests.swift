// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

@Suite struct LoadShedderTests {
    private func levels(_ lags: [Int64]) -> [LoadShedder.Level] {
        var shedder = LoadShedder()
        return lags.map {
            let before = shedder.level
            let hasChanged = shedder.sample(lagMs: $0)
            #expect(hasChanged == (shedder.level != before))
            return shedder.level
        }
    }

    @Test func `retries go first, requests after three late samples`() {
        #expect(levels([100, 101, 101, 101]) == [.nothing, .retries, .retries, .everything])
        #expect(levels([500, 100, 500, 500, 100]) == [.retries, .retries, .retries, .retries, .retries])
    }

    @Test func `it is over when the lag is good, not when it is less bad`() {
        let bad: [Int64] = [200, 200, 200]
        #expect(levels(bad + [99, 51, 60]).suffix(3) == [.everything, .everything, .everything])
        #expect(levels(bad + [50, 50, 50]).suffix(3) == [.retries, .retries, .nothing])
        #expect(levels(bad + [50, 80, 50, 50, 50]).suffix(5) == [.retries, .retries, .retries, .retries, .nothing])
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func `requests are shed only while it is late, and always when it stays late`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let lags = (0..<200).map { _ in Int64.random(in: 0...200, using: &random) }
        let all = levels(lags)
        for i in 3..<lags.count {
            if lags[i - 2...i].allSatisfy({ $0 > 100 }) { #expect(all[i] == .everything, "seed \(seed)") }
            if lags[i] <= 50 { #expect(all[i] != .everything, "seed \(seed)") }
            if lags[i - 2...i].allSatisfy({ $0 <= 50 }) { #expect(all[i] == .nothing, "seed \(seed)") }
            if all[i] == .everything, all[i - 1] != .everything { #expect(lags[i] > 100, "seed \(seed)") }
        }
    }
}

@Suite struct HostQueueTests {
    @Test func `as many as the limit start, as many as there is room for wait, the rest is told so`() {
        var queue = HostQueue<Int>(limit: 2, waitingMax: 2, deadlineMs: 500)
        same(queue.admit(ticket: 1, nowMs: 0), .start)
        same(queue.admit(ticket: 2, nowMs: 0), .start)
        same(queue.admit(ticket: 3, nowMs: 1), .wait(place: 0, untilMs: 501))
        same(queue.admit(ticket: 4, nowMs: 2), .wait(place: 1, untilMs: 502))
        same(queue.admit(ticket: 5, nowMs: 3), .full)
        same(queue.next(nowMs: 4), nil)
        queue.finished()
        same(queue.admit(ticket: 6, nowMs: 4), .full, "nobody overtakes")
        same(queue.next(nowMs: 5), .start(ticket: 3))
        same(queue.next(nowMs: 5), nil)
        same(queue.checkMs, 502)
        same(queue.next(nowMs: 502), .expired(ticket: 4))
        same(queue.checkMs, .max)
        same(queue.rejections, 3)
    }

    @Test func `who has left is not started`() {
        var queue = HostQueue<Int>(limit: 1, waitingMax: 4, deadlineMs: 1_000)
        _ = queue.admit(ticket: 0, nowMs: 0)
        for ticket in 1...3 { _ = queue.admit(ticket: ticket, nowMs: 0) }
        queue.left(place: 1)
        queue.left(place: 1)
        queue.left(place: 0)
        queue.left(place: 9)
        same(queue.waiting, 1)
        queue.finished()
        same(queue.next(nowMs: 1), .start(ticket: 3))
        queue.left(place: 2)
        same(queue.waiting, 0)
        queue.finished()
        same(queue.admit(ticket: 4, nowMs: 2), .start)
    }

    @Test func `a queue without room refuses what is above the limit`() {
        var queue = HostQueue<Int>(limit: 1, waitingMax: 0, deadlineMs: 1_000)
        same(queue.admit(ticket: 1, nowMs: 0), .start)
        same(queue.admit(ticket: 2, nowMs: 0), .full)
        queue.finished()
        same(queue.next(nowMs: 0), nil)
        same(queue.admit(ticket: 3, nowMs: 0), .start)
    }

    @Test func `a burst is waited for, a standing queue is not`() {
        var queue = HostQueue<Int>(limit: 1, waitingMax: 1_024, deadlineMs: 1_000)
        _ = queue.admit(ticket: 0, nowMs: 0)
        for ticket in 1...200 { _ = queue.admit(ticket: ticket, nowMs: 0) }
        // One leaves every 10 ms: after 20 ms the delay is too long, after 100 ms more it stands.
        var dropped: [Int] = []
        var nowMs: Int64 = 0
        while dropped.isEmpty {
            nowMs += 10
            queue.finished()
            while let departure = queue.next(nowMs: nowMs) {
                guard case .dropped(let ticket) = departure else { continue }
                dropped.append(ticket)
            }
            same(queue.active, 1, "the host is kept at work")
        }
        #expect(nowMs == 130 && dropped.first == 13 && dropped.count == 187, "all of them had waited for 130 ms")
        same(queue.waiting, 0)
        queue.finished()
        same(queue.next(nowMs: nowMs), nil)
        same(queue.admit(ticket: 500, nowMs: nowMs), .start)
        _ = queue.admit(ticket: 501, nowMs: nowMs)
        queue.finished()
        same(queue.next(nowMs: nowMs + 30), .start(ticket: 501), "a new interval has begun")
    }

    @Test func `whoever is taken out first goes elsewhere, the rest in its order`() {
        var queue = HostQueue<Int>(limit: 1, waitingMax: 4, deadlineMs: 1_000)
        same(queue.takeFirst(), nil)
        for ticket in 0...3 { _ = queue.admit(ticket: ticket, nowMs: 0) }
        queue.left(place: 0)
        same(queue.takeFirst(), 2)
        same(queue.waiting, 1)
        queue.finished()
        same(queue.next(nowMs: 1), .start(ticket: 3))
    }

    @Test(arguments: [
        (requests: 10, waiting: 6, workers: 4, limits: [3, 3, 2, 2], queues: [2, 2, 1, 1]),
        (requests: 1, waiting: 1, workers: 3, limits: [1, 1, 1], queues: [1, 1, 1]),
        (requests: 8, waiting: 0, workers: 2, limits: [4, 4], queues: [0, 0]),
    ])
    func `each worker has its share`(requests: Int, waiting: Int, workers: Int, limits: [Int], queues: [Int]) {
        let shares = HostLimits(requests: requests, waiting: waiting, waitingMs: 1, workers: workers)
        for worker in 0..<workers {
            same(shares.queue(ofWorker: worker).limit, limits[worker])
            same(shares.queue(ofWorker: worker).waitingMax, queues[worker])
        }
    }

    @Test func `lines about refusals come once a second and count what they stand for`() {
        var lines = LineThrottle()
        let told = [5, 6, 1_004, 1_005, 1_006, 9_000].map { lines.count(nowMs: $0) }
        #expect(told == [1, nil, nil, 3, nil, 2])
    }

    /// Against a plain array.
    @Test(arguments: 0..<1_000 as Range<UInt64>)
    func `first in is first out, none is lost, and no limit is exceeded`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limit = Int.random(in: 1...4, using: &random)
        let waitingMax = Int.random(in: 0...8, using: &random)
        var queue = HostQueue<Int>(limit: limit, waitingMax: waitingMax, deadlineMs: 200)
        var model: [(ticket: Int, place: UInt64, sinceMs: Int64)] = []
        var active = 0
        var nowMs: Int64 = 0
        for ticket in 0..<400 {
            nowMs += Int64.random(in: 0...30, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                switch queue.admit(ticket: ticket, nowMs: nowMs) {
                case .start:
                    #expect(active < limit && model.isEmpty, "seed \(seed)")
                    active += 1
                case .wait(let place, let untilMs):
                    #expect(model.count < waitingMax && untilMs == nowMs + 200, "seed \(seed)")
                    model.append((ticket, place, nowMs))
                case .full: #expect(active == limit || !model.isEmpty, "seed \(seed)")
                }
            case 2:
                if active > 0 {
                    queue.finished()
                    active -= 1
                }
            default:
                if let index = model.indices.randomElement(using: &random) {
                    queue.left(place: model.remove(at: index).place)
                }
            }
            while let departure = queue.next(nowMs: nowMs) {
                let first = model.removeFirst()
                switch departure {
                case .start(let started):
                    #expect(started == first.ticket && nowMs - first.sinceMs < 200, "seed \(seed)")
                    active += 1
                case .dropped(let dropped):
                    #expect(dropped == first.ticket && nowMs - first.sinceMs > 20, "seed \(seed)")
                case .expired(let expired):
                    #expect(expired == first.ticket && nowMs - first.sinceMs >= 200, "seed \(seed)")
                }
            }
            same(queue.active, active, "seed \(seed)")
            same(queue.waiting, model.count, "seed \(seed)")
            #expect(active <= limit && (model.isEmpty || active == limit), "seed \(seed): nobody waits for nothing")
        }
    }
}
