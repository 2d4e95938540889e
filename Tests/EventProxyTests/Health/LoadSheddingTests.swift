// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// A proxy whose loop does not keep up.
struct LoadSheddingTests {
    /// Keeps the loop's thread at work for so long.
    private static func work(_ proxy: TestProxy, ms: Int64) {
        proxy.server.run {
            let end = EventLoop.threadCPUNs() + ms * 1_000_000
            while EventLoop.threadCPUNs() < end {}
        }
    }

    @Test func `an overloaded loop refuses requests at once, names its limit, and recovers`() throws {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]])
        let refused: RawResponse = try eventually(30, "the overload") {
            for _ in 0..<3 { Self.work(proxy, ms: 250) }
            let response = try proxy.get()
            return response.status == 503 ? response : nil
        }
        #expect(refused["x-limit"] == "loop-lag")
        #expect(refused["retry-after"] == "1" && refused["connection"] == "close")
        _ = try eventually(10, "the recovery") { try proxy.get().status == 200 ? true : nil }
    }
}
