// SPDX-License-Identifier: Apache-2.0

/// What lives on a loop, as other threads may name it: in letters to that loop.
///
/// Sound as `@unchecked`: the value is looked at by letters only, which run on its loop's thread.
public final class LoopBound<Value: AnyObject>: @unchecked Sendable {
    private let mailbox: Mailbox
    private weak var value: Value?

    /// Names `value`, without keeping it. On the loop's thread.
    public init(_ value: Value, on loop: EventLoop) {
        mailbox = loop.mailbox
        self.value = value
    }

    /// Runs `work` on the loop's thread, soon and in order; not at all when the value or its loop is gone by then.
    public func submit(_ work: @escaping @Sendable (Value) -> Void) {
        mailbox.submit { [self] in
            if let value { work(value) }
        }
    }
}
