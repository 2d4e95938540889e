// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A head as it came: field names in lower case.
struct Head {
    var line = ""
    var fields: [(name: String, value: String)] = []

    func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
    subscript(name: String) -> String? { values(name).first }
    func number(_ name: String) -> Int? { self[name].flatMap { Int($0) } }
    var words: [Substring] { line.split(separator: " ", omittingEmptySubsequences: false) }
    var status: Int { words.count > 1 ? Int(words[1]) ?? 0 : 0 }
}

/// What is not HTTP/1.1 as strictly read.
struct Malformed: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Reads messages as they come, strictly and independently of the library: what it sends is judged by this.
struct MessageReader {
    enum Event {
        case head(Head)
        case complete(body: [UInt8])
    }

    private enum Place {
        case head, length(Int), chunkSize, chunk(Int), chunkEnd, trailers, untilClose
    }

    let readsRequests: Bool
    /// The next response is to a HEAD.
    var isBodiless = false
    private var bytes: [UInt8] = []
    private var start = 0
    private var place = Place.head
    private var body: [UInt8] = []

    init(readsRequests: Bool) { self.readsRequests = readsRequests }

    /// Nothing has come of the next message.
    var isBetweenMessages: Bool {
        if case .head = place { return start == bytes.count }
        return false
    }
    /// A head has come whose message is not complete.
    var isWithinBody: Bool {
        if case .head = place { return false }
        return true
    }

    mutating func feed(_ more: [UInt8]) {
        if start == bytes.count {
            bytes = more
            start = 0
        } else {
            bytes += more
        }
    }

    /// The end of the stream, which completes some responses.
    mutating func end() -> Event? {
        guard case .untilClose = place else { return nil }
        return complete()
    }

    mutating func next() throws -> Event? {
        while true {
            switch place {
            case .head:
                guard let end = find([13, 10, 13, 10]) else {
                    if bytes.count - start > 70_000 { throw Malformed("an endless head") }
                    return nil
                }
                let head = try head(upTo: end)
                start = end + 4
                try setPlace(head)
                return .head(head)
            case .length(let left):
                let taken = take(left)
                if taken < left {
                    place = .length(left - taken)
                    return nil
                }
                return complete()
            case .chunkSize:
                guard let line = try line() else { return nil }
                guard let size = Int(line, radix: 16), line.utf8.allSatisfy({ $0 != 43 && $0 != 45 }) else {
                    throw Malformed("not a chunk size: \(line)")
                }
                place = size == 0 ? .trailers : .chunk(size)
            case .chunk(let left):
                let taken = take(left)
                if taken < left {
                    place = .chunk(left - taken)
                    return nil
                }
                place = .chunkEnd
            case .chunkEnd:
                guard let line = try line() else { return nil }
                if !line.isEmpty { throw Malformed("a chunk without its end") }
                place = .chunkSize
            case .trailers:
                guard let line = try line() else { return nil }
                if line.isEmpty { return complete() }
            case .untilClose:
                _ = take(.max)
                return nil
            }
        }
    }

    private mutating func complete() -> Event {
        defer { body = [] }
        place = .head
        return .complete(body: body)
    }

    private mutating func take(_ most: Int) -> Int {
        let count = min(most, bytes.count - start)
        if count > 0 { body += bytes[start..<start + count] }
        start += count
        return count
    }

    private func find(_ pattern: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { all -> Int? in
            guard let base = all.baseAddress else { return nil }
            var from = start
            while from + pattern.count <= all.count {
                guard let found = memchr(base + from, Int32(pattern[0]), all.count - from) else { return nil }
                let position = UnsafeRawPointer(found) - base
                if position + pattern.count > all.count { return nil }
                if memcmp(found, pattern, pattern.count) == 0 { return position }
                from = position + 1
            }
            return nil
        }
    }

    private mutating func line() throws -> String? {
        guard let end = find([13, 10]) else {
            if bytes.count - start > 10_000 { throw Malformed("an endless line") }
            return nil
        }
        defer { start = end + 2 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private func head(upTo end: Int) throws -> Head {
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        var lines = text.components(separatedBy: "\r\n")
        var head = Head(line: lines.removeFirst())
        for line in lines {
            guard let colon = line.utf8.firstIndex(of: 58), colon > line.startIndex else {
                throw Malformed("not a field line: \(line)")
            }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            let isClean = name.utf8.allSatisfy { $0 > 32 && $0 < 127 } && !value.utf8.contains { $0 < 32 && $0 != 9 }
            guard isClean else { throw Malformed("a field that is not clean: \(line.debugDescription)") }
            head.fields.append((name, String(value)))
        }
        return head
    }

    private mutating func setPlace(_ head: Head) throws {
        let words = head.words
        let version = readsRequests ? words.last : words.first
        guard words.count >= 3, version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw Malformed("not a first line: \(head.line.debugDescription)")
        }
        let lengths = head.values("content-length")
        let codings = head.values("transfer-encoding")
        if lengths.count + codings.count > 1 { throw Malformed("two framings: \(head.fields)") }
        if readsRequests && (words.count != 3 || head.values("host").count != 1) {
            throw Malformed("not a request: \(head.line) \(head.fields)")
        }
        let status = head.status
        if !readsRequests, isBodiless || status < 200 || status == 204 || status == 304 {
            place = .length(0)
        } else if let coding = codings.first {
            if coding != "chunked" { throw Malformed("coding \(coding)") }
            place = .chunkSize
        } else if let length = lengths.first {
            guard let length = Int(length), length >= 0 else { throw Malformed("length \(length)") }
            place = .length(length)
        } else {
            place = readsRequests ? .length(0) : .untilClose
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var part: [UInt8] = []
        let bytes = Array(utf8)
        var index = 0
        while index < bytes.count {
            if bytes[index] == 13, index + 1 < bytes.count, bytes[index + 1] == 10 {
                parts.append(String(decoding: part, as: UTF8.self))
                part.removeAll()
                index += 2
            } else {
                part.append(bytes[index])
                index += 1
            }
        }
        return parts + [String(decoding: part, as: UTF8.self)]
    }
}

/// Content that tells whose it is: a slice of one long pattern, chosen by a number.
enum Content {
    static let bytesMax = 400_000
    private static let pattern: [UInt8] = {
        var state: UInt64 = 88_172_645_463_325_252
        return (0..<bytesMax + 65_536).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }()

    static func bytes(_ id: Int, _ count: Int) -> [UInt8] {
        let start = id &* 7_919 & 0xffff
        return Array(pattern[start..<start + count])
    }

    static func isRight(_ bytes: [UInt8], _ id: Int, _ count: Int) -> Bool {
        guard bytes.count == count else { return false }
        let start = id &* 7_919 & 0xffff
        return bytes.withUnsafeBytes { bytes in
            pattern.withUnsafeBytes { pattern in
                count == 0 || memcmp(bytes.baseAddress!, pattern.baseAddress! + start, count) == 0
            }
        }
    }
}
