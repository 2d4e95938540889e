// SPDX-License-Identifier: Apache-2.0

/// Decides whether a server answers so much with 5xx that it should be started anew.
///
/// Pure: it is told the counts since the start and the time. It is slow to condemn (a share of `failingShare` over
/// the last `windowMs`, at least `answersMin` answers, for `patienceMs`) and clear in acquitting (below
/// `recoveredShare`), so that it does not go back and forth.
struct LivenessJudge {
    static let answersMin = 20
    static let failingShare = 0.9
    static let recoveredShare = 0.5
    static let windowMs: Int64 = 60_000
    static let patienceMs: Int64 = 60_000
    /// Counts closer together than this are not kept apart: the window is a fixed number of them.
    static let sampleMs: Int64 = 1_000

    struct Counts: Equatable {
        var answers = 0
        var serverErrors = 0

        static func += (sum: inout Counts, other: Counts) {
            sum.answers += other.answers
            sum.serverErrors += other.serverErrors
        }
    }

    private struct Sample {
        var atMs: Int64
        var counts: Counts
    }

    /// What was counted when, oldest first: all of the window, and one that is older.
    private var samples: [Sample] = []
    /// Since when the share has been too high without a break.
    private var suspectSinceMs: Int64?
    private(set) var isFailing = false

    /// Takes the counts since the start, and says whether the server fails.
    mutating func isFailing(_ counts: Counts, nowMs: Int64) -> Bool {
        let before = base(at: nowMs)
        remember(Sample(atMs: nowMs, counts: counts))
        let answers = counts.answers - before.answers
        let share = answers == 0 ? 0 : Double(counts.serverErrors - before.serverErrors) / Double(answers)
        if isFailing {
            // Too few answers are no evidence of either, except none at all: then nothing fails.
            if share < Self.recoveredShare {
                isFailing = false
                suspectSinceMs = nil
            }
        } else if answers >= Self.answersMin, share >= Self.failingShare {
            let since = suspectSinceMs ?? nowMs
            suspectSinceMs = since
            isFailing = nowMs - since >= Self.patienceMs
        } else {
            suspectSinceMs = nil
        }
        return isFailing
    }

    /// The counts at the beginning of the window: of the newest sample that is not within it.
    private mutating func base(at nowMs: Int64) -> Counts {
        while samples.count > 1, samples[1].atMs <= nowMs - Self.windowMs { samples.removeFirst() }
        return samples.first?.counts ?? Counts()
    }

    private mutating func remember(_ sample: Sample) {
        if samples.isEmpty { samples.append(Sample(atMs: sample.atMs, counts: Counts())) }
        if sample.atMs - samples[samples.count - 1].atMs >= Self.sampleMs { samples.append(sample) }
    }
}
