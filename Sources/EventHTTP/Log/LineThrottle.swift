// SPDX-License-Identifier: Apache-2.0

/// Lets one line through every so often, and says how many events it stands for. Pure.
package struct LineThrottle {
    private let intervalMs: Int64
    private var events = 0
    private var quietUntilMs = Int64.min

    package init(intervalMs: Int64 = 1_000) {
        self.intervalMs = intervalMs
    }

    /// Something happened. The number of events since the last line, if it is time for one.
    package mutating func count(nowMs: Int64) -> Int? {
        events += 1
        guard nowMs >= quietUntilMs else { return nil }
        quietUntilMs = nowMs + intervalMs
        defer { events = 0 }
        return events
    }
}
