// SPDX-License-Identifier: Apache-2.0

/// What the access log will say of an exchange, collected while it goes on.
struct ExchangeLog: ~Copyable {
    private(set) var beganAtNs: Int64 = 0
    /// The request line as it came, and behind it what the handler notes; kept only if there is a log. Of a request
    /// that was not understood there is no line.
    private var text = Buffer()
    /// The low bits of the exchange's number: its tokens may be stale when its handler has something left to note.
    private var owner: UInt32 = 0
    /// Bytes of content sent.
    var bytes: UInt64 = 0
    private(set) var ends = AccessNotes.Ends()
    private(set) var isActive = false
    var status: UInt16 = 0
    /// What the engine has found so far.
    var outcome = ExchangeOutcome.ok

    mutating func begin(
        _ head: borrowing RequestHead, of exchange: UInt64, atNs: Int64, keepsLine: Bool, pool: BufferPool
    ) {
        beginUnparsed(exchange, atNs: atNs)
        guard keepsLine else { return }
        let line = head.line
        text.reserve(line.count, from: pool)
        text.append(line)
        let end = UInt32(line.count)
        ends = AccessNotes.Ends(line: end, requestID: end, traceID: end, origin: end, attempts: end)
    }

    mutating func beginUnparsed(_ exchange: UInt64, atNs: Int64) {
        isActive = true
        owner = UInt32(truncatingIfNeeded: exchange)
        beganAtNs = atNs
        text.removeAll()
        ends = AccessNotes.Ends()
        status = 0
        bytes = 0
        outcome = .ok
    }

    /// Whether this is still the exchange of a token, current or not.
    func isOf(_ exchange: UInt64) -> Bool {
        isActive && owner == UInt32(truncatingIfNeeded: exchange)
    }

    /// Takes what the handler adds, in the place of what it may have added before.
    mutating func note(_ format: LogFormat, pool: BufferPool, _ write: (inout AccessNotes) -> Void) {
        var notes = AccessNotes(text.take(), line: ends.line, format, pool)
        write(&notes)
        ends = notes.ends
        text = notes.take()
    }

    /// Ends the entry with what the engine found last; what it has found is told.
    mutating func close(_ last: ExchangeOutcome) -> ExchangeOutcome {
        isActive = false
        if last != .ok { outcome = last }
        return outcome
    }

    /// Hands the text of an entry that has ended out, its outcome at the end; `ends` says where its pieces are.
    mutating func take(pool: BufferPool) -> Buffer {
        if !outcome.yields || text.count == Int(ends.attempts) {
            text.truncate(to: Int(ends.attempts))
            let words = outcome.words
            text.reserve(words.utf8CodeUnitCount, from: pool)
            text.append(words)
        }
        return text.take()
    }

    /// Nothing went wrong, neither here nor at an origin, and the client got all of its answer.
    var isOrdinary: Bool {
        status != 0 && status < 500 && ends.count < 2 && (outcome == .ok || outcome == .requestRefused)
    }
}
