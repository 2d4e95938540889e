// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What the answer to a check must be. Pure.
struct ExpectedAnswer {
    /// Of an answer's content so much is looked at.
    static let contentBytesMax = 16 << 10

    enum Verdict: Equatable {
        case passed
        case failed(CheckState.Failure)
        /// More of the content has to come.
        case more
    }

    private let statuses: [ClosedRange<UInt16>]
    private let text: [UInt8]
    private var content: [UInt8] = []

    init(_ check: ProxyConfiguration.HealthCheck) {
        statuses = check.expectStatus.map(\.codes)
        text = Array(check.expectBody.utf8)
    }

    /// An answer begins.
    mutating func began(_ status: Status) -> Verdict {
        content.removeAll(keepingCapacity: true)
        guard statuses.contains(where: { $0.contains(status.code) }) else { return .failed(.status) }
        return text.isEmpty ? .passed : .more
    }

    /// A piece of its content.
    mutating func received(_ bytes: Span<UInt8>) -> Verdict {
        // The text may have begun in the piece before.
        let start = max(content.count - text.count + 1, 0)
        for index in 0..<min(bytes.count, Self.contentBytesMax - content.count) { content.append(bytes[index]) }
        if holdsText(from: start) { return .passed }
        return content.count == Self.contentBytesMax ? .failed(.content) : .more
    }

    private func holdsText(from start: Int) -> Bool {
        guard content.count >= text.count else { return false }
        return (start...max(start, content.count - text.count)).contains { content[$0...].starts(with: text) }
    }
}
