// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Glibc

/// What happened to a descriptor.
package struct IOEvents: OptionSet {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    package static let read = IOEvents(rawValue: cev_read)
    package static let write = IOEvents(rawValue: cev_write)
}

/// Whoever owns a descriptor and is told when it is ready. A class and not a protocol: one indirect call.
package class IOTarget {
    package init() {}

    package func ready(_ events: IOEvents) {
        preconditionFailure("every target says what it does")
    }
}

/// Waits for a descriptor. Owns libev's record of it, which stays where it is until it has been stopped and freed;
/// the target owns the watcher, so the target outlives every call; the watcher owns the loop, so that there is one to
/// stop it on.
@safe package struct IOWatcher: ~Copyable {
    private let watcher: UnsafeMutablePointer<ev_io>
    private let loop: EventLoop
    package private(set) var events: IOEvents = []

    package init(on loop: EventLoop) {
        unsafe watcher = .allocate(capacity: 1)
        unsafe watcher.initialize(to: ev_io())
        self.loop = loop
        unsafe cev_io_init(
            watcher,
            { _, watcher, events in
                // Retained for the length of the call: what the target does may let its last owner go.
                let data = unsafe watcher.unsafelyUnwrapped.pointee.data.unsafelyUnwrapped
                unsafe Unmanaged<IOTarget>.fromOpaque(data).takeUnretainedValue().ready(IOEvents(rawValue: events))
            }, -1, 0)
    }

    deinit {
        unlink()
        unsafe watcher.deallocate()
    }

    /// Whom to tell. It must own this watcher.
    package func attach(_ target: IOTarget) {
        unsafe watcher.pointee.data = Unmanaged.passUnretained(target).toOpaque()
    }

    /// Waits for `events` of the descriptor, and for nothing else; an empty set waits for nothing.
    package mutating func wait(for events: IOEvents, of descriptor: borrowing Descriptor) {
        if unsafe events == self.events && watcher.pointee.fd == descriptor.number { return }
        unlink()
        self.events = events
        if events.isEmpty { return }
        unsafe cev_io_set(watcher, descriptor.number, events.rawValue)
        #if DEBUG
            if let kernel = loop.simulation {
                let data = unsafe watcher.pointee.data.unsafelyUnwrapped
                let target = unsafe Unmanaged<IOTarget>.fromOpaque(data).takeUnretainedValue()
                return kernel.watch(descriptor.number, for: events, target, on: loop)
            }
        #endif
        unsafe ev_io_start(loop.raw, watcher)
    }

    /// Waits for nothing. To be called before the descriptor is closed.
    package mutating func stop() {
        unlink()
        events = []
    }

    private func unlink() {
        #if DEBUG
            if let kernel = loop.simulation {
                // Its number may be another's by now.
                if !events.isEmpty { unsafe kernel.unwatch(watcher.pointee.fd) }
                return
            }
        #endif
        unsafe ev_io_stop(loop.raw, watcher)
    }
}

/// A C timer, signal or wake-up of libev that calls a closure: for the few there are per loop, not per connection.
@safe final class LoopSource {
    private let stop: () -> Void
    fileprivate let call: () -> Void

    private init(_ call: @escaping () -> Void, stop: @escaping () -> Void) {
        self.call = call
        self.stop = stop
    }

    deinit { stop() }

    fileprivate static func called(_ data: UnsafeMutableRawPointer?) {
        unsafe Unmanaged<LoopSource>.fromOpaque(data.unsafelyUnwrapped).takeUnretainedValue().call()
    }

    /// Calls when the process is sent the signal.
    static func signal(_ number: Int32, on loop: EventLoop, _ call: @escaping () -> Void) -> LoopSource {
        let raw = unsafe loop.raw
        let watcher = UnsafeMutablePointer<ev_signal>.allocate(capacity: 1)
        unsafe watcher.initialize(to: ev_signal())
        let source = LoopSource(call) {
            unsafe ev_signal_stop(raw, watcher)
            unsafe watcher.deallocate()
        }
        unsafe cev_signal_init(
            watcher, { _, w, _ in unsafe LoopSource.called(w.unsafelyUnwrapped.pointee.data) }, number)
        unsafe watcher.pointee.data = Unmanaged.passUnretained(source).toOpaque()
        unsafe ev_signal_start(raw, watcher)
        return source
    }
}

/// libev's one timer under the wheel.
@safe struct LoopTimer: ~Copyable {
    private let watcher: UnsafeMutablePointer<ev_timer>
    private let loop: OpaquePointer

    init(on loop: OpaquePointer, _ callback: cev_timer_callback, data: UnsafeMutableRawPointer) {
        unsafe watcher = .allocate(capacity: 1)
        unsafe watcher.initialize(to: ev_timer())
        unsafe self.loop = loop
        unsafe cev_timer_init(watcher, callback)
        unsafe watcher.pointee.data = data
    }

    deinit {
        unsafe ev_timer_stop(loop, watcher)
        unsafe watcher.deallocate()
    }

    func set(afterSeconds: Double) {
        unsafe ev_timer_stop(loop, watcher)
        unsafe cev_timer_set(watcher, afterSeconds, 0)
        unsafe ev_timer_start(loop, watcher)
    }
}

/// A per-loop hook that runs when the kernel has reported, before any callback.
@safe struct LoopCheck: ~Copyable {
    private let watcher: UnsafeMutablePointer<ev_check>
    private let loop: OpaquePointer

    init(on loop: OpaquePointer, _ callback: cev_check_callback, data: UnsafeMutableRawPointer) {
        unsafe watcher = .allocate(capacity: 1)
        unsafe watcher.initialize(to: ev_check())
        unsafe self.loop = loop
        unsafe cev_check_init(watcher, callback)
        unsafe watcher.pointee.data = data
        unsafe ev_check_start(loop, watcher)
    }

    deinit {
        unsafe ev_check_stop(loop, watcher)
        unsafe watcher.deallocate()
    }
}
