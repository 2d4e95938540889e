// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct BodyDecoderTests {
    private func steps(_ framing: BodyFraming, _ pieces: [String]) -> [BodyDecoder.Step] {
        var decoder = BodyDecoder(framing)
        return pieces.compactMap { piece in guarded(raw(piece)) { try? decoder.next($0) } }
    }

    @Test func `no content ends at once and takes nothing`() {
        #expect(steps(.none, ["", "GET"]) == [.ended(0), .ended(0)])
        #expect(steps(.length(0), ["GET"]) == [.ended(0)])
    }

    @Test func `a length ends at its byte and takes nothing of what follows`() {
        #expect(steps(.length(5), ["hel", "", "lo GET", " GET"]) == [.data(0..<3), .more(0), .data(0..<2), .ended(0)])
    }

    @Test func `the longest length does not overflow`() {
        var decoder = BodyDecoder(.length(.max))
        #expect(guarded(raw("abc")) { try? decoder.next($0) } == .data(0..<3))
        #expect(decoder.bytesLeft == UInt64.max - 3)
    }

    @Test func `content until the connection ends takes everything`() {
        for framing in [BodyFraming.untilClose, .tunnel] {
            #expect(steps(framing, ["a", "", "bc"]) == [.data(0..<1), .more(0), .data(0..<2)])
            #expect(BodyDecoder(framing).endsAtClose)
        }
        #expect(!BodyDecoder(.length(1)).endsAtClose && !BodyDecoder(.chunked).endsAtClose)
    }

    @Test func `chunks go on where the last piece ended`() {
        #expect(
            steps(.chunked, ["3\r\nab", "c\r", "\r\n0\r\n\r\n", "\r\n"])
                == [.data(3..<5), .data(0..<1), .trailers(5), .trailers(0)])
    }
}
