// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import Testing

@testable import EventHTTP

/// 2026-11-23 18:40:11.123 UTC.
private let instant = LogTime(seconds: 1_795_459_211, nanoseconds: 123_456_789)

/// A record in strings, for tables.
struct Access: Sendable {
    var client = "127.0.0.1"
    var method = "GET"
    var target = "/"
    var version = "HTTP/1.1"
    var origin = "service-app-1-10.0.0.1-8081"
    var status: UInt16 = 200
    var bytes: UInt64 = 28
    var microseconds: UInt64 = 1234
    var attempts: UInt8 = 1
    var outcome = ""
    var requestID = ""
    var traceID = ""
    var details = ""

    /// The line that an access log writes for it.
    func line(_ format: LogFormat = .text, name: String = "proxy-log", zone: LogZone = .utc) -> String {
        line(format, target: Array(target.utf8), name: name, zone: zone)
    }

    func line(
        _ format: LogFormat, target: [UInt8], name: String = "proxy-log", zone: LogZone = .utc
    ) -> String {
        let log = StillLog(LogOptions(console: false, file: nil, format: format, name: name))
        let access = AccessLog(channel: LogChannel(core: log.core), zone: zone)
        write(to: access, target: target)
        return log.take()
    }

    func write(to access: AccessLog, target: [UInt8]) {
        let (client, method, version, origin) = (
            Array(client.utf8), Array(method.utf8), Array(version.utf8), Array(origin.utf8)
        )
        let (outcome, requestID, traceID, details) = (
            Array(outcome.utf8), Array(requestID.utf8), Array(traceID.utf8), Array(details.utf8)
        )
        access.write(
            AccessRecord(
                clientAddress: client.span, method: method.span, target: target.span, version: version.span,
                origin: origin.span, status: status, bytesSent: bytes, durationMicroseconds: microseconds,
                outcome: outcome.span, requestID: requestID.span, traceID: traceID.span, attempts: attempts,
                attemptDetails: details.span), at: instant)
    }
}

@Suite struct `An access line in text` {
    private static let head = "[2026-11-23 18:40:11,123] - proxy-log - DEBUG - "

    @Test(arguments: [
        (Access(), "127.0.0.1 - GET / HTTP/1.1 - 200 - service-app-1-10.0.0.1-8081 28B 1.234ms"),
        (
            Access(status: 502, bytes: 0, microseconds: 7, attempts: 2, outcome: "client_gone"),
            "127.0.0.1 - GET / HTTP/1.1 - 502 - service-app-1-10.0.0.1-8081 0B 0.007ms attempts=2 client gone"
        ),
        (
            Access(client: "::1", method: "", target: "", version: "", origin: "", status: 408, outcome: "timed_out"),
            "::1 - - - - - 408 - - 28B 1.234ms timed out"
        ),
        (
            Access(target: "/a?b=c&d=%20~", origin: "", bytes: .max, microseconds: .max, attempts: 255, outcome: "x"),
            "127.0.0.1 - GET /a?b=c&d=%20~ HTTP/1.1 - 200 - - 18446744073709551615B "
                + "18446744073709551.615ms attempts=255 x"
        ),
    ])
    func `has exactly this shape`(access: Access, tail: String) {
        #expect(access.line() == Self.head + tail + "\n")
    }

    @Test func `carries the configured name`() {
        #expect(Access().line(name: "app-log").hasPrefix("[2026-11-23 18:40:11,123] - app-log - DEBUG - 127.0.0.1 - "))
    }

    @Test(arguments: [
        ("/a\r\n[2026-11-23 18:40] - proxy-log", "/a\\x0d\\x0a[2026-11-23\\x2018:40]\\x20-\\x20proxy-log"),
        ("/\"quoted'\\", "/\\x22quoted\\x27\\x5c"),
        ("/\u{1B}[31m\u{0}\u{7F}", "/\\x1b[31m\\x00\\x7f"),
        ("/é", "/\\xc3\\xa9"),
    ])
    func `cannot be forged by hostile bytes`(target: String, shown: String) {
        #expect(
            Access(target: target).line()
                == Self.head + "127.0.0.1 - GET \(shown) HTTP/1.1 - 200 - service-app-1-10.0.0.1-8081 28B 1.234ms\n")
    }

    @Test func `shows every byte but visible ASCII without quotes and backslash as hexadecimal`() {
        let all = (0...255).map { UInt8($0) }
        var shown = ""
        for byte in all {
            let isPlain = byte > 0x20 && byte < 0x7F && !"\"'\\".utf8.contains(byte)
            let digits = String(byte, radix: 16)
            shown += isPlain ? String(UnicodeScalar(byte)) : "\\x" + (digits.count == 1 ? "0" : "") + digits
        }
        let line = Access().line(.text, target: all)
        #expect(line.contains("GET \(shown) HTTP/1.1"))
        #expect(line.utf8.filter { $0 == 10 }.count == 1)
    }

    @Test func `shows local time unless told otherwise`() {
        var seconds = time_t(instant.seconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var expected = [CChar](repeating: 0, count: 64)
        strftime(&expected, expected.count, "[%Y-%m-%d %H:%M:%S,123]", &parts)
        let text = expected.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        #expect(Access().line(zone: .local).hasPrefix(text))
    }

    @Test(arguments: [UInt8(ascii: "a"), 0, 0xFF, UInt8(ascii: "\"")], LogFormat.allCases)
    func `is never longer than its limit and still whole when everything is too long`(byte: UInt8, format: LogFormat) {
        let long = String(repeating: byte < 0x80 ? String(UnicodeScalar(byte)) : "é", count: 5000)
        var access = Access(
            client: long, method: long, version: long, origin: long, status: .max, bytes: .max, microseconds: .max,
            attempts: .max)
        access.outcome = "the_longest_of_outcomes"
        let line = access.line(format, target: [UInt8](repeating: byte, count: 5000), name: long)
        #expect(line.utf8.count <= AccessLog.lineBytesMax)
        #expect(line.hasSuffix(format == .text ? " attempts=255 the longest of outcomes\n" : "\"attempts\":[]}\n"))
        #expect(line.contains("…"))
    }

    @Test func `keeps a target as long as there is room and cuts a longer one`() {
        let fitting = Access().line(.text, target: [UInt8](repeating: UInt8(ascii: "a"), count: 2900))
        #expect(!fitting.contains("…"))
        let cut = Access().line(.text, target: [UInt8](repeating: UInt8(ascii: "a"), count: 4000))
        #expect(cut.contains("aaa… HTTP/1.1 - 200 - service-app-1-10.0.0.1-8081 28B 1.234ms\n"))
    }
}

