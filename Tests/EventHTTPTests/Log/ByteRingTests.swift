// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

extension FixedBytes {
    /// A copy for comparing.
    var bytes: [UInt8] {
        var copy: [UInt8] = []
        for index in 0..<count { copy.append(span[index]) }
        return copy
    }
}

extension ByteRing {
    /// `tryWrite` for expectations, whose macros take no span.
    func put(_ record: [UInt8]) -> Bool { tryWrite(record.span) }
}

@Suite struct `A byte ring` {
    @Test(arguments: [(1, 1), (2, 2), (3, 4), (64, 64), (65, 128)])
    func `rounds its capacity up to a power of two`(wanted: Int, capacity: Int) {
        #expect(ByteRing(capacityBytes: wanted).capacity == capacity)
    }

    @Test func `takes a record that fills it exactly and then not one byte more`() {
        let ring = ByteRing(capacityBytes: 64)
        let whole = [UInt8](repeating: 7, count: 64)
        #expect(ring.put(whole))
        #expect(!ring.put([UInt8(1)]))
        #expect(ring.free == 0)
        ring.read { _ in 1 }
        #expect(ring.put([UInt8(1)]))
    }

    @Test func `refuses a record longer than itself without harm`() {
        let ring = ByteRing(capacityBytes: 64)
        #expect(!ring.put([UInt8](repeating: 7, count: 65)))
        #expect(ring.readable == 0)
        #expect(ring.put([UInt8](repeating: 7, count: 64)))
    }

    @Test func `drains whole records only when the target has room`() {
        let ring = ByteRing(capacityBytes: 64)
        #expect(ring.put([UInt8](repeating: 7, count: 33)))
        var small = FixedBytes(capacityBytes: 32)
        let fitsSmall = ring.drain(into: &small)
        #expect(!fitsSmall && small.bytes.isEmpty && ring.readable == 33)
        var large = FixedBytes(capacityBytes: 33)
        let fitsLarge = ring.drain(into: &large)
        #expect(fitsLarge && large.bytes.count == 33 && ring.readable == 0)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `agrees with a plain array through any sequence of writes and reads`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let ring = ByteRing(capacityBytes: 256)
        var model: [UInt8] = []
        var target = FixedBytes(capacityBytes: 256)
        for step in 0..<5000 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                var record = [UInt8](repeating: 0, count: Int.random(in: 0...130, using: &random))
                for index in record.indices { record[index] = UInt8.random(in: 0...255, using: &random) }
                let fits = model.count + record.count <= 256
                #expect(ring.put(record) == fits, "seed \(seed), step \(step)")
                if fits { model += record }
            case 2:
                let limit = Int.random(in: 1...130, using: &random)
                var seen: [UInt8] = []
                ring.read(upTo: limit) { bytes in
                    let taken = Int.random(in: 0...bytes.count, using: &random)
                    for index in 0..<taken { seen.append(bytes[index]) }
                    return taken
                }
                #expect(seen == Array(model.prefix(seen.count)), "seed \(seed), step \(step)")
                model.removeFirst(seen.count)
            default:
                target.removeAll()
                let fits = ring.drain(into: &target)
                #expect(fits && target.bytes == model, "seed \(seed), step \(step)")
                model.removeAll()
            }
            #expect(ring.readable == model.count)
        }
    }

    @Test func `hands every byte from one thread to another in order`() {
        let ring = ByteRing(capacityBytes: 1024)
        let records = 20_000
        let started = SystemThread.start("test") {
            var random = SeededGenerator(seed: 42)
            var next: UInt8 = 0
            for _ in 0..<records {
                var record: [UInt8] = []
                for _ in 0..<Int.random(in: 1...200, using: &random) {
                    record.append(next)
                    next &+= 1
                }
                while !ring.put(record) { _ = LogSyscalls.wait(readable: -1, timeoutMs: 0) }
            }
        }
        var random = SeededGenerator(seed: 42)
        var left = 0
        for _ in 0..<records {
            left += Int.random(in: 1...200, using: &random)
        }
        var expected: UInt8 = 0
        var wrong = 0
        while left > 0 {
            ring.read { bytes in
                for index in bytes.indices {
                    if bytes[index] != expected { wrong += 1 }
                    expected &+= 1
                }
                left -= bytes.count
                return bytes.count
            }
        }
        #expect(wrong == 0)
        #expect(ring.readable == 0)
        if let thread = started.thread { thread.join() }
    }
}

@Suite struct `Fixed bytes` {
    @Test func `leave out what does not fit and say so`() {
        var bytes = FixedBytes(capacityBytes: 4)
        bytes.append("abc")
        let (isCutBefore, countBefore) = (bytes.isCut, bytes.count)
        #expect(!isCutBefore && countBefore == 3)
        bytes.append("def")
        bytes.append(UInt8(1))
        let isCutAfter = bytes.isCut
        #expect(isCutAfter && bytes.bytes == Array("abcd".utf8))
        bytes.removeAll()
        let (isCutAtLast, freeAtLast) = (bytes.isCut, bytes.free)
        #expect(!isCutAtLast && freeAtLast == 4)
    }

    @Test(arguments: [(0, "0"), (9, "9"), (10, "10"), (1_234_567, "1234567"), (UInt64.max, "18446744073709551615")])
    func `print numbers in decimal`(number: UInt64, text: String) {
        var bytes = FixedBytes(capacityBytes: 32)
        bytes.append(decimal: number)
        #expect(String(decoding: bytes.bytes, as: UTF8.self) == text)
    }
}
