// SPDX-License-Identifier: Apache-2.0

/// Reads messages as a recipient that forgives nothing: what is not the grammar for senders (RFC 9112) is a fault, and
/// a fault of the framing ends it, because from there on two recipients could disagree.
struct MessageReader: Sendable {
    enum Kind: Sendable {
        case requests, responses
    }

    private enum State {
        case startLine, head, content(UInt64), untilClose, tunnel, chunkSize, chunk(UInt64), chunkEnd, trailers, paused
    }

    private(set) var messages: [Message] = []
    private(set) var faults: [String] = []
    private(set) var isBroken = false
    private let kind: Kind
    /// Of the requests that the responses answer.
    private let methods: [String]
    private var finals = 0
    private var state = State.startLine
    private var input: [UInt8] = []

    init(_ kind: Kind, methods: [String] = []) {
        self.kind = kind
        self.methods = methods
    }

    /// Bytes that belong to no message.
    var surplus: [UInt8] {
        switch state {
        case .startLine: input
        default: isBroken ? input : []
        }
    }

    mutating func feed(_ bytes: [UInt8]) {
        input += bytes
        while !isBroken, step() {}
    }

    /// The peer has ended its side.
    mutating func end() {
        if case .untilClose = state { finish() }
    }

    /// Goes on after a request that asked for another protocol and did not get it.
    mutating func resume() {
        guard case .paused = state else { return }
        state = .startLine
        feed([])
    }

    /// What came after a request that asked for another protocol and got it.
    mutating func takeRest() -> [UInt8] {
        defer { input = [] }
        return input
    }

    // MARK: Steps

    private mutating func step() -> Bool {
        switch state {
        case .paused: return false
        case .tunnel, .untilClose:
            messages[messages.count - 1].content += input
            input = []
            return false
        case .content(let left):
            let rest = takeContent(left)
            state = .content(rest)
            if rest == 0 { finish() }
            return rest == 0
        case .chunk(let left):
            let rest = takeContent(left)
            state = rest == 0 ? .chunkEnd : .chunk(rest)
            return rest == 0
        case .chunkEnd:
            guard input.count >= 2 else { return false }
            if Array(input[..<2]) != [13, 10] { return fault("chunk data not ended by CRLF", breaks: true) }
            input.removeFirst(2)
            state = .chunkSize
            return true
        case .startLine, .head, .chunkSize, .trailers:
            guard let line = takeLine() else { return false }
            return read(line)
        }
    }

    private mutating func takeContent(_ left: UInt64) -> UInt64 {
        let count = Int(min(left, UInt64(input.count)))
        messages[messages.count - 1].content += input[..<count]
        input.removeFirst(count)
        return left - UInt64(count)
    }

    private mutating func takeLine() -> String? {
        guard let end = input.firstIndex(of: 10) else { return nil }
        let line = Array(input[..<end])
        input.removeFirst(end + 1)
        guard line.last == 13, !line.dropLast().contains(13), !line.contains(0) else {
            _ = fault("bare CR, LF or NUL in \(line.latin1.debugDescription)", breaks: true)
            return nil
        }
        return line.dropLast().latin1
    }

    private mutating func read(_ line: String) -> Bool {
        switch state {
        case .startLine:
            messages.append(Message())
            state = .head
            return kind == .requests ? readRequestLine(line) : readStatusLine(line)
        case .head:
            return line.isEmpty ? endHead() : readField(line, \.fields)
        case .trailers:
            if line.isEmpty { finish() } else { return readField(line, \.trailers) }
            return true
        default: return readChunkSize(line)
        }
    }

