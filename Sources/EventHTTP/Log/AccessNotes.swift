// SPDX-License-Identifier: Apache-2.0

/// How the log calls an origin: prepared once, then copied into the lines of either format.
package struct AttemptName: Sendable {
    /// The label of the origin.
    let text: [UInt8]
    /// The first two members of an attempt's object.
    let json: [UInt8]

    package init(service: String, host: String, label: String) {
        var escaped = FixedBytes(capacityBytes: AccessLog.originBytesMax)
        let bytes = Array(label.utf8)
        escaped.append(escaped: bytes.span, limit: AccessLog.originBytesMax)
        text = [UInt8](copying: escaped.span)
        json = Array("{\"service\":\(service.jsonQuoted),\"host\":\(host.jsonQuoted)".utf8)
    }
}

/// What became of one attempt of an exchange, as the log shows it. Times are microseconds from the attempt's beginning.
package struct AttemptRecord {
    /// What the origin answered; 0 when it did not.
    package var status: UInt16 = 0
    /// Why it was not the client's answer, or not all of it; empty when it was.
    package var reason: StaticString = ""
    /// Until the connection stood; nil for one that stood already, or never did.
    package var connectMicroseconds: UInt32?
    /// Until the head of the response had come.
    package var firstByteMicroseconds: UInt32?
    package var totalMicroseconds: UInt32 = 0
    /// What it is called in the request's trace; 0 when the request is part of none.
    package var span: UInt64 = 0
    /// A connection that had idled ended under it, and the same host was asked again over a fresh one.
    package var isReplayed = false

    package init() {}
}

/// Takes what a handler adds to the log's line of an exchange, and keeps it as it will stand in the line. The memory is
/// that of the request line's copy, so nothing is allocated, and nothing is written when there is no log.
package struct AccessNotes: ~Copyable {
    /// What all attempts of an exchange take of a line at most; further ones are left out.
    static let attemptsBytesMax = 4096
    /// Of one attempt, without the name of its origin.
    private static let attemptBytesMax = 256

    private var text: Buffer
    private(set) var ends = Ends()
    private let format: LogFormat
    private let pool: BufferPool

    /// Where each piece ends that lies one after the other behind the request line.
    struct Ends {
        var line: UInt32 = 0
        var requestID: UInt32 = 0
        var traceID: UInt32 = 0
        var origin: UInt32 = 0
        var attempts: UInt32 = 0
        /// How many origins were tried.
        var count: UInt8 = 0
    }

    init(_ text: consuming Buffer, line: UInt32, _ format: LogFormat, _ pool: BufferPool) {
        self.text = text
        self.format = format
        self.pool = pool
        ends.line = line
        self.text.truncate(to: Int(line))
        endOrigin()
    }

    /// Says what is known of the exchange as a whole; attempts follow, the outcome is last.
    package mutating func begin(
        requestID: Span<UInt8>, trace: (high: UInt64, low: UInt64)?, origin: Span<UInt8>, attempts: Int
    ) {
        text.reserve(requestID.count + 32 + origin.count, from: pool)
        text.append(requestID)
        ends.requestID = UInt32(text.count)
        if let trace {
            text.append(hexadecimal16: trace.high)
            text.append(hexadecimal16: trace.low)
        }
        ends.traceID = UInt32(text.count)
        text.append(origin)
        ends.count = UInt8(clamping: attempts)
        endOrigin()
    }

    private mutating func endOrigin() {
        ends.requestID = max(ends.requestID, ends.line)
        ends.traceID = max(ends.traceID, ends.requestID)
        ends.origin = UInt32(text.count)
        ends.attempts = ends.origin
    }

    /// One attempt; in text they are only told when there was more than one.
    package mutating func add(_ attempt: AttemptRecord, at name: AttemptName) {
        if format == .text, ends.count < 2 { return }
        let size = Self.attemptBytesMax + (format == .text ? name.text.count : name.json.count)
        let written = text.count - Int(ends.origin)
        guard written + size <= Self.attemptsBytesMax else { return }
        text.reserve(size, from: pool)
        switch format {
        case .text: appendText(attempt, name, isFirst: written == 0)
        case .json: appendJSON(attempt, name, isFirst: written == 0)
        }
        ends.attempts = UInt32(text.count)
    }

    private mutating func appendText(_ attempt: AttemptRecord, _ name: AttemptName, isFirst: Bool) {
        if isFirst {
            text.append(" [")
        } else {
            // In the place of the bracket.
            text.truncate(to: text.count - 1)
            text.append(", ")
        }
        text.append(name.text.span)
        if attempt.status != 0 {
            text.append(" ")
            text.append(decimal: UInt64(attempt.status))
        }
        if attempt.reason.utf8CodeUnitCount > 0 {
            text.append(" ")
            text.append(attempt.reason)
        }
        text.append(" ")
        text.append(milliseconds: attempt.totalMicroseconds)
        text.append("ms]")
    }

    private mutating func appendJSON(_ attempt: AttemptRecord, _ name: AttemptName, isFirst: Bool) {
        if !isFirst { text.append(",") }
        text.append(name.json.span)
        text.append(",\"status\":")
        if attempt.status == 0 { text.append("null") } else { text.append(decimal: UInt64(attempt.status)) }
        if attempt.reason.utf8CodeUnitCount == 0 {
            text.append(",\"reason\":null")
        } else {
            text.append(",\"reason\":\"")
            text.append(attempt.reason)
            text.append("\"")
        }
        text.append(",\"connect_ms\":")
        append(attempt.connectMicroseconds)
        text.append(",\"first_byte_ms\":")
        append(attempt.firstByteMicroseconds)
        text.append(",\"total_ms\":")
        text.append(milliseconds: attempt.totalMicroseconds)
        if attempt.isReplayed { text.append(",\"replayed\":true") }
        if attempt.span != 0 {
            text.append(",\"span_id\":\"")
            text.append(hexadecimal16: attempt.span)
            text.append("\"")
        }
        text.append("}")
    }

    private mutating func append(_ microseconds: UInt32?) {
        if let microseconds { text.append(milliseconds: microseconds) } else { text.append("null") }
    }

    /// How the exchange ended, if that is out of the ordinary: words with `_` between them. Comes last.
    package mutating func end(outcome: StaticString) {
        text.reserve(outcome.utf8CodeUnitCount, from: pool)
        text.append(outcome)
    }

    consuming func take() -> Buffer { text }
}

extension Buffer {
    /// Microseconds as milliseconds with three decimals: 12 bytes at most.
    fileprivate mutating func append(milliseconds microseconds: UInt32) {
        append(decimal: UInt64(microseconds / 1000))
        let rest = microseconds % 1000
        append(UInt8(ascii: "."))
        append(UInt8(ascii: "0") + UInt8(rest / 100))
        append(UInt8(ascii: "0") + UInt8(rest / 10 % 10))
        append(UInt8(ascii: "0") + UInt8(rest % 10))
    }
}
