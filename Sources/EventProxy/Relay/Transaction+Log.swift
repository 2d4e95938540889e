// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What the access log is told.
extension Transaction {
    /// Tells the log, if there is one, what was tried, and why it came to nothing, if it did. To be called before the
    /// answer's end is written, which is when its line is; afterwards there is nobody to tell. `origin` is the one
    /// whose answer was passed on, if its attempt is over.
    func tellLog(_ cause: Cause? = nil, of origin: Origin? = nil) {
        if writer != nil {
            writer?.note { describe(cause, from: (origin ?? leg?.origin)?.label ?? [], to: &$0) }
        } else {
            exchange?.note { describe(cause, from: [], to: &$0) }
        }
    }

    private func describe(_ cause: Cause?, from origin: [UInt8], to entry: inout AccessNotes) {
        identity.begin(&entry, from: origin.span, attempts: attempt.count)
        let nowNs = loop.nowNs
        for position in 0..<notes.count {
            guard let origin = notes.origin(position) else { continue }
            entry.add(notes.record(position, nowNs: nowNs), at: origin.logName)
        }
        if let cause { entry.end(outcome: cause.word) }
    }
}

extension RequestIdentity {
    func begin(_ entry: inout AccessNotes, from origin: Span<UInt8>, attempts: Int) {
        let trace = trace.map { (high: $0.high, low: $0.low) }
        let id = id.spelled
        entry.begin(requestID: id.span, trace: trace, origin: origin, attempts: attempts)
    }
}
