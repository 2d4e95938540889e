// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What is remembered of a request's attempts for the log, in the order in which its hosts were tried. Kept in place:
/// noting something allocates nothing.
struct AttemptNotes {
    private struct Note {
        /// The host that was asked, though it may have left the configuration meanwhile.
        var origin: Origin?
        var beganNs: Int64 = 0
        var span: UInt64 = 0
        /// Microseconds from the beginning; -1 for what has not been.
        var connectUs: Int32 = -1
        var firstByteUs: Int32 = -1
        var totalUs: Int32 = -1
        var status: UInt16 = 0
        var reason: Cause?
        var isReplayed = false

        func since(_ nowNs: Int64) -> Int32 { Int32(clamping: max(nowNs - beganNs, 0) / 1_000) }
    }

    private var notes = InlineArray<10, Note>(repeating: Note())
    private(set) var count = 0
    /// Why the last attempt that failed did.
    private(set) var lastCause: Cause?

    mutating func removeAll() {
        for attempt in 0..<count { notes[attempt].origin = nil }
        count = 0
        lastCause = nil
    }

    /// An attempt has begun: the next one, or one there was once more, over a fresh connection.
    mutating func began(_ attempt: Int, at origin: Origin, nowNs: Int64, span: UInt64) {
        precondition(attempt <= count && attempt < TriedHosts.attemptsMax)
        notes[attempt] = Note(origin: origin, beganNs: nowNs, span: span, isReplayed: attempt < count)
        count = max(count, attempt + 1)
    }

    mutating func connected(_ attempt: Int, nowNs: Int64) {
        notes[attempt].connectUs = notes[attempt].since(nowNs)
    }

    /// The head of a response has come, perhaps for the second time, if the response was held.
    mutating func answered(_ attempt: Int, status: Status, nowNs: Int64) {
        if notes[attempt].firstByteUs >= 0 { return }
        notes[attempt].firstByteUs = notes[attempt].since(nowNs)
        notes[attempt].status = status.code
        if status.isServerError { failed(attempt, .serverError) }
    }

    /// It is over, or stands still. The first reason stays.
    mutating func ended(_ attempt: Int, _ reason: Cause? = nil, nowNs: Int64) {
        notes[attempt].totalUs = notes[attempt].since(nowNs)
        if let reason, notes[attempt].reason == nil { failed(attempt, reason) }
    }

    private mutating func failed(_ attempt: Int, _ reason: Cause) {
        notes[attempt].reason = reason
        if reason != .hedgeLost, reason != .cancelled { lastCause = reason }
    }

    /// Why the request as a whole has failed.
    mutating func failed(_ reason: Cause) {
        lastCause = reason
    }

    /// Whether it was answered with a status from 500 on.
    func isServerError(_ attempt: Int) -> Bool { notes[attempt].status >= 500 }

    func origin(_ attempt: Int) -> Origin? { notes[attempt].origin }

    /// The host that was asked last.
    var lastOrigin: Origin? { count == 0 ? nil : notes[count - 1].origin }

    /// What is to be told of an attempt; one that goes on is cancelled now, or whatever `underway` says.
    func record(_ attempt: Int, nowNs: Int64, underway: Cause? = .cancelled) -> AttemptRecord {
        let note = notes[attempt]
        var record = AttemptRecord()
        record.status = note.status
        record.reason = note.reason?.word ?? (note.totalUs < 0 ? underway?.word ?? "" : "")
        if note.connectUs >= 0 { record.connectMicroseconds = UInt32(note.connectUs) }
        if note.firstByteUs >= 0 { record.firstByteMicroseconds = UInt32(note.firstByteUs) }
        record.totalMicroseconds = UInt32(note.totalUs < 0 ? note.since(nowNs) : note.totalUs)
        record.span = note.span
        record.isReplayed = note.isReplayed
        return record
    }
}
