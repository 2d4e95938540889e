// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct WriterTests {
    private func written(_ write: (inout FieldWriter) -> Void) -> String {
        let pool = BufferPool()
        var writer = FieldWriter(Buffer(), pool: pool)
        write(&writer)
        var buffer = writer.take()
        let result = text(buffer.bytes)
        buffer.release(to: pool)
        #expect(pool.lentCount == 0)
        return result
    }

    @Test(arguments: [
        ("X-A", "X-A: 1\r\n"), ("Server", "Server: 1\r\n"), ("Connection", ""), ("transfer-encoding", ""), ("TE", ""),
        ("Upgrade", ""), ("keep-alive", ""),
    ])
    func `a field that is the engine's is left out, whoever makes it up`(name: String, line: String) {
        let written = written { writer in writer.add(token: raw(name).span, raw("1").span) }
        #expect(written == line)
    }

    @Test func `S35: a value from anywhere cannot end its line`() {
        for byte in UInt8.min...UInt8.max {
            for value in [[byte], [0x61, byte], [byte, 0x61], [byte, byte, 0x61, byte], [0x61, 0x0d, 0x0a, byte]] {
                let line = written { writer in guarded(value) { writer.add("X-A", $0) } }
                let end = raw(line)
                #expect(line.hasPrefix("X-A: ") && end.suffix(2) == [0x0d, 0x0a] && end.count == value.count + 7)
                let inner = Array(end.dropFirst(5).dropLast(2))
                let wanted = value.map { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f ? 0x20 : $0 }
                if inner != wanted { Issue.record("\(value) became \(inner)") }
            }
        }
    }

    @Test func `S35: prepared lines take only what a parser would`() throws {
        for byte in UInt8.min...UInt8.max {
            let character = String(UnicodeScalar(byte))
            var lines = FieldLines()
            let isName = (try? lines.add("X" + character, "v")) != nil
            #expect(isName == ByteScanner.isToken(byte), "\(byte)")
            let isValue = (try? lines.add("X", "a" + character)) != nil
            #expect(isValue == ((byte >= 0x20 && byte != 0x7f) || byte == 0x09), "\(byte)")
        }
        for name in ["", "Content-Length", "transfer-encoding", "Connection", "Upgrade", "TE", "Keep-Alive"] {
            #expect(throws: FieldLines.FieldError.self, "\(name)") {
                var lines = FieldLines()
                try lines.add(name, "1")
            }
        }
    }

    @Test func `the engine's fields cannot be written by a handler`() async {
        await #expect(processExitsWith: .failure) {
            var writer = FieldWriter(Buffer(), pool: BufferPool())
            writer.add("Content-Length", 5 as UInt64)
        }
        await #expect(processExitsWith: .failure) {
            var writer = FieldWriter(Buffer(), pool: BufferPool())
            writer.add("transfer-encoding", "chunked")
        }
    }

    @Test func `fields are written as lines, and a Date is noticed`() throws {
        let lines = FieldLines(["Server": "s", "Date": "d"])
        var hasDate = false
        let result = written { writer in
            writer.add("X-A", "b")
            writer.add("X-N", 5 as UInt64)
            let hadDate = writer.hasDate
            #expect(!hadDate)
            writer.add(lines)
            hasDate = writer.hasDate
        }
        #expect(result == "X-A: b\r\nX-N: 5\r\nServer: s\r\nDate: d\r\n")
        #expect(hasDate)
    }

    static let framings: [(BodyFraming, UInt64?, String)] = [
        (.none, nil, ""), (.none, 0, "Content-Length: 0\r\n"), (.none, 7, "Content-Length: 7\r\n"),
        (.length(0), nil, "Content-Length: 0\r\n"), (.length(7), 9, "Content-Length: 7\r\n"),
        (.length(.max), nil, "Content-Length: 18446744073709551615\r\n"),
        (.chunked, 7, "Transfer-Encoding: chunked\r\n"), (.untilClose, 7, ""), (.tunnel, 7, ""),
    ]

    @Test(arguments: framings)
    func `each message gets one framing`(_ framing: BodyFraming, _ announced: UInt64?, _ wanted: String) {
        var buffer = Buffer(capacity: MessageWriter.fixedBytesMax)
        MessageWriter.appendFraming(framing, announced: announced, to: &buffer)
        #expect(text(buffer.bytes) == wanted)
    }

    @Test func `a status line parses to what was written`() throws {
        for code in 100...599 {
            let status = try #require(Status(code))
            var buffer = Buffer(capacity: MessageWriter.fixedBytesMax)
            MessageWriter.appendStatusLine(status, reason: Span(), to: &buffer)
            buffer.append("\r\n")
            let outcome = guarded(array(buffer.bytes)) { ResponseSummary.parse($0, to: .get) }
            guard case .parsed(let head) = outcome else {
                Issue.record("\(code) gave \(outcome)")
                continue
            }
            #expect(head.status == code && head.reason == status.reason.description)
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `what the encoder writes the decoder reads`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pool = BufferPool()
        var buffer = Buffer()
        var data: [UInt8] = []
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let chunk = random.bytes(Int.random(in: 1...5000, using: &random))
            buffer.reserve(chunk.count + ChunkedEncoder.overheadBytesMax, from: pool)
            ChunkedEncoder.appendStart(count: chunk.count, to: &buffer)
            guarded(chunk) { buffer.append($0) }
            ChunkedEncoder.appendEnd(to: &buffer)
            data += chunk
        }
        buffer.reserve(8, from: pool)
        ChunkedEncoder.appendLast(to: &buffer)
        let input = array(buffer.bytes)
        #expect(ChunkedRun.feeding(input) == ChunkedRun(data: data, end: .trailers(input.count - 2)), "seed \(seed)")
        buffer.release(to: pool)
    }

    @Test func `S24: trailers that frame, route or authenticate are dropped, and aliases of them`() {
        let trailers = [
            "ETag: e", "Content-Length: 5", "Host: h", "X-Sum: 1", "X_Sum: 2", "Authorization: a", "TE: t",
            "CONTENT-Language: de", "content-disposition: inline", "Content-: x", "Content: y", "", "",
        ].joined(separator: "\r\n")
        var fields = FieldIndex(capacity: 20)
        let result = guarded(raw(trailers)) { bytes in
            let pool = BufferPool()
            var buffer = Buffer()
            _ = try? FieldParser.parse(bytes, from: 0, limits: ParserLimits(), into: &fields)
            ChunkedEncoder.appendLast(trailers: Fields(bytes, fields.lines.span), to: &buffer, pool: pool)
            return text(buffer.bytes)
        }
        #expect(result == "0\r\nETag: e\r\nX-Sum: 1\r\nContent: y\r\n\r\n")
    }

    /// The fuzz oracle of the desync table, over its valid requests.
    @Test(arguments: RequestCase.lines + RequestCase.heads)
    func `a request that is parsed, written and parsed again is the same request`(_ each: RequestCase) throws {
        guard case .parsed(let wanted) = each.wanted else { return }
        let pool = BufferPool()
        let head = text(each.input.prefix(wanted.length))
        let output = try withRequestHead(head) { head in
            var buffer = Buffer()
            guarded(raw(wanted.authority ?? "h")) { host in
                RequestWriter.append(head, host: host, to: &buffer, pool: pool) { writer in
                    let fields = head.fields
                    for i in 0..<fields.count where !fields[i].id.isHopByHop && fields[i].id != .host {
                        if fields[i].id != .expect { writer.copy(fields[i]) }
                    }
                }
            }
            let result = array(buffer.bytes)
            buffer.release(to: pool)
            return result
        }
        #expect(pool.lentCount == 0)
        guard case .parsed(let again) = guarded(output, { RequestSummary.parse($0) }) else {
            Issue.record("\(text(output).debugDescription) does not parse")
            return
        }
        #expect(again.token == wanted.token && again.framing == wanted.framing)
        #expect(again.expectsContinue == wanted.expectsContinue && again.length == output.count)
        #expect(again.authority == wanted.authority ?? "h")
        if !wanted.needsSlash {
            #expect(again.target == wanted.target)
        } else {
            #expect(again.target == "/" + wanted.target)
        }
        let before = wanted.fields.filter { $0.hasPrefix("A: ") }
        #expect(again.fields.filter { $0.hasPrefix("A: ") } == before)
    }
}
