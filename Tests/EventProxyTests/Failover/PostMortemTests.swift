// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport
import Testing

@testable import EventProxy

/// Whether a host died, or only a connection to it; on a loop that the test turns itself.
struct PostMortemTests {
    private let loop = EventLoop()

    /// What hosts do with the connection by which they are examined.
    enum Manner { case keeps, ends, refuses }

    /// Examines a host of this manner after so many requests died there; how many deaths are taken back.
    private func acquittals(_ manner: Manner, requests: Int) throws -> Int {
        let isOver = Shared(false)
        let hasEnded = Shared(false)
        defer { isOver.change { $0 = true } }
        let host = ScriptedOrigin { connection, _, _ in
            if manner == .keeps { _ = try eventually(20, "the end") { isOver.current ? true : nil } }
            hasEnded.change { $0 = true }
        }
        if manner == .refuses { host.stopListening() }
        let configuration = ProxyConfiguration(services: [
            .init(name: "service", hosts: [.init(address: "127.0.0.1", port: host.port)])
        ])
        let setup = ProxySetup(configuration, seed: 0, workers: 1)
        let origin = Origin(setup.snapshot.hosts[0], setup.snapshot, on: loop, worker: 0, WorkerMetrics())
        for number in 1...requests {
            let fingerprint = Fingerprint(request: UInt64(number), path: UInt64(number))
            _ = setup.poison.died(
                fingerprint, host: origin.id, standing: .unknown, requestDeaths: 1, nowMs: loop.nowMs)
            origin.examine(fingerprint, setup, setup.snapshot)
        }
        // However long the host's thread takes to come to it.
        if manner == .ends { _ = try eventually(10, "the end of the connection") { hasEnded.current ? true : nil } }
        let endMs = loop.nowMs + 4 * PostMortem.watchMs
        while loop.nowMs < endMs { loop.runOnce() }
        origin.shutDown()
        return setup.poison.counts(nowMs: loop.nowMs).acquittals
    }

    @Test(arguments: [Manner.ends, .refuses])
    func `a host does not live that takes no connection, or ends it at once`(manner: Manner) throws {
        #expect(try acquittals(manner, requests: 1) == 0)
    }

    /// A thread that is not given the processor in time comes too late to see it, but not five times.
    @Test(arguments: [(1, 1), (100, 64)])
    func `a host lives that takes a connection and keeps it, which is seen for so many requests`(
        requests: Int, acquitted: Int
    ) throws {
        var seen: [Int] = []
        while seen.count < 5, seen.last != acquitted { seen.append(try acquittals(.keeps, requests: requests)) }
        #expect(seen.last == acquitted && seen.allSatisfy { $0 <= acquitted })
    }
}
