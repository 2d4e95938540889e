// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Runs `work` on a thread that may block, and comes back: for what computes long or waits, such as reading files. A
/// loop that waits for a disk serves nobody.
///
/// The tasks of the async tier prefer their loop, which `@concurrent` functions and child tasks inherit; so it takes
/// this to leave it. At most 32 of these run at once, of all loops; further ones wait.
public func offLoop<Result: Sendable>(
    _ work: @concurrent @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withTaskExecutorPreference(BlockingExecutor.shared, operation: work)
}
