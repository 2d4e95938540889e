// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventHTTP

struct BufferTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `a buffer holds what an array would, whatever is done to it`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pool = BufferPool()
        var buffer = Buffer()
        var model: [UInt8] = []
        for step in 0..<1500 {
            switch Int.random(in: 0..<16, using: &random) {
            case 0...4:
                let most = Int.random(in: 0..<10, using: &random) == 0 ? 20_000 : 600
                let bytes = random.bytes(Int.random(in: 0...most, using: &random))
                if model.count + bytes.count > 300_000 { continue }
                buffer.reserve(bytes.count, from: pool)
                guarded(bytes) { buffer.append($0) }
                model += bytes
            case 5...8:
                let count = Int.random(in: 0...buffer.count, using: &random)
                buffer.consume(count)
                model.removeFirst(count)
            case 9:
                let count = Int.random(in: 0...buffer.count, using: &random)
                buffer.truncate(to: count)
                model.removeLast(model.count - count)
            case 10:
                let number = UInt64.random(in: 0...(.max >> UInt64.random(in: 0...63, using: &random)), using: &random)
                buffer.reserve(40, from: pool)
                buffer.append(decimal: number)
                buffer.append(hexadecimal: number)
                model += Array((String(number) + String(number, radix: 16)).utf8)
            case 11:
                buffer.reserve(20, from: pool)
                buffer.append("HTTP/1.1 ")
                buffer.append(string: "é")
                buffer.append(0xff as UInt8)
                model += Array("HTTP/1.1 é".utf8) + [0xff]
            case 12:
                let room = Int.random(in: 1...5000, using: &random)
                buffer.reserve(room, from: pool)
                let wanted = Int.random(in: -1...room, using: &random)
                let bytes = random.bytes(max(wanted, 0))
                let filled = buffer.fill(max: room) { start, room in
                    if wanted > 0 { start.copyMemory(from: bytes, byteCount: wanted) }
                    return wanted
                }
                #expect(filled == wanted)
                model += bytes
            case 13 where Int.random(in: 0..<10, using: &random) == 0:
                buffer.removeAll()
                model = []
            case 14 where Int.random(in: 0..<10, using: &random) == 0:
                buffer.release(to: pool)
                model = []
                let (capacity, lent) = (buffer.capacity, pool.lentCount)
                #expect(capacity == 0 && lent == 0, "seed \(seed), step \(step)")
            case 15:
                var taken = buffer.take()
                let isEmpty = buffer.isEmpty && buffer.capacity == 0
                #expect(isEmpty, "seed \(seed), step \(step)")
                swap(&taken, &buffer)
            default: break
            }
            let (held, count, isEmpty) = (array(buffer.bytes), buffer.count, buffer.isEmpty)
            if held != model || count != model.count || isEmpty != model.isEmpty {
                Issue.record("seed \(seed), step \(step): \(count) bytes, not \(model.count)")
                return
            }
        }
        buffer.release(to: pool)
        #expect(pool.lentCount == 0, "seed \(seed)")
    }

    @Test(arguments: [0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 4_294_967_296, UInt64.max - 1, .max])
    func `a number is written as Swift writes it`(_ number: UInt64) {
        var buffer = Buffer(capacity: 40)
        buffer.append(decimal: number)
        buffer.append(UInt8(ascii: " "))
        buffer.append(hexadecimal: number)
        #expect(text(buffer.bytes) == "\(number) \(String(number, radix: 16))")
    }

    @Test func `a pool keeps only so much for the next`() {
        let pool = BufferPool()
        func lend(_ depth: Int) {
            var buffer = Buffer()
            buffer.reserve(16 << 10, from: pool)
            if depth > 1 { lend(depth - 1) }
            buffer.release(to: pool)
        }
        lend(BufferPool.retainedBytesMax >> 14)
        #expect(pool.freedBytes == 0)
        lend(2 * BufferPool.retainedBytesMax >> 14)
        #expect(pool.freedBytes >= BufferPool.retainedBytesMax && pool.lentCount == 0)
    }

    @Test func `room is what can be appended without reserving`() {
        let pool = BufferPool()
        var buffer = Buffer()
        #expect(buffer.room == 0)
        buffer.reserve(1, from: pool)
        let capacity = buffer.capacity
        #expect(buffer.room == capacity)
        guarded([UInt8](repeating: 7, count: capacity)) { buffer.append($0) }
        #expect(buffer.room == 0)
        buffer.consume(capacity - 1)
        buffer.reserve(capacity - 1, from: pool)
        #expect(buffer.capacity == capacity && buffer.room == capacity - 1 && pool.lentCount == 1)
        #expect(array(buffer.bytes) == [7])
        buffer.reserve(capacity, from: pool)
        #expect(buffer.capacity > capacity && pool.lentCount == 1)
        #expect(array(buffer.bytes) == [7])
        buffer.release(to: pool)
        buffer.release(to: pool)
        #expect(pool.lentCount == 0)
    }

    @Test func `a read of no bytes, which would look like the end, stops`() async {
        await #expect(processExitsWith: .failure) {
            var buffer = Buffer(capacity: 8)
            _ = buffer.fill(max: 0) { _, _ in 0 }
        }
    }

    @Test func `more than was reserved, or than is there, stops`() async {
        await #expect(processExitsWith: .failure) {
            var buffer = Buffer(capacity: 8)
            buffer.append("123456789")
        }
        await #expect(processExitsWith: .failure) {
            var buffer = Buffer(capacity: 8)
            buffer.append("12345678")
            buffer.append(UInt8(0))
        }
        await #expect(processExitsWith: .failure) {
            var buffer = Buffer(capacity: 8)
            buffer.consume(1)
        }
        await #expect(processExitsWith: .failure) {
            let array = FixedArray<Int>(capacity: 8)
            _ = array[0]
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `a pool lends blocks that do not overlap and takes all of them back`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pool = BufferPool()
        var lent: [(block: BufferPool.Block, mark: UInt8)] = []
        for step in 0..<2000 {
            if lent.count < 40 && Bool.random(using: &random) {
                let count = Int.random(in: 0...(Bool.random(using: &random) ? 5000 : 400_000), using: &random)
                let block = pool.take(count)
                #expect(block.capacity >= count)
                let mark = UInt8.random(in: 0...255, using: &random)
                memset(block.memory, Int32(mark), block.capacity)
                lent.append((block, mark))
            } else if let index = lent.indices.randomElement(using: &random) {
                let (block, mark) = lent.remove(at: index)
                // All bytes are the mark: the first is, and each of the others equals the one before it.
                let isWhole =
                    block.memory[0] == mark && memcmp(block.memory, block.memory + 1, block.capacity - 1) == 0
                if !isWhole { Issue.record("seed \(seed), step \(step): another wrote into a block") }
                pool.give(block.memory, capacity: block.capacity)
            }
            if pool.lentCount != lent.count { Issue.record("seed \(seed), step \(step): \(pool.lentCount) lent") }
        }
        for each in lent { pool.give(each.block.memory, capacity: each.block.capacity) }
        #expect(pool.lentCount == 0, "seed \(seed)")
    }

    @Test func `a pool gives back last what it was given last`() {
        let pool = BufferPool()
        let first = pool.take(100)
        let second = pool.take(100)
        pool.give(first.memory, capacity: first.capacity)
        pool.give(second.memory, capacity: second.capacity)
        let third = pool.take(4096)
        #expect(third.memory == second.memory)
        pool.give(third.memory, capacity: third.capacity)
        #expect(pool.lentCount == 0)
    }
}

