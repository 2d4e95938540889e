// SPDX-License-Identifier: Apache-2.0

/// Answers requests. One value per event loop, always called on that loop's thread: no locks, no Sendable.
///
/// This is the tier without allocation. The async tier (a product of its own) is built on it: an adapter is a handler
/// that starts a task with the loop as its executor and answers through the exchange that was moved into it.
public protocol Handler {
    /// Answers `request` now, or keeps the exchange and answers later.
    ///
    /// `request` is a view of the receive buffer and ends with the call. `exchange` is the right and the duty to
    /// answer: it cannot be used twice, and one that is dropped answers 500.
    mutating func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange)
}

/// Calls a handler whose type the engine does not know: one indirect call per request.
class AnyHandler {
    func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        preconditionFailure("abstract")
    }
}

final class HandlerBox<H: Handler>: AnyHandler {
    private var handler: H

    init(_ handler: H) {
        self.handler = handler
    }

    override func handle(_ request: borrowing RequestHead, _ exchange: consuming Exchange) {
        handler.handle(request, exchange)
    }
}