    private mutating func readRequestLine(_ line: String) -> Bool {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0].isToken, parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0",
            !parts[1].isEmpty, parts[1].octets.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x23 })
        else { return fault("request line \(line.debugDescription)", breaks: true) }
        change { ($0.method, $0.target, $0.version) = (parts[0], parts[1], parts[2]) }
        return true
    }

    private mutating func readStatusLine(_ line: String) -> Bool {
        let octets = line.octets
        guard octets.count >= 13, line.hasPrefix("HTTP/1.1 "), octets[12] == 0x20,
            let status = Int(octets[9..<12].latin1), status >= 100,
            octets[13...].allSatisfy({ $0 == 9 || ($0 >= 0x20 && $0 != 0x7f) })
        else { return fault("status line \(line.debugDescription)", breaks: true) }
        change { ($0.version, $0.status, $0.reason) = ("HTTP/1.1", status, octets[13...].latin1) }
        return true
    }

    private mutating func readField(_ line: String, _ into: WritableKeyPath<Message, [Message.Field]>) -> Bool {
        guard let colon = line.firstIndex(of: ":"), String(line[..<colon]).isToken,
            line.octets.allSatisfy({ $0 == 9 || ($0 >= 0x20 && $0 != 0x7f) })
        else { return fault("field line \(line.debugDescription)", breaks: true) }
        let value = line[line.index(after: colon)...].trimmed
        change { $0[keyPath: into].append(Message.Field(name: String(line[..<colon]), value: value)) }
        return true
    }

    private mutating func readChunkSize(_ line: String) -> Bool {
        guard (1...16).contains(line.utf8.count), line.allSatisfy(\.isHexDigit), let size = UInt64(line, radix: 16)
        else {
            return fault("chunk size \(line.debugDescription)", breaks: true)
        }
        state = size == 0 ? .trailers : .chunk(size)
        return true
    }

    // MARK: Heads

    private mutating func endHead() -> Bool {
        change { $0.hasHead = true }
        let message = messages[messages.count - 1]
        let lengths = message.values("content-length")
        let codings = message.values("transfer-encoding")
        if kind == .requests {
            let hosts = message.values("host")
            if hosts.count != 1 || hosts[0].isEmpty { _ = fault("Host \(hosts)") }
        }
        if lengths.count > 1 || lengths.contains(where: { UInt64($0) == nil || $0.first == "+" }) {
            return fault("Content-Length \(lengths)", breaks: true)
        }
        if codings.count > 1 || codings.contains(where: { $0 != "chunked" }) || !codings.isEmpty && !lengths.isEmpty {
            return fault("Transfer-Encoding \(codings) with Content-Length \(lengths)", breaks: true)
        }
        if kind == .responses, isBodiless(message, hasLength: !lengths.isEmpty, isChunked: !codings.isEmpty) {
            return true
        }
        if !codings.isEmpty {
            change { $0.framing = .chunked }
            state = .chunkSize
        } else if let length = lengths.first.flatMap({ UInt64($0) }) {
            change { $0.framing = .length }
            state = .content(length)
        } else if kind == .requests {
            finish()
        } else {
            change { $0.framing = .untilClose }
            state = .untilClose
        }
        return true
    }

    /// RFC 9112 §6.3, the first two points; also §6.1 and RFC 9110 §8.6 on what these may not say.
    private mutating func isBodiless(_ message: Message, hasLength: Bool, isChunked: Bool) -> Bool {
        if message.status < 200 || message.status == 204, hasLength || isChunked {
            _ = fault("\(message.status) with a framing field")
        }
        if message.status == 101 {
            change { $0.framing = .tunnel }
            change { $0.isComplete = true }
            state = .tunnel
            return true
        }
        if message.status < 200 {
            finish()
            return true
        }
        let method = finals < methods.count ? methods[finals] : "GET"
        finals += 1
        guard message.status == 204 || message.status == 304 || method == "HEAD" else { return false }
        finish()
        return true
    }

    private mutating func finish() {
        change { $0.isComplete = true }
        let asksForMore = kind == .requests && !messages[messages.count - 1].values("upgrade").isEmpty
        state = asksForMore ? .paused : .startLine
    }

    private mutating func change(_ body: (inout Message) -> Void) {
        body(&messages[messages.count - 1])
    }

    private mutating func fault(_ text: String, breaks: Bool = false) -> Bool {
        faults.append(text)
        isBroken = isBroken || breaks
        return false
    }
}

extension String {
    /// RFC 9110 §5.6.2.
    fileprivate var isToken: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }
}
