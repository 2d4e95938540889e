// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct AccessNotesTests {
    private func written(
        _ format: LogFormat, attempts: Int, hostBytes: Int = 9, name: String = "a"
    ) -> (line: String, ends: AccessNotes.Ends) {
        let pool = BufferPool()
        var text = Buffer()
        text.reserve(4, from: pool)
        text.append("line+")
        var notes = AccessNotes(text, line: 4, format, pool)
        let id = Array("id".utf8)
        notes.begin(requestID: id.span, trace: (high: 1, low: 2), origin: Span(), attempts: attempts)
        let host = AttemptName(
            service: name, host: String(repeating: "h", count: hostBytes), label: "\(name)-\(hostBytes)")
        for number in 0..<attempts {
            var record = AttemptRecord()
            if number == attempts - 1 {
                record.status = 200
                record.firstByteMicroseconds = 1_234_567
            } else {
                record.reason = "connection_refused"
            }
            record.totalMicroseconds = .max
            record.span = UInt64(number)
            record.isReplayed = number == 1
            notes.add(record, at: host)
        }
        let ends = notes.ends
        var buffer = notes.take()
        defer { buffer.release(to: pool) }
        return (EventHTTPTests.text(buffer.bytes.dropping(Int(ends.origin))), ends)
    }

    @Test func `attempts are the items of an array, ready to be copied`() {
        #expect(
            written(.json, attempts: 2).line
                == #"{"service":"a","host":"hhhhhhhhh","status":null,"reason":"connection_refused","connect_ms":null,"#
                + #""first_byte_ms":null,"total_ms":4294967.295},{"service":"a","host":"hhhhhhhhh","status":200,"#
                + #""reason":null,"connect_ms":null,"first_byte_ms":1234.567,"total_ms":4294967.295,"replayed":true,"#
                + #""span_id":"0000000000000001"}"#)
        #expect(written(.json, attempts: 1).line.hasPrefix("{\"service\":\"a\""))
        #expect(written(.json, attempts: 0).line.isEmpty)
    }

    @Test func `in text they are told when there are several`() {
        #expect(written(.text, attempts: 1).line.isEmpty)
        #expect(written(.text, attempts: 2).line == " [a-9 connection_refused 4294967.295ms, a-9 200 4294967.295ms]")
    }

    @Test(arguments: LogFormat.allCases) func `however many and long they are, they take a bounded part of the line`(
        format: LogFormat
    ) {
        for bytes in stride(from: 1, to: 2_000, by: 97) {
            let (line, ends) = written(format, attempts: 20, hostBytes: bytes, name: String(repeating: "n", count: 63))
            #expect(line.utf8.count <= AccessNotes.attemptsBytesMax && ends.count == 20)
            #expect(line.isEmpty || line.hasSuffix(format == .json ? "}" : "]"))
        }
    }

    @Test func `what an operator called a service cannot break the line`() {
        #expect(written(.json, attempts: 1, name: "a\"\\\n").line.hasPrefix(#"{"service":"a\"\\\n","host""#))
        #expect(written(.text, attempts: 2, name: "a\n ").line.hasPrefix(" [a\\x0a\\x20-9 "))
    }
}
