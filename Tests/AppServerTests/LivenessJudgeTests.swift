// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import app_server

/// A stretch of traffic: so many answers a second, that share of them 5xx, for so many seconds.
private struct Traffic {
    let seconds: Int
    let answers: Int
    let errors: Int

    init(_ seconds: Int, answers: Int, errors: Int) {
        self.seconds = seconds
        self.answers = answers
        self.errors = errors
    }
}

struct Story: Sendable, CustomTestStringConvertible {
    let testDescription: String
    fileprivate let traffic: [Traffic]
    /// The seconds after the start at which the verdict changes: to failing, to well, and so on.
    let changes: [Int]
}

private let stories: [Story] = [
    Story(testDescription: "nothing", traffic: [Traffic(300, answers: 0, errors: 0)], changes: []),
    Story(testDescription: "all is well", traffic: [Traffic(300, answers: 100, errors: 0)], changes: []),
    Story(testDescription: "a third fails", traffic: [Traffic(300, answers: 90, errors: 30)], changes: []),
    Story(testDescription: "just below nine tenths", traffic: [Traffic(300, answers: 100, errors: 89)], changes: []),
    Story(testDescription: "all fails", traffic: [Traffic(300, answers: 20, errors: 20)], changes: [61]),
    Story(testDescription: "nine tenths fail", traffic: [Traffic(300, answers: 100, errors: 90)], changes: [61]),
    Story(
        testDescription: "one answer a second: the twentieth counts", traffic: [Traffic(300, answers: 1, errors: 1)],
        changes: [80]),
    Story(
        testDescription: "too few in the window",
        traffic: Array(repeating: [Traffic(1, answers: 1, errors: 1), Traffic(4, answers: 0, errors: 0)], count: 60)
            .flatMap { $0 }, changes: []),
    Story(
        testDescription: "a bad minute, and then another",
        traffic: [
            Traffic(50, answers: 10, errors: 10), Traffic(60, answers: 10, errors: 0),
            Traffic(50, answers: 10, errors: 10),
        ],
        changes: []),
    Story(
        testDescription: "recovers when less than half of the last minute fails",
        traffic: [Traffic(100, answers: 10, errors: 10), Traffic(100, answers: 10, errors: 0)], changes: [62, 131]),
    Story(
        testDescription: "stays condemned between the two shares",
        traffic: [Traffic(100, answers: 10, errors: 10), Traffic(200, answers: 10, errors: 7)], changes: [62]),
    Story(
        testDescription: "no traffic is no failure",
        traffic: [Traffic(100, answers: 10, errors: 10), Traffic(100, answers: 0, errors: 0)], changes: [62, 160]),
]

@Suite struct LivenessJudgeTests {
    @Test(arguments: stories, [Int64(0), 1_000_000_007]) func changesItsVerdict(story: Story, startMs: Int64) {
        var judge = LivenessJudge()
        var counts = LivenessJudge.Counts()
        var second = 0
        var changes: [Int] = []
        for traffic in story.traffic {
            for _ in 0..<traffic.seconds {
                second += 1
                counts += LivenessJudge.Counts(answers: traffic.answers, serverErrors: traffic.errors)
                let before = judge.isFailing
                // Asked more often than once a second, it says the same.
                _ = judge.isFailing(counts, nowMs: startMs + Int64(second) * 1000 - 500)
                if judge.isFailing(counts, nowMs: startMs + Int64(second) * 1000) != before { changes.append(second) }
            }
        }
        #expect(changes == story.changes)
    }
}

@Suite struct AppHealthTests {
    @Test func aLoopThatStallsFailsAllUntilItComesRound() {
        let health = AppHealth(workers: 2)
        #expect(!health.isStarted)
        #expect(health.liveness(nowMs: 100_000) == .ok)
        for worker in health.workers { worker.heartbeat.start(nowMs: 1_000) }
        #expect(health.isStarted)
        health.workers[0].heartbeat.beat(nowMs: 6_000)
        #expect(health.liveness(nowMs: 6_000) == .ok)
        #expect(health.liveness(nowMs: 6_001) == .stalled)
        health.workers[1].heartbeat.beat(nowMs: 6_001)
        #expect(health.liveness(nowMs: 6_001) == .ok)
    }

    @Test func serverErrorsOfAllLoopsCount() {
        let drain = Drain()
        let health = AppHealth(workers: 2, drain: drain)
        for second in 0..<70 {
            for worker in health.workers { for _ in 0..<10 { worker.count(.serviceUnavailable) } }
            health.judge(nowMs: Int64(second) * 1000)
        }
        #expect(health.liveness(nowMs: 70_000) == .failing)
        #expect(drain.begin(.delayed))
        #expect(!drain.begin(.immediate))
        #expect(health.liveness(nowMs: 70_000) == .draining)
    }
}
