// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

private let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
private let parent = "00f067aa0ba902b7"
private let valid = "00-\(trace)-\(parent)-01"
private let zeros = String(repeating: "0", count: 32)

/// The parts of a `traceparent`.
private func parts(_ field: String?) -> [String] { (field ?? "").split(separator: "-").map(String.init) }

/// W3C Trace Context, levels 1 and 2.
struct TraceContextTests {
    private func parse(_ field: String) -> TraceContext? {
        let bytes = Array(field.utf8)
        return TraceContext(bytes.span)
    }

    @Test(
        arguments: [
            (valid, 1), ("00-\(trace)-\(parent)-00", 0), ("00-\(trace)-\(parent)-03", 3),
            // Bits that nobody knows are not passed on.
            ("00-\(trace)-\(parent)-ff", 3), ("00-\(trace)-\(parent)-fc", 0),
            // Versions to come begin as this one does.
            ("01-\(trace)-\(parent)-01", 1), ("fe-\(trace)-\(parent)-01-what-will-be", 1),
            ("cc-\(trace)-\(parent)-01-", 1),
        ] as [(String, UInt8)])
    func `a valid field names a trace`(field: String, flags: UInt8) throws {
        let context = try #require(parse(field))
        #expect(context.high == 0x4bf9_2f35_77b3_4da6 && context.low == 0xa3ce_929d_0e0e_4736)
        #expect(context.flags == flags)
    }

    @Test(arguments: [
        "", "00", String(valid.dropLast()), valid + "0", valid + "-", valid + "-00", "ff-\(trace)-\(parent)-01",
        "01-\(trace)-\(parent)-01x", "00-\(zeros)-\(parent)-01", "00-\(trace)-0000000000000000-01",
        valid.uppercased(), "00_\(trace)-\(parent)-01", "00-\(trace)_\(parent)-01", "00-\(trace)-\(parent)_01",
        "0g-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-0g", "00-\(trace)-\(parent.dropLast())g-01",
        "00-\(trace.dropLast())g-\(parent)-01", " " + valid,
    ])
    func `another one does not`(field: String) {
        #expect(parse(field) == nil)
    }

    @Test func `a valid field of which a byte is changed is never another trace by accident`() {
        for position in valid.utf8.indices {
            for byte in UInt8.min...UInt8.max {
                var bytes = Array(valid.utf8)
                bytes[valid.utf8.distance(from: valid.startIndex, to: position)] = byte
                guard let context = TraceContext(bytes.span) else { continue }
                let text = String(decoding: bytes, as: UTF8.self)
                let digits = [context.high, context.low].map { number in
                    let digits = String(number, radix: 16)
                    return String(repeating: "0", count: 16 - digits.count) + digits
                }
                #expect(parts(text)[1] == digits.joined())
            }
        }
    }

    // MARK: On the way

    private func forwarded(
        _ mode: ProxyConfiguration.Tracing.Mode, _ fields: String
    ) throws -> RawRequest {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]]) { $0.tracing.traceparent = mode }
        #expect(try proxy.get("/", fields).status == 200)
        return try #require(origin.requests.first)
    }

    @Test(arguments: [ProxyConfiguration.Tracing.Mode.propagate, .generate])
    func `a valid trace goes on with a span of ours and the state as it came`(mode: ProxyConfiguration.Tracing.Mode)
        throws
    {
        let state = "tracestate: rojo=00f067aa0ba902b7\r\ntracestate: congo=t61rcWkgMzE\r\n"
        let request = try forwarded(mode, "TraceParent: \(valid)\r\n\(state)")
        let parts = parts(request["traceparent"])
        #expect(request.values("traceparent").count == 1 && parts.count == 4)
        #expect(parts[0] == "00" && parts[1] == trace && parts[2] != parent && parts[3] == "01")
        #expect(parts[2].count == 16 && parts[2] != "0000000000000000")
        #expect(request.values("tracestate") == ["rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE"])
    }

    @Test(arguments: [
        "", "traceparent: nonsense\r\n", "traceparent: \(valid)\r\ntraceparent: \(valid)\r\n", "trace_parent: x\r\n",
    ])
    func `without a valid one nothing goes on, or a trace begins if that is wanted`(fields: String) throws {
        let none = try forwarded(.propagate, fields + "tracestate: a=b\r\n")
        #expect(none["traceparent"] == nil && none["tracestate"] == nil)
        let begun = try forwarded(.generate, fields + "tracestate: a=b\r\n")
        let parts = parts(begun["traceparent"])
        #expect(parts.count == 4 && parts[1].count == 32 && parts[1] != trace && parts[3] == "03")
        #expect(begun.values("traceparent").count == 1 && begun["tracestate"] == nil)
    }

    @Test func `turned off, the fields are like any other`() throws {
        let request = try forwarded(.off, "traceparent: nonsense\r\ntracestate: a=b\r\n")
        #expect(request["traceparent"] == "nonsense" && request["tracestate"] == "a=b")
    }

    @Test(arguments: ["", "content"]) func `each attempt is a span of its own in the same trace`(body: String) throws {
        let origins = (0..<3).map { _ in ScriptedOrigin.saying("ill", status: "503 Busy") }
        let proxy = try TestProxy(origins.map { [$0.port] })
        let field = "traceparent: \(valid)\r\n"
        #expect(try proxy.server.ask(body.isEmpty ? get("/", field) : put(body, field)).status == 503)
        let requests = origins.flatMap(\.requests)
        let spans = requests.map { parts($0["traceparent"]) }
        #expect(spans.count == 3 && spans.allSatisfy { $0[1] == trace && $0[3] == "01" })
        #expect(Set(spans.map { $0[2] }).count == 3)
        // Nothing else of the request was touched.
        #expect(requests.allSatisfy { $0.body == Array(body.utf8) && $0["host"] == "test" })
    }

    @Test func `a hedge and the attempt beside it are different spans`() throws {
        let gate = Shared(false)
        let slow = ScriptedOrigin.waiting(for: gate) { connection, _ in try connection.answer("late") }
        let quick = ScriptedOrigin.saying("soon")
        let proxy = try TestProxy([[slow.port], [quick.port]])
        #expect(try proxy.get("/", "traceparent: \(valid)\r\n").text == "soon")
        gate.change { $0 = true }
        let spans = (slow.requests + quick.requests).map { parts($0["traceparent"]) }
        #expect(spans.count == 2 && spans[0][2] != spans[1][2] && spans.allSatisfy { $0[1] == trace })
    }
}
