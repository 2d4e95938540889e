// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP
@testable import EventProxy

struct ExpectedAnswerTests {
    private static func answer(_ text: String) -> ExpectedAnswer {
        var check = ProxyConfiguration.HealthCheck()
        check.expectStatus = [.init(200...204), .init(418...418)]
        check.expectBody = text
        return ExpectedAnswer(check)
    }

    @Test(arguments: [(200, true), (204, true), (205, false), (417, false), (418, true), (503, false)])
    func `the status is one of those listed`(code: Int, passes: Bool) throws {
        var answer = Self.answer("")
        let status = try #require(Status(code))
        #expect(answer.began(status) == (passes ? .passed : .failed(.status)))
    }

    @Test(arguments: 1...9) func `the text is found however it is cut`(piece: Int) {
        var answer = Self.answer("abac")
        #expect(answer.began(.ok) == .more)
        let content = Array("xx ababac".utf8)
        var verdicts: [ExpectedAnswer.Verdict] = []
        for start in stride(from: 0, to: content.count, by: piece) {
            verdicts.append(answer.received(content[start..<min(start + piece, content.count)].span))
        }
        #expect(verdicts.last == .passed && verdicts.dropLast().allSatisfy { $0 == .more })
        #expect(answer.began(.ok) == .more, "the next answer is looked at anew")
        #expect(answer.received(Array("c".utf8).span) == .more)
    }

    @Test(arguments: [(0, true), (1, false)])
    func `text beyond the bound is not looked for`(beyond: Int, isFound: Bool) {
        var answer = Self.answer("well")
        _ = answer.began(.ok)
        let padding = [UInt8](repeating: 0x20, count: ExpectedAnswer.contentBytesMax - 4 + beyond)
        #expect(answer.received(padding.span) == .more)
        #expect(answer.received(Array("well".utf8).span) == (isFound ? .passed : .failed(.content)))
    }
}
