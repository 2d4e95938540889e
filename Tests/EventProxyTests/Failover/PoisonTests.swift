// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

@Suite struct FingerprintTests {
    private func fingerprint(_ path: String, _ query: String? = nil, _ method: Method = .get, key: UInt64 = 7)
        -> Fingerprint
    {
        let path = Array(path.utf8)
        guard let query else { return Fingerprint(method: method, path: path.span, query: nil, key: key) }
        return Fingerprint(method: method, path: path.span, query: Array(query.utf8).span, key: key)
    }

    @Test func `method, path, query and key each make a difference`() {
        let all = [
            fingerprint("/fail"), fingerprint("/fail", "a"), fingerprint("/fail", "b"), fingerprint("/faim"),
            fingerprint("/fail", nil, .head), fingerprint("/fail", nil, .get, key: 8), fingerprint("/fai"),
            fingerprint("/fail\0"), fingerprint(""), fingerprint("\0"),
        ]
        #expect(Set(all.map(\.request)).count == all.count)
        #expect(all[0].request == all[0].path && all[0].path == all[1].path && all[1].request != all[1].path)
        #expect(fingerprint("/fail") == fingerprint("/fail") && fingerprint("/fail", "") == fingerprint("/fail"))
    }

    @Test func `a hundred thousand paths have as many fingerprints, evenly spread`() {
        var seen: Set<UInt64> = []
        var low = [Int](repeating: 0, count: 64)
        var slots = Set<UInt64>()
        for i in 0..<100_000 {
            let request = fingerprint("/users/\(i)/orders").request
            seen.insert(request)
            low[Int(request & 63)] += 1
            slots.insert(request >> 32 & 4_095)
        }
        #expect(seen.count == 100_000)
        #expect(low.min()! > 1_300 && low.max()! < 1_850)
        #expect(slots.count == 4_096)
    }
}

@Suite struct SuccessMemoryTests {
    private let fail = Fingerprint(request: 1 << 32 | 5, path: 1 << 32 | 5)
    private let search = Fingerprint(request: 2 << 32 | 1, path: 3 << 32 | 1)
    private let otherSearch = Fingerprint(request: 4 << 32 | 1, path: 3 << 32 | 1)

    @Test func `an answer after the request began clears, one before is trusted for a while`() {
        var memory = SuccessMemory()
        same(memory.standing(fail, beganMs: 0, nowMs: 0), .unknown)
        memory.answered(fail, nowMs: 100)
        same(memory.standing(fail, beganMs: 99, nowMs: 200), .cleared)
        same(memory.standing(fail, beganMs: 100, nowMs: 200), .trusted, "it may have been a moment before")
        same(memory.standing(fail, beganMs: 600_100, nowMs: 600_100), .trusted)
        same(memory.standing(fail, beganMs: 600_101, nowMs: 600_101), .unknown)
        memory.forget(fail)
        same(memory.standing(fail, beganMs: 0, nowMs: 200), .unknown)
    }

    @Test func `another query of the path lends trust, and never clears`() {
        var memory = SuccessMemory()
        memory.answered(search, nowMs: 100)
        same(memory.standing(search, beganMs: 0, nowMs: 100), .cleared)
        same(memory.standing(otherSearch, beganMs: 0, nowMs: 100), .trusted)
        memory.forget(otherSearch)
        same(memory.standing(search, beganMs: 0, nowMs: 100), .cleared)
    }

    @Test func `who takes another's slot makes it unknown, not someone else`() {
        var memory = SuccessMemory()
        memory.answered(fail, nowMs: 100)
        let usurper = Fingerprint(request: (1 + 4_096) << 32, path: (1 + 4_096) << 32)
        same(memory.standing(usurper, beganMs: 0, nowMs: 100), .unknown)
        memory.answered(usurper, nowMs: 100)
        same(memory.standing(fail, beganMs: 0, nowMs: 100), .unknown)
    }
}

@Suite struct PoisonRuleTests {
    private func judge(_ standing: Standing, _ deaths: Int, _ hosts: Int, _ quarantines: Int) -> PoisonRule.Judgement {
        PoisonRule.judge(
            standing, requestDeaths: deaths, PoisonRule.History(hosts: hosts, quarantines: quarantines))
    }

    @Test func `the truth table`() {
        for deaths in 1...4 {
            for hosts in 1...5 {
                for quarantines in 0...2 {
                    let place: Comment = "deaths \(deaths), hosts \(hosts), quarantines \(quarantines)"
                    #expect(judge(.cleared, deaths, hosts, quarantines) == .retry, place)
                    let trusted: PoisonRule.Judgement =
                        quarantines > 0 || hosts >= 4 ? .quarantine : deaths == 1 ? .retry : .wait
                    #expect(judge(.trusted, deaths, hosts, quarantines) == trusted, place)
                    let unknown: PoisonRule.Judgement =
                        quarantines > 0 || hosts >= 2 ? .quarantine : deaths == 1 ? .retry : .stop
                    #expect(judge(.unknown, deaths, hosts, quarantines) == unknown, place)
                }
            }
        }
    }
}

@Suite struct PoisonTableTests {
    @Test func `quarantines double up to the longest`() {
        var table = PoisonTable()
        var nowMs: Int64 = 0
        var lengths: [Int64] = []
        for _ in 0..<8 {
            _ = table.died(1, host: 0, nowMs: nowMs)
            expect(table.quarantine(1, nowMs: nowMs))
            guard case .quarantined(let untilMs) = table.check(1, nowMs: nowMs) else {
                Issue.record("not quarantined")
                return
            }
            lengths.append((untilMs - nowMs) / 1_000)
            same(table.check(1, nowMs: untilMs - 1), .quarantined(untilMs: untilMs))
            nowMs = untilMs
            same(table.check(1, nowMs: nowMs), .probation)
            same(table.check(1, nowMs: nowMs), .quarantined(untilMs: nowMs + PoisonTable.probationMs))
        }
        #expect(lengths == [30, 60, 120, 240, 480, 600, 600, 600])
    }

