// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct ChunkedDecoderTests {
    @Test(arguments: ChunkedCase.good)
    func `chunks are decoded alike however they are split`(_ each: ChunkedCase) {
        checkAllSplits(each)
    }

    @Test(arguments: ChunkedCase.unfinished)
    func `chunks that are not complete are waited for`(_ each: ChunkedCase) {
        checkAllSplits(each)
    }

    @Test(arguments: ChunkedCase.refused)
    func `broken chunks are refused for the same reason however they are split`(_ each: ChunkedCase) {
        checkAllSplits(each)
    }

    @Test(arguments: ChunkedCase.good)
    func `a part of valid chunks is incomplete and gives a part of the data`(_ each: ChunkedCase) {
        guard case .trailers(let end) = each.wanted.end else { return }
        let memory = GuardedBytes(capacity: each.input.count)
        for count in 0..<end {
            let run = ChunkedRun.feeding(Array(each.input[..<count]), cuts: [Int](), memory: memory)
            #expect(run.end == .incomplete && each.wanted.data.starts(with: run.data), "\(count) bytes")
        }
    }

    @Test(arguments: 0...255)
    func `any byte in any place gives the same in every split`(_ byte: UInt8) {
        let chunks = raw("3;a=\"b\\c\" ;d\r\nxyz\r\n0\r\n\r\n")
        let memory = GuardedBytes(capacity: chunks.count)
        for position in chunks.indices {
            var changed = chunks
            changed[position] = byte
            let whole = ChunkedRun.feeding(changed, cuts: [Int](), memory: memory)
            for cut in chunks.indices {
                let run = ChunkedRun.feeding(changed, cuts: [cut], memory: memory)
                if run != whole { Issue.record("\(byte) at \(position) cut at \(cut): \(run), not \(whole)") }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 8, 13, 21, 34] as [UInt64])
    func `random data in random chunks and random pieces comes out as it went in`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            var input: [UInt8] = []
            var data: [UInt8] = []
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let chunk = random.bytes(Int.random(in: 1...300, using: &random))
                let size = String(chunk.count, radix: 16, uppercase: Bool.random(using: &random))
                input += raw(Bool.random(using: &random) ? size : "00" + size + ";x=y") + [13, 10] + chunk + [13, 10]
                data += chunk
            }
            input += raw("0\r\n")
            let wanted = ChunkedRun(data: data, end: .trailers(input.count))
            input += raw("\r\n")
            let cuts = (0..<10).map { _ in Int.random(in: 0...input.count, using: &random) }.sorted()
            #expect(ChunkedRun.feeding(input, cuts: cuts) == wanted, "seed \(seed), cuts \(cuts)")
        }
    }

    @Test func `data comes out without waiting for the rest of its chunk`() {
        let run = ChunkedRun.feeding(raw("ffff\r\nab"), cuts: [7])
        #expect(run == ChunkedRun(data: raw("ab"), end: .incomplete))
    }

    @Test(arguments: [4093, 4094, 4095, 4096, 4100, 8000])
    func `S13: a size line has at most 4 KiB however it is split`(_ extensionBytes: Int) {
        // "100" is before the extension, and its data pays for 4352 bytes of them.
        let data = [UInt8](repeating: 120, count: 256)
        let line = raw("100;" + ChunkedCase.letters(extensionBytes - 1) + "\r\n")
        let input = line + data + raw("\r\n0\r\n")
        let wanted =
            extensionBytes == 4093
            ? ChunkedRun(data: data, end: .trailers(input.count)) : ChunkedRun(end: .refused(.chunkSize))
        let memory = GuardedBytes(capacity: input.count)
        for cut in [0, 1, 3, 4, 100] + Array(4090...4110) + [input.count] {
            #expect(ChunkedRun.feeding(input, cuts: [cut], memory: memory) == wanted, "cut at \(cut)")
        }
        #expect(ChunkedRun.feeding(input, cuts: 4090...4110, memory: memory) == wanted)
    }

    @Test func `S13: a broken size line that is too long is refused alike in every split`() {
        let input = raw("100;" + ChunkedCase.letters(5000) + "\u{0}\r\n")
        let memory = GuardedBytes(capacity: input.count)
        for cut in Array(4090...4110) + [input.count - 1, input.count] {
            #expect(ChunkedRun.feeding(input, cuts: [cut], memory: memory).end == .refused(.chunkSize), "cut at \(cut)")
        }
    }

    @Test func `after the last chunk nothing more is taken`() throws {
        var decoder = ChunkedDecoder()
        let first = try guarded(raw("0\r\n")) { bytes in Result { try decoder.next(bytes) } }.get()
        let second = try guarded(raw("5\r\nhello")) { bytes in Result { try decoder.next(bytes) } }.get()
        #expect(first == .trailers(3))
        #expect(second == .trailers(0))
    }

    private func checkAllSplits(_ each: ChunkedCase) {
        let memory = GuardedBytes(capacity: each.input.count)
        func check(_ cuts: some Sequence<Int>, _ how: String) {
            let run = ChunkedRun.feeding(each.input, cuts: cuts, memory: memory)
            if run != each.wanted { Issue.record("\(each.name), \(how): \(run), not \(each.wanted)") }
        }
        check([Int](), "whole")
        check(each.input.indices, "byte by byte")
        for cut in each.input.indices { check([cut], "cut at \(cut)") }
    }
}
