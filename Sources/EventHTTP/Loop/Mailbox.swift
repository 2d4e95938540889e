// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Synchronization

/// The way into a loop from other threads.
///
/// Sound as @unchecked: `ev_async_send` may be called from any thread, the record it takes is never moved, and whether
/// the loop still exists is read and changed under the same lock.
@safe public final class Mailbox: @unchecked Sendable {
    private struct State: ~Copyable {
        var letters: [@Sendable () -> Void] = []
        var isOpen = true
    }

    private let state = Mutex(State())
    private let watcher: UnsafeMutablePointer<ev_async>
    private let loop: OpaquePointer

    init(of loop: OpaquePointer) {
        unsafe watcher = .allocate(capacity: 1)
        unsafe watcher.initialize(to: ev_async())
        unsafe self.loop = loop
        unsafe cev_async_init(
            watcher,
            { _, watcher, _ in
                let data = unsafe watcher.unsafelyUnwrapped.pointee.data.unsafelyUnwrapped
                unsafe Unmanaged<Mailbox>.fromOpaque(data).takeUnretainedValue().deliver()
            })
        unsafe watcher.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        unsafe ev_async_start(loop, watcher)
    }

    deinit {
        unsafe watcher.deallocate()
    }

    /// Runs `work` on the loop's thread, soon and in order. Returns false when the loop is gone.
    @discardableResult
    public func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.isOpen else { return false }
            state.letters.append(work)
            unsafe ev_async_send(loop, watcher)
            return true
        }
    }

    private func deliver() {
        let letters = state.withLock { state in
            let letters = state.letters
            state.letters = []
            return letters
        }
        for letter in letters { letter() }
    }

    /// Called by the loop before it goes.
    func close() {
        state.withLock { $0.isOpen = false }
        unsafe ev_async_stop(loop, watcher)
    }
}
