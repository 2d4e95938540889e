// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What is told of the process as a whole.
struct ProcessReport {
    enum State: String, CaseIterable {
        /// Not all workers serve yet.
        case starting
        case ready
        /// All workers are late and answer 503.
        case overloaded
        /// It has been told to stop.
        case draining
    }

    let state: State
    /// Both in seconds since 1970.
    let startedAt: Double
    let now: Double
    let figures: ProcessFigures
    let reloads: ReloadMetrics
    let droppedLogLines: UInt64
}
