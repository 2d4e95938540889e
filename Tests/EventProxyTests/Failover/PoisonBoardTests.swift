// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import Testing

@testable import EventProxy

@Suite struct PoisonBoardTests {
    private let fail = Fingerprint(request: 1 << 40 | 5, path: 1 << 40 | 5)

    /// Sends a deadly request to hosts until it may not be sent again; how many it killed.
    private func kill(_ board: PoisonBoard, _ fingerprint: Fingerprint, standing: Standing = .unknown, at nowMs: Int64)
        -> Int
    {
        var deaths = 0
        switch board.check(fingerprint, nowMs: nowMs) {
        case .quarantined: return 0
        case .allowed, .probation: break
        }
        repeat {
            deaths += 1
        } while board.died(fingerprint, host: deaths, standing: standing, requestDeaths: deaths, nowMs: nowMs)
            .judgement == .retry && deaths < 10
        return deaths
    }

    @Test func `GET fail once a second kills two hosts, then one at a time, ever more rarely`() {
        let board = PoisonBoard()
        var deaths: [(Int64, Int)] = []
        for second in 0..<1_800 as Range<Int64> {
            let killed = kill(board, fail, at: second * 1_000)
            if killed > 0 { deaths.append((second, killed)) }
        }
        #expect(deaths.map(\.1) == [2, 1, 1, 1, 1, 1, 1])
        #expect(deaths.map(\.0) == [0, 30, 90, 210, 450, 930, 1_530])
        let counts = board.counts(nowMs: 1_800_000)
        #expect(counts.quarantines == 7 && counts.suspectDeaths == 8 && counts.refusals == 1_793)
        #expect(counts.remembered == 1)
    }

    @Test func `one that shared a dying origin is not suspect`() {
        let board = PoisonBoard()
        for host in 0..<6 {
            let death = board.died(fail, host: host, standing: .cleared, requestDeaths: host + 1, nowMs: 0)
            #expect(death.judgement == .retry && !death.isCounted)
        }
        #expect(board.check(fail, nowMs: 0) == .allowed)
        #expect(board.counts(nowMs: 0) == PoisonBoard.Counts(sharedDeaths: 6))
    }

    @Test func `a deployment that made a trusted request deadly`() {
        let board = PoisonBoard()
        #expect(kill(board, fail, standing: .trusted, at: 0) == 2)
        #expect(board.check(fail, nowMs: 10) == .allowed, "two origins may have ended anyway")
        #expect(kill(board, fail, standing: .trusted, at: 2_000) == 2, "four hosts with no answer in between")
        #expect(kill(board, fail, standing: .trusted, at: 4_000) == 0)
        #expect(kill(board, fail, standing: .trusted, at: 32_000) == 1)
    }

    @Test func `whoever varies the query kills four hosts, not two with each`() {
        let board = PoisonBoard()
        var killed = 0
        for i in 0..<100 as Range<UInt64> {
            let varied = Fingerprint(request: 100 + i, path: 7)
            killed += kill(board, varied, at: Int64(i) * 100)
        }
        #expect(killed == 4)
        let harmless = Fingerprint(request: 9, path: 8)
        #expect(board.check(harmless, nowMs: 10_000) == .allowed)
    }

    @Test func `an answer to another query clears the path, not the deadly query`() {
        let board = PoisonBoard()
        let deadly = Fingerprint(request: 1, path: 7)
        #expect(kill(board, deadly, at: 0) == 2)
        board.succeeded(Fingerprint(request: 2, path: 7), nowMs: 1)
        guard case .quarantined = board.check(deadly, nowMs: 2) else {
            Issue.record("the deadly query is not quarantined")
            return
        }
        #expect(board.check(Fingerprint(request: 3, path: 7), nowMs: 2) == .allowed)
    }

    @Test func `one that others know to be harmless puts only itself under suspicion, not its path`() {
        let board = PoisonBoard()
        let trusted = Fingerprint(request: 1, path: 7)
        #expect(kill(board, trusted, standing: .trusted, at: 0) == 2)
        #expect(kill(board, trusted, standing: .trusted, at: 2_000) == 2)
        #expect(board.check(Fingerprint(request: 2, path: 7), nowMs: 2_000) == .allowed)
    }

    @Test func `only so many names are remembered`() {
        let board = PoisonBoard()
        for number in 1...400 as ClosedRange<UInt64> {
            let fingerprint = Fingerprint(
                request: number &* 0x9E37_79B9_7F4A_7C15, path: number &* 0x9E37_79B9_7F4A_7C15)
            #expect(kill(board, fingerprint, at: 0) == 2)
            board.name(fingerprint, "GET /\(number)")
        }
        let listed = board.listed(nowMs: 1)
        #expect(listed.count > 300)
        #expect(listed.count { $0.name.hasPrefix("GET /") } <= 256)
    }

