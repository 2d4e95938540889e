// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

@Suite struct RobustnessTests {
    /// A configuration or findings whose places exist; anything else is a failure.
    private func judge(_ text: [UInt8], _ comment: @autoclosure () -> Comment) {
        do throws(ConfigurationErrors) {
            let configuration = try ProxyConfiguration.parse(text, file: "config.yaml")
            #expect(!configuration.services.isEmpty, comment())
            #expect(configuration.services.allSatisfy { !$0.name.isEmpty && !$0.hosts.isEmpty }, comment())
        } catch {
            #expect(!error.diagnostics.isEmpty, comment())
            for diagnostic in error.diagnostics {
                let position = diagnostic.position
                #expect((1...text.count + 1).contains(position?.line ?? 0), comment())
                #expect((1...text.count + 1).contains(position?.column ?? 0), comment())
                let isPrintable = diagnostic.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
                #expect(isPrintable && !diagnostic.message.isEmpty, comment())
            }
            #expect(error.diagnostics.map(\.position!) == error.diagnostics.map(\.position!).sorted(), comment())
        }
    }

    @Test func `every prefix of a valid file is a configuration or has findings`() {
        let text = Array(completeFile.utf8)
        for length in 0...text.count { judge(Array(text[..<length]), "prefix of \(length) bytes") }
    }

    @Test func `every line may be missing`() {
        let lines = completeFile.split(separator: "\n", omittingEmptySubsequences: false)
        for index in lines.indices {
            var rest = lines
            rest.remove(at: index)
            judge(Array(rest.joined(separator: "\n").utf8), "without line \(index + 1)")
        }
    }

    @Test(arguments: [0x5EED_0001, 0x5EED_0002] as [UInt64])
    func `a thousand random mutations of a valid file are configurations or have findings`(_ seed: UInt64) {
        let bytesOfNote = Array("\n\t :-[]{},&*!|>'\"%@`#?~\0\r\u{7F}09azé".utf8) + [0x80, 0xC0, 0xFE, 0xFF]
        var random = SplitMix64(seed: seed)
        for round in 0..<1000 {
            var text = Array(completeFile.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                let other = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: text[place] = bytesOfNote.randomElement(using: &random)!
                case 1: text.insert(bytesOfNote.randomElement(using: &random)!, at: place)
                case 2: text.remove(at: place)
                case 3: text[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 4: text.swapAt(place, other)
                default:
                    let end = min(place + Int.random(in: 1...40, using: &random), text.count)
                    text.insert(contentsOf: text[place..<end], at: other)
                }
            }
            judge(text, "seed \(seed), round \(round)")
        }
    }

    @Test func `random bytes are configurations or have findings`() {
        var random = SplitMix64(seed: 0x5EED_0003)
        for round in 0..<500 {
            let count = Int.random(in: 0...200, using: &random)
            judge((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, "round \(round)")
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["[", "{", "- ", "? ", "a: ", "&a ", "!", "'", "\"", "\t", "\n", "#", "- a\n", "{a: ", "\u{FEFF}"])
    func `a megabyte of one token is refused soon`(_ token: String) {
        let text = Array(String(repeating: token, count: 1024 * 1024 / token.utf8.count).utf8)
        judge(text, "\(token.debugDescription)")
        #expect(throws: ConfigurationErrors.self) { try ProxyConfiguration.parse(text, file: "config.yaml") }
    }
}
