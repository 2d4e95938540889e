// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    @testable import EventHTTP
    @testable import EventProxy
    import Testing

    /// Worlds whose proxies have a policy that says anything at any time. What it must not be able to break holds: each
    /// request is answered once and whole, none that is not idempotent is sent twice, none kills more than two
    /// origins, the retry budget is kept, and everything goes back to where it came from.
    struct PolicyTests {
        /// Draws each of its words.
        private struct Whimsical: ProxyPolicy {
            var random: SimulatedRandom
            /// It wants requests to succeed.
            let isBenign: Bool
            let services: Int

            private mutating func pick<Word>(_ words: [Word]) -> Word { words[random.below(words.count)] }

            mutating func route(_ request: borrowing RequestHead, from client: SocketAddress) -> ProxyDecision {
                let service = "s\(random.below(services + 1))"
                let host = "10.0.0.\(1 + random.below(9)):8000"
                let benign: [ProxyDecision] = [
                    .pass, .prefer(service: service), .prefer(host: host), .prefer(service: "nobody"),
                ]
                if isBenign { return pick(benign).marked(random.next()) }
                return pick(
                    benign + [
                        .only(service: service), .only(service: "nobody"), .answer(.serviceUnavailable, "no\n"),
                        .answer(.badGateway),
                    ])
            }

            mutating func rewrite(_ request: borrowing RequestHead, _ fields: inout ProxyFields) {
                change(&fields)
                fields.set("Content-Length", "7")
                fields.add("Idempotency-Key", "1")
            }

            mutating func judge(_ attempt: ProxyAttempt) -> ProxyVerdict {
                pick(isBenign ? [.standard, .standard, .retry, .fail] : [.standard, .accept, .retry, .fail])
            }

            mutating func rewrite(
                _ response: borrowing ResponseHead, of attempt: ProxyAttempt, _ fields: inout ProxyFields
            ) {
                change(&fields)
                fields.remove("Transfer-Encoding")
            }

            private mutating func change(_ fields: inout ProxyFields) {
                for _ in 0..<random.below(4) {
                    let name = pick(["X-Kind", "Host", "Connection", "content_length", "Upgrade", "a b", "Via"])
                    let value = pick(["close", "chunked", "a\r\nX-Id: 1", String(repeating: "z", count: 9_000)])
                    if random.oneIn(2) { fields.set(name, value) } else { fields.add(name, value) }
                }
            }
        }

        private func run(seed: UInt64, isBenign: Bool) -> World {
            Scenario.run(seed: seed) { world in
                world.judgesSuccess = isBenign
                world.policy = { world in
                    let services = world.setup?.snapshot.hostCounts.count ?? 1
                    let random = SimulatedRandom(seed: seed ^ UInt64(world.proxies.count))
                    return PolicyBox(Whimsical(random: random, isBenign: isBenign, services: services))
                }
            }
        }

        @Test(arguments: 0..<10, [true, false])
        func `a policy can choose among what the proxy may do, and break none of its promises`(
            batch: Int, isBenign: Bool
        ) {
            for seed in UInt64(batch * 10)..<UInt64(batch * 10 + 10) {
                let world = run(seed: seed, isBenign: isBenign)
                #expect(
                    world.problems.isEmpty,
                    """
                    seed \(seed), benign \(isBenign): \(Scenario.describe(world))
                    \(world.problems.joined(separator: "\n"))
                    """)
            }
        }

        @Test func `the same seed gives the same world with a policy, too`() {
            for seed in UInt64(0)..<10 {
                let traces = (0..<2).map { _ in run(seed: seed, isBenign: false).kernel.trace }
                #expect(traces[0] == traces[1], "seed \(seed)")
            }
        }
    }
#endif
