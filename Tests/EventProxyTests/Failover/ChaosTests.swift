// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import EventProxy

/// Clients and origins that do anything, at random; whatever a client gets whole must be its own and right.
struct ChaosTests {
    private static let noise: [UInt8] = {
        var random = SplitMix64(seed: 0)
        return (0..<(1 << 16)).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }()

    /// Content that only this request, or the answer to it, has.
    private static func content(_ count: Int, _ id: Int) -> [UInt8] {
        let start = id &* 31 % 65_536
        return Array(noise[start..<start + count])
    }

    // MARK: Origins

    private static func origin(seed: UInt64, deliveries: Shared<[Int: Int]>) -> ScriptedOrigin {
        ScriptedOrigin { connection, number, _ in
            var random = SplitMix64(seed: seed &+ UInt64(number) &* 7919)
            connection.deadlineSeconds = 5
            while let head = try connection.requestHead() {
                guard let id = head["x-id"].flatMap({ Int($0) }) else { throw TestFailure("a request without its id") }
                if head.method == "POST" { deliveries.change { $0[id, default: 0] += 1 } }
                if random.below(4) == 0 { usleep(UInt32(random.below(3_000))) }
                if !(try serve(connection, head, id, &random)) { return }
            }
        }
    }

    /// Answers one request, well or in one of many bad ways. False ends the connection.
    private static func serve(
        _ connection: RawClient, _ head: RawRequest, _ id: Int, _ random: inout SplitMix64
    ) throws -> Bool {
        switch random.below(24) {
        case 0: return false
        case 1:
            connection.reset()
            return false
        case 2:
            try connection.answer("busy", status: "503 Busy")
            return false
        case 3:
            // An early answer, and the content is read afterwards.
            try connection.answer("busy", status: "503 Busy")
            if head["expect"] == nil { _ = try connection.content(of: head) }
            return head["expect"] == nil
        case 4:
            try connection.send("HTTP/1.1 200 OK\r\nX-Partial: ")
            return false
        case 5:
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
            return false
        case 6:
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n")
            return false
        case 7: try connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
        default: break
        }
        if head["expect"] != nil { try connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
        let body = try connection.content(of: head)
        let content = content(Int(head["x-size"] ?? "0") ?? 0, id)
        let isRight = body == Self.content(Int(head["x-count"] ?? "0") ?? 0, id + 1)
        let fields = "X-Id: \(id)\r\nX-Right: \(isRight)\r\n"
        switch random.below(4) {
        case 0:
            try connection.send("HTTP/1.1 200 OK\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n")
            var start = 0
            while start < content.count {
                let end = min(start + 1 + random.below(20_000), content.count)
                try connection.send("\(String(end - start, radix: 16))\r\n")
                try connection.send(Array(content[start..<end]) + [13, 10])
                start = end
            }
            try connection.send("0\r\n\r\n")
        case 1:
            try connection.send("HTTP/1.1 200 OK\r\n\(fields)Connection: close\r\n\r\n")
            try connection.send(content)
            return false
        default:
            try connection.send("HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(content.count)\r\n\r\n")
            try connection.send(content)
        }
        // Sometimes it ends the idle connection right away, or a moment later.
        if random.below(8) == 0 {
            usleep(UInt32(random.below(2_000)))
            return false
        }
        return true
    }

    // MARK: Clients

    private final class Client {
        var random: SplitMix64
        let proxy: TestProxy
        var connection: RawClient?
        var problems: [String] = []
        var answered = 0

        init(_ proxy: TestProxy, seed: UInt64) {
            self.proxy = proxy
            random = SplitMix64(seed: seed)
        }

        func run(ids: Range<Int>) {
            for id in ids {
                do { try exchange(id) } catch { connection = nil }
            }
            connection = nil
        }

        private func exchange(_ id: Int) throws {
            if connection == nil || random.below(6) == 0 {
                connection = try proxy.connect(receiveBufferBytes: random.below(4) == 0 ? 4096 : nil)
            }
            guard let connection else { return }
            connection.deadlineSeconds = 10
            let method = ["GET", "PUT", "POST", "GET"][random.below(4)]
            let count = method == "GET" ? 0 : [0, 10, 3_000, 50_000, 300_000][random.below(5)]
            let size = [0, 5, 4_000, 70_000, 400_000][random.below(5)]
            let content = content(count, id + 1)
            var fields = "Host: test\r\nX-Id: \(id)\r\nX-Size: \(size)\r\nX-Count: \(count)\r\n"
            let isChunked = method != "GET" && random.below(2) == 0
            let expects = method != "GET" && count > 0 && random.below(4) == 0
            if isChunked {
                fields += "Transfer-Encoding: chunked\r\n"
            } else {
                fields += "Content-Length: \(count)\r\n"
            }
            if expects { fields += "Expect: 100-continue\r\n" }
            try connection.send("\(method) /\(id) HTTP/1.1\r\n\(fields)\r\n")
            if expects {
                var interim = try connection.head()
                while interim.status == 103 { interim = try connection.head() }
                if interim.status != 100 { return self.connection = nil }
            }
            let leaves = random.below(15)
            try sendContent(content, isChunked, over: connection, upTo: leaves == 0 ? count / 2 : count)
            if leaves <= 1 {
                if random.below(2) == 0 { connection.reset() }
                return self.connection = nil
            }
            try judge(connection, id, size)
        }

        private func sendContent(_ content: [UInt8], _ isChunked: Bool, over connection: RawClient, upTo: Int) throws {
            var start = 0
            while start < upTo {
                let end = min(start + 1 + random.below(40_000), upTo)
                if isChunked { try connection.send("\(String(end - start, radix: 16))\r\n") }
                try connection.send(Array(content[start..<end]) + (isChunked ? [13, 10] : []))
                if random.below(10) == 0 { usleep(500) }
                start = end
            }
            if isChunked, upTo == content.count { try connection.send("0\r\n\r\n") }
        }

        private func judge(_ connection: RawClient, _ id: Int, _ size: Int) throws {
            if random.below(8) == 0 { usleep(UInt32(random.below(5_000))) }
            var response = try connection.response()
            while response.status < 200 { response = try connection.response() }
            answered += 1
            switch response.status {
            case 200:
                let isRight =
                    response["x-id"] == "\(id)" && response["x-right"] == "true"
                    && response.body == ChaosTests.content(size, id) && response["x-partial"] == nil
                if !isRight {
                    problems.append("\(id): got \(response.fields), \(response.body.count) of \(size) bytes")
                }
            case 502, 503, 504: break
            default: problems.append("\(id): \(response.statusLine)")
            }
            if response["connection"] == "close" { self.connection = nil }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `nobody gets what is another's, and no POST arrives twice`(
        seed: UInt64
    ) throws {
        #expect(try run(seed: seed, drainsEarly: false) > 500)
    }

    @Test(arguments: [4, 5] as [UInt64]) func `a drain in the middle of everything ends`(seed: UInt64) throws {
        _ = try run(seed: seed, drainsEarly: true)
    }

    /// How many requests were answered.
    private func run(seed: UInt64, drainsEarly: Bool) throws -> Int {
        let deliveries = Shared<[Int: Int]>([:])
        let origins = (0..<4).map { Self.origin(seed: seed &* 1_000 &+ $0, deliveries: deliveries) }
        let proxy = try TestProxy([origins[..<2].map(\.port), origins[2...].map(\.port)])
        let problems = Shared<[String]>([])
        let answered = Shared(0)
        let threads = (0..<8).map { index in
            TestThread {
                let client = Client(proxy, seed: seed &* 77 &+ UInt64(index))
                client.run(ids: index * 1_000..<index * 1_000 + 120)
                let found = client.problems
                let count = client.answered
                problems.change { $0 += found }
                answered.change { $0 += count }
            }
        }
        if drainsEarly {
            _ = try eventually(10, "some work") { deliveries.current.count > 40 ? true : nil }
            proxy.server.drain()
        }
        for thread in threads { thread.join() }
        #expect(problems.current == [], "seed \(seed)")
        #expect(deliveries.current.filter { $0.value > 1 }.isEmpty, "seed \(seed)")
        try proxy.server.waitForConnections(0)
        proxy.server.drain()
        try proxy.server.waitForDrain()
        return answered.current
    }
}
