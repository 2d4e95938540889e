// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// How the configuration came into force. Written by the control loop alone.
final class ReloadMetrics: Sendable {
    let succeeded = Counter()
    let failed = Counter()
    private let lastFailed = Gauge()
    private let lastSuccessSeconds = Gauge(Int64(ProcessFigures.unixSeconds))

    /// Another configuration is in force.
    func noteSuccess() {
        succeeded.add()
        lastFailed.set(0)
        lastSuccessSeconds.set(Int64(ProcessFigures.unixSeconds))
    }

    /// The file was not right, and nothing has changed.
    func noteFailure() {
        failed.add()
        lastFailed.set(1)
    }

    /// What is in force is what the file says, as far as is known.
    var lastSucceeded: Bool { lastFailed.level == 0 }
    /// Seconds since 1970; the start counts as the first.
    var lastSuccessAt: Int64 { lastSuccessSeconds.level }
}
