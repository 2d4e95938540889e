// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    import EventHTTP
    import EventProxy
    import Glibc
    import Testing

    /// The real proxy above its system calls, in thousands of small worlds whose every accident a seed decides.
    ///
    /// A seed that failed is run alone with `SIMULATION_SEED=… swift test --filter SimulationTests`; with
    /// `SIMULATION_TRACE=1` every call is printed. `SIMULATION_SEEDS=100000` runs so many instead of two thousand.
    struct SimulationTests {
        static let batches = 40
        static let seedsPerBatch = 50

        @Test(arguments: 0..<batches) func `the promises hold in every world`(batch: Int) {
            if let text = getenv("SIMULATION_SEED"), let seed = UInt64(String(cString: text)) {
                if batch == 0 { judge(seed) }
                return
            }
            let seeds = getenv("SIMULATION_SEEDS").flatMap { Int(String(cString: $0)) }
            let seedsPerBatch = seeds.map { $0 / Self.batches } ?? Self.seedsPerBatch
            for index in 0..<seedsPerBatch { judge(UInt64(index * Self.batches + batch)) }
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
