// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Where a task waits until the loop lets it go on.
///
/// Sound as `@unchecked`: everything happens on the loop's thread; whoever cancels elsewhere sends it a letter.
final class Gate: @unchecked Sendable {
    private let mailbox: Mailbox
    private var waiting: CheckedContinuation<Void, Never>?

    init(_ loop: EventLoop) {
        mailbox = loop.mailbox
    }

    /// Waits for `open`, or for the task to be cancelled; whoever waits looks for itself which it was.
    func wait() async {
        precondition(waiting == nil, "only one task at a time waits for the same thing")
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { continuation.resume() } else { waiting = continuation }
            }
        } onCancel: {
            mailbox.submit { [self] in open() }
        }
    }

    func open() {
        waiting.take()?.resume()
    }
}
