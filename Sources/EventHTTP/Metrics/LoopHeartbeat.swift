// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Shows other threads whether a loop comes round. Its loop beats; any thread asks.
package final class LoopHeartbeat: Sendable {
    /// A loop that has not come round for this long has stalled.
    package static let stallMs: Int64 = 5_000

    private let started = Atomic<Bool>(false)
    /// When it came round last, in milliseconds of the monotonic clock.
    private let seenAtMs = Atomic<Int64>(0)

    package init() {}

    package var isStarted: Bool { started.load(ordering: .acquiring) }

    /// The loop's service runs from now on.
    package func start(nowMs: Int64) {
        beat(nowMs: nowMs)
        started.store(true, ordering: .releasing)
    }

    /// The loop has come round.
    package func beat(nowMs: Int64) {
        seenAtMs.store(nowMs, ordering: .relaxed)
    }

    /// The loop has ended, as it was told to.
    package func stop() {
        started.store(false, ordering: .releasing)
    }

    package func hasStalled(nowMs: Int64) -> Bool {
        isStarted && nowMs - seenAtMs.load(ordering: .relaxed) > Self.stallMs
    }
}