    @Test func `a probation that nobody ends is followed by another`() {
        let board = PoisonBoard()
        #expect(kill(board, fail, at: 0) == 2)
        #expect(board.check(fail, nowMs: 30_000) == .probation)
        #expect(board.check(fail, nowMs: 34_999) == .quarantined(untilMs: 35_000))
        #expect(board.check(fail, nowMs: 35_000) == .probation)
        board.succeeded(fail, nowMs: 35_001)
        #expect(board.check(fail, nowMs: 35_002) == .allowed)
        #expect(board.counts(nowMs: 35_002).remembered == 0)
    }

    @Test func `hosts that live are not saved from a request, unless it goes on and on`() {
        let board = PoisonBoard()
        var deaths = 0
        for second in 0..<30 as Range<Int64> {
            let killed = kill(board, fail, at: second * 1_000)
            deaths += killed
            for host in 0..<killed { _ = board.acquit(fail, host: host + 1, nowMs: second * 1_000 + 100) }
        }
        #expect(deaths == PoisonTable.acquittalsMax + 2, "they may be many behind one address")
        #expect(board.counts(nowMs: 29_000).quarantined == 1)
        board.succeeded(fail, nowMs: 29_000)
        #expect(kill(board, fail, at: 29_001) == 2)
        for host in 1...2 { _ = board.acquit(fail, host: host, nowMs: 29_101) }
        #expect(board.check(fail, nowMs: 29_101) == .allowed, "an answer makes up for all that was before")
    }

    @Test func `a path is acquitted with its queries`() {
        let board = PoisonBoard()
        for i in 0..<4 as Range<UInt64> {
            let varied = Fingerprint(request: 100 + i, path: 7)
            let host = Int(i)
            _ = board.died(varied, host: host, standing: .unknown, requestDeaths: 1, nowMs: 0)
        }
        #expect(board.check(Fingerprint(request: 1, path: 7), nowMs: 1) == .quarantined(untilMs: 30_000))
        for i in 0..<4 as Range<UInt64> {
            _ = board.acquit(Fingerprint(request: 100 + i, path: 7), host: Int(i), nowMs: 100)
        }
        #expect(board.check(Fingerprint(request: 1, path: 7), nowMs: 100) == .allowed)
    }

    /// P7 in any order of events: however many clients and loops send it, and whatever else happens.
    @Test(arguments: 0..<500 as Range<UInt64>)
    func `no request kills more than two hosts, nor one with a past more than one`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let board = PoisonBoard()
        var nowMs: Int64 = 0
        var wasQuarantined: Set<UInt64> = []
        for _ in 0..<200 {
            nowMs += Int64.random(in: 0...20_000, using: &random)
            let key = UInt64.random(in: 1...5, using: &random)
            let fingerprint = Fingerprint(request: key, path: key)
            if Int.random(in: 0..<10, using: &random) == 0 {
                board.succeeded(fingerprint, nowMs: nowMs)
                wasQuarantined.remove(key)
                continue
            }
            let isTrusted = Bool.random(using: &random)
            let killed = kill(board, fingerprint, standing: isTrusted ? .trusted : .unknown, at: nowMs)
            #expect(killed <= (wasQuarantined.contains(key) ? 1 : 2), "seed \(seed)")
            if case .quarantined = board.check(fingerprint, nowMs: nowMs) { wasQuarantined.insert(key) }
        }
    }

    @Test func `threads that all send the deadly request kill few, and others pass freely`() async {
        let board = PoisonBoard()
        let fail = fail
        let deaths = Atomic<Int>(0)
        let probations = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
        let innocentRefused = Atomic<Int>(0)
        runThreads(4) { thread in
            var random = SplitMix64(seed: UInt64(thread))
            for round in 0..<20_000 {
                let innocent = Fingerprint(request: random.next() | 1 << 63, path: random.next() | 1 << 63)
                if board.check(innocent, nowMs: 0) != .allowed {
                    innocentRefused.wrappingAdd(1, ordering: .relaxed)
                }
                board.succeeded(innocent, nowMs: 0)
                switch board.check(fail, nowMs: round < 10_000 ? 0 : 30_000) {
                case .quarantined: refused.wrappingAdd(1, ordering: .relaxed)
                case .probation:
                    probations.wrappingAdd(1, ordering: .relaxed)
                case .allowed:
                    for own in 1...10 {
                        deaths.wrappingAdd(1, ordering: .relaxed)
                        let host = thread * 10 + own
                        let death = board.died(fail, host: host, standing: .unknown, requestDeaths: own, nowMs: 0)
                        if death.judgement != .retry { break }
                    }
                }
            }
        }
        // Each thread may have had one under way when the first two had died.
        #expect((2...5).contains(deaths.load(ordering: .relaxed)))
        #expect(probations.load(ordering: .relaxed) == 1, "one is let through, not one for each worker")
        #expect(innocentRefused.load(ordering: .relaxed) == 0)
        #expect(refused.load(ordering: .relaxed) > 79_000)
    }
}