    @Test func `requests sent before a quarantine do not make it longer`() {
        var table = PoisonTable()
        _ = table.died(1, host: 0, nowMs: 0)
        expect(table.quarantine(1, nowMs: 0))
        _ = table.died(1, host: 1, nowMs: 5)
        expect(!table.quarantine(1, nowMs: 5))
        same(table.check(1, nowMs: 29_999), .quarantined(untilMs: 30_000))
    }

    @Test func `many connections see one death; a host that came back dies again`() {
        var table = PoisonTable()
        for _ in 0..<10 { same(table.died(1, host: 3, nowMs: 0).hosts, 1) }
        same(table.died(1, host: 4, nowMs: 1).hosts, 2)
        same(table.died(2, host: 3, nowMs: 0).hosts, 1)
        same(table.died(2, host: 3, nowMs: 1_001).hosts, 2)
    }

    @Test func `suspicion is forgotten after a minute, a quarantine an hour after its end`() {
        var table = PoisonTable()
        _ = table.died(1, host: 0, nowMs: 0)
        same(table.died(1, host: 1, nowMs: 60_001).hosts, 1)
        _ = table.quarantine(1, nowMs: 60_001)
        same(table.check(1, nowMs: 90_001 + PoisonTable.memoryMs + 1), .allowed)
        expect(table.count == 0 && table.filter == 0)
    }

    @Test func `an answer clears, whatever was before`() {
        var table = PoisonTable()
        _ = table.died(1, host: 0, nowMs: 0)
        _ = table.quarantine(1, nowMs: 0)
        same(table.check(1, nowMs: 30_000), .probation)
        expect(table.succeeded(1, nowMs: 30_001))
        same(table.check(1, nowMs: 30_002), .allowed)
        expect(!table.succeeded(1, nowMs: 30_002))
        expect(table.count == 0 && table.filter == 0)
    }

    @Test func `a host that lives is not counted, and its next death is another one`() {
        var table = PoisonTable()
        same(table.died(1, host: 3, nowMs: 0).hosts, 1)
        expect(!table.acquit(1, host: 3, nowMs: 100), "there was no quarantine")
        same(table.died(1, host: 3, nowMs: 200), PoisonRule.History(hosts: 1, quarantines: 0, isNew: true))
        same(table.died(1, host: 3, nowMs: 300), PoisonRule.History(hosts: 1, quarantines: 0, isNew: false))
        same(table.died(1, host: 4, nowMs: 300).hosts, 2)
        expect(table.quarantine(1, nowMs: 300))
        expect(table.acquit(1, host: 3, nowMs: 400))
        same(table.check(1, nowMs: 400), .allowed)
        same(table.died(1, host: 3, nowMs: 500).hosts, 2, "host 4 has died, after all")
        expect(!table.acquit(2, host: 3, nowMs: 500))
    }

    @Test func `a quarantine stays as long as two hosts are dead`() {
        var table = PoisonTable()
        for host in 0..<4 { _ = table.died(1, host: host, nowMs: 0) }
        expect(table.quarantine(1, nowMs: 0))
        expect(!table.acquit(1, host: 0, nowMs: 100))
        expect(!table.acquit(1, host: 1, nowMs: 100))
        same(table.check(1, nowMs: 100), .quarantined(untilMs: 30_000))
        expect(table.acquit(1, host: 2, nowMs: 100))
    }

    @Test func `no more is taken back than has been counted`() {
        var table = PoisonTable()
        _ = table.died(1, host: 0, nowMs: 0)
        _ = table.acquit(1, host: 0, nowMs: 1)
        _ = table.acquit(1, host: 0, nowMs: 1)
        same(table.died(1, host: 1, nowMs: 2).hosts, 1)
        same(table.died(1, host: 2, nowMs: 2).hosts, 2)
        // An entry that was forgotten and made anew meanwhile.
        expect(table.succeeded(1, nowMs: 3))
        _ = table.died(1, host: 1, nowMs: 4)
        _ = table.acquit(1, host: 2, nowMs: 5)
        same(table.died(1, host: 1, nowMs: 6).hosts, 1)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `the table stays bounded, its filter true, and the quarantined stay longest`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = PoisonTable()
        var nowMs: Int64 = 0
        _ = table.died(42, host: 0, nowMs: 0)
        _ = table.quarantine(42, nowMs: 0)
        var keys: [UInt64] = []
        for _ in 0..<2_000 {
            nowMs += Int64.random(in: 0...10, using: &random)
            let key = random.next()
            keys.append(key)
            _ = table.died(key, host: 0, nowMs: nowMs)
            if Int.random(in: 0..<4, using: &random) == 0, let old = keys.randomElement(using: &random) {
                _ = table.succeeded(old, nowMs: nowMs)
            }
        }
        expect(table.count <= PoisonTable.capacity, "seed \(seed)")
        same(table.check(42, nowMs: nowMs), .quarantined(untilMs: 30_000), "seed \(seed)")
        var remembered = 0
        for key in keys where table.succeeded(key, nowMs: nowMs) { remembered += 1 }
        expect(remembered + 1 == table.count + remembered && table.filter == PoisonTable.bit(42), "seed \(seed)")
    }
}