@Suite struct `An access line in JSON` {
    @Test func `is one object with all keys`() {
        #expect(
            Access(attempts: 2, outcome: "client_gone", requestID: "a-1", traceID: "4bf9", details: "{},{}").line(.json)
                == """
                {"time":"2026-11-23T18:40:11.123Z","level":"DEBUG","logger":"proxy-log","client":"127.0.0.1",\
                "method":"GET","target":"/","version":"HTTP/1.1","status":200,"bytes":28,"duration_ms":1.234,\
                "outcome":"client_gone","origin":"service-app-1-10.0.0.1-8081","request_id":"a-1","trace_id":"4bf9",\
                "attempts":[{},{}]}

                """)
    }

    @Test func `keeps its keys when there is nothing to say`() {
        let line = Access(method: "", target: "", version: "", origin: "").line(.json)
        #expect(line.contains(#""method":"","target":"","version":"","status":200"#))
        #expect(line.hasSuffix(#""outcome":"ok","origin":"","request_id":"","trace_id":"","attempts":[]}"# + "\n"))
    }

    @Test func `escapes every byte as JSON wants it`() {
        let all = (0...255).map { UInt8($0) }
        var shown = ""
        for byte in all {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): shown += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: shown += String(UnicodeScalar(byte))
            default: shown += "\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        #expect(Access().line(.json, target: all).contains("\"target\":\"\(shown)\","))
    }
}

@Suite struct `An access log` {
    @Test(arguments: zip(Logger.Level.allCases, [true, true, false, false, false, false, false]))
    func `writes nothing when the level is above debug`(level: Logger.Level, isEnabled: Bool) {
        let log = StillLog(LogOptions(console: false, file: nil, level: level))
        let access = AccessLog(channel: LogChannel(core: log.core))
        #expect(access.isEnabled == isEnabled)
        Access().write(to: access, target: [])
        #expect(log.take().isEmpty == !isEnabled)
    }

    @Test func `counts the lines that do not fit in its ring`() {
        let log = StillLog(LogOptions(console: false, file: nil, ringBytes: 1))
        let access = AccessLog(channel: LogChannel(core: log.core), zone: .utc)
        for _ in 0..<1000 { Access().write(to: access, target: [UInt8(ascii: "/")]) }
        let text = log.take()
        let lineBytes = Access().line().utf8.count
        #expect(text == String(repeating: Access().line(), count: LogOptions.ringBytesMin / lineBytes))
        #expect(log.core.dropped.load(ordering: .relaxed) == UInt64(1000 - LogOptions.ringBytesMin / lineBytes))
    }
}

@Suite struct `A sample of access lines` {
    @Test(arguments: [0, 0.000_001, 0.01, 0.25, 0.5, 0.9, 0.999_999, 1])
    func `is the share that was asked for, spread evenly`(share: Double) {
        var sampler = AccessSampler(share: share)
        for _ in 0..<20 {
            let written = (0..<10_000).count { _ in sampler.next() }
            // A Weyl sequence of the golden ratio is never off by more than a few.
            #expect(abs(Double(written) - share * 10_000) < 8)
        }
    }

    @Test(arguments: 2...20) func `is in step with nothing that comes in turns`(period: Int) {
        var sampler = AccessSampler(share: 0.5)
        var written = [Int](repeating: 0, count: period)
        for number in 0..<period * 2_000 where sampler.next() { written[number % period] += 1 }
        #expect(written.allSatisfy { abs($0 - 1_000) < 20 })
    }

    @Test func `leaves nothing out that is out of the ordinary`() {
        var options = LogOptions(console: false, file: nil)
        options.accessShare = 0
        let access = AccessLog(channel: LogChannel(core: StillLog(options).core))
        for _ in 0..<1000 { #expect(!access.isWanted(isOrdinary: true) && access.isWanted(isOrdinary: false)) }
    }
}
