// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

/// A proxy whose loop does not keep up.
struct LoadSheddingTests {
    /// Work for a loop's thread, piece after piece; between two of them the loop serves.
    private final class Work: Sendable {
        private static let pieceNs: Int64 = 250_000_000
        /// Most of a processor, and still not all of it.
        private static let threadNiceness: Int32 = -15
        private let mailbox: Mailbox
        private let isOver = Shared(false)

        init(for mailbox: Mailbox) {
            self.mailbox = mailbox
            // A loop that is not given the processor is not overloaded. Where others are at work, too, and the test may
            // say so, it comes before them.
            mailbox.submit {
                setpriority(Int32(PRIO_PROCESS.rawValue), 0, Self.threadNiceness)
            }
            goOn()
        }

        func end() { isOver.change { $0 = true } }

        private func goOn() {
            mailbox.submit { [self] in
                let endNs = EventLoop.threadCPUNs() + Self.pieceNs
                while EventLoop.threadCPUNs() < endNs {}
                if !isOver.current { goOn() }
            }
        }
    }

    @Test func `a loop that is late because it is not given the processor is not overloaded`() {
        let loop = EventLoop()
        let lag = LoopLag(on: loop) { _ in }
        for _ in 0..<4 {
            usleep(250_000)
            loop.runOnce()
        }
        #expect(lag.level == .nothing)
    }

    @Test func `an overloaded loop refuses requests at once, names its limit, and recovers`() throws {
        let origin = ScriptedOrigin.saying("well")
        let proxy = try TestProxy([[origin.port]])
        let work = Work(for: try proxy.onLoop { $0.loop.mailbox })
        defer { work.end() }
        let refused: RawResponse = try eventually(30, "the overload") {
            let response = try proxy.get()
            return response.status == 503 ? response : nil
        }
        #expect(refused["x-limit"] == "loop-lag")
        #expect(refused["retry-after"] == "1" && refused["connection"] == "close")
        work.end()
        _ = try eventually(10, "the recovery") { try proxy.get().status == 200 ? true : nil }
    }
}
