// SPDX-License-Identifier: Apache-2.0
import Logging
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

struct MemorySheddingTests {
    private static func use(_ percent: UInt64) -> MemoryUse {
        MemoryUse(usedBytes: percent << 20, limitBytes: 100 << 20)
    }

    @Test func `it begins above 90 percent, and ends below 85`() {
        var shedder = MemoryShedder()
        let percents: [UInt64] = [90, 91, 90, 86, 85, 90, 91]
        let sheds = percents.map { percent in
            _ = shedder.sample(Self.use(percent))
            return shedder.sheds
        }
        #expect(sheds == [false, true, true, true, false, false, true])
        #expect(shedder.sample(nil) && !shedder.sheds, "there is no limit any more")
    }

    @Test func `without a limit nothing is refused`() {
        var shedder = MemoryShedder()
        #expect(!shedder.sample(nil) && !shedder.sheds)
    }

    @Test func `each change is told once`() {
        let setup = ProxySetup(
            ProxyConfiguration(services: [.init(name: "a", hosts: [.init(address: "127.0.0.1", port: 1)])]), seed: 0,
            workers: 1)
        let loop = EventLoop()
        var percent: UInt64 = 50
        let watch = MemoryWatch(setup, on: loop) { Self.use(percent) }
        #expect(!setup.shedsForMemory)
        percent = 95
        watch.deadlinePassed()
        #expect(setup.shedsForMemory)
        percent = 10
        watch.deadlinePassed()
        #expect(!setup.shedsForMemory)
    }

    @Test func `a refusal names the limit, ends its connection, and is counted`() throws {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]])
        try proxy.onLoop { $0.shedsForMemory = true }
        let client = try proxy.connect()
        try client.send(get())
        let refused = try client.response()
        #expect(refused.status == 503 && refused["x-limit"] == "memory" && refused["retry-after"] == "1")
        #expect(refused["connection"] == "close")
        #expect(refused["proxy-status"] == "proxy-server; error=http_request_denied; details=\"memory\"")
        #expect(try client.endsHere())
        #expect(origin.connectionCount == 0)
        #expect(proxy.setup.metrics[0].shedForMemory.total == 1 && proxy.setup.metrics[0].shed.total == 0)
        try proxy.onLoop { $0.shedsForMemory = false }
        #expect(try proxy.get().status == 200)
    }
}