struct FixedArrayTests {
    @Test(arguments: [0, 1, 2, 17, 100])
    func `a fixed array holds what an array would, up to its capacity`(_ capacity: Int) {
        var random = SeededGenerator(seed: UInt64(capacity))
        var fixed = FixedArray<Int>(capacity: capacity)
        var model: [Int] = []
        for _ in 0..<1000 {
            let value = Int.random(in: .min ... .max, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0...5:
                let isAppended = fixed.append(value)
                #expect(isAppended == (model.count < capacity))
                if isAppended { model.append(value) }
            case 6...7:
                guard let index = model.indices.randomElement(using: &random) else { continue }
                fixed[index] = value
                model[index] = value
            case 8 where Int.random(in: 0..<20, using: &random) == 0:
                fixed.removeAll()
                model = []
            default: break
            }
            var held: [Int] = []
            for i in 0..<fixed.count { held.append(fixed[i]) }
            let span = fixed.span
            var seen: [Int] = []
            for i in span.indices { seen.append(span[i]) }
            #expect(held == model && seen == model)
        }
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func `an octet is written as Swift writes it`(_ number: UInt8) {
        var buffer = Buffer(capacity: 4)
        buffer.append(octet: number)
        #expect(text(buffer.bytes) == "\(number)")
    }

    @Test(arguments: [0, 1, 0xf, 0x10, 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, .max] as [UInt64])
    func `64 bits have 16 digits, and can be put in the place of others`(_ number: UInt64) {
        let pool = BufferPool()
        var buffer = Buffer()
        defer { buffer.release(to: pool) }
        buffer.reserve(40, from: pool)
        buffer.append("--<")
        buffer.consume(2)
        buffer.append(hexadecimal16: number)
        buffer.append(">")
        let digits = String(number, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        #expect(text(buffer.bytes) == "<\(padded)>")
        buffer.overwrite(at: 1, hexadecimal16: 0)
        #expect(text(buffer.bytes) == "<0000000000000000>")
        buffer.overwrite(at: 1, hexadecimal16: number)
        #expect(text(buffer.bytes) == "<\(padded)>")
    }
}
