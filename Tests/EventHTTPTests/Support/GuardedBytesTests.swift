// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventHTTP

/// The helpers are worth as much as what they catch.
struct GuardedBytesTests {
    @Test func `reading one byte too far ends the process`() async {
        await #expect(processExitsWith: .failure) {
            guarded([1, 2, 3] as [UInt8]) { bytes in
                let last = bytes.withUnsafeBufferPointer { $0.baseAddress! + 2 }
                precondition(last[0] == 3)
                // The optimiser must not leave the read out.
                if last[1] != 3 { exit(0) }
            }
        }
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 70_000])
    func `bytes of any length come out as they went in`(_ count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let bytes = random.bytes(count)
        #expect(guarded(bytes) { array($0) } == bytes)
        #expect(raw(text(bytes)) == bytes)
    }
}
