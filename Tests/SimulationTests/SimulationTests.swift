// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    import EventHTTP
    import EventProxy
    import Glibc
    import Testing

    /// The real proxy above its system calls, in thousands of small worlds whose every accident a seed decides.
    ///
    /// A seed that failed is run alone with `SIMULATION_SEED=… swift test --filter SimulationTests`.
    struct SimulationTests {
        static let batches = 40
        static let seedsPerBatch = 50

        @Test(arguments: 0..<batches) func `the promises hold in every world`(batch: Int) {
            if let text = getenv("SIMULATION_SEED"), let seed = UInt64(String(cString: text)) {
                if batch == 0 { judge(seed) }
                return
            }
            for index in 0..<Self.seedsPerBatch { judge(UInt64(batch * Self.seedsPerBatch + index)) }
        }

        private func judge(_ seed: UInt64) {
            let world = Scenario.run(seed: seed, isTold: getenv("SIMULATION_TRACE") != nil)
            if world.problems.isEmpty { return }
            Issue.record(
                """
                seed \(seed) (SIMULATION_SEED=\(seed) swift test --filter SimulationTests): \(Scenario.describe(world))
                \(world.problems.joined(separator: "\n"))
                """)
        }

        @Test func `the same seed gives the same world`() {
            for seed in UInt64(0)..<20 {
                #expect(Scenario.run(seed: seed).kernel.trace == Scenario.run(seed: seed).kernel.trace, "seed \(seed)")
            }
        }
    }
#endif
