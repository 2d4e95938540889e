// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Writes the content of a response, or into a tunnel. For the task of that request only.
public struct ResponseWriter {
    private let task: ExchangeTask

    init(_ task: ExchangeTask) {
        self.task = task
    }

    /// Sends bytes, and waits while the client has too much to take already: back-pressure. Throws `ExchangeFailure`
    /// when the client has gone, `CancellationError` when the task has been cancelled.
    public func write(_ bytes: [UInt8]) async throws {
        try await task.write(bytes)
    }

    /// Sends text as UTF-8.
    public func write(_ text: String) async throws {
        try await task.write(Array(text.utf8))
    }
}

/// A response whose content was longer than it said. What is too much has not been sent.
public struct LongerThanAnnounced: Error {}

@available(*, unavailable, message: "a response is written on the loop of its connection")
extension ResponseWriter: Sendable {}
