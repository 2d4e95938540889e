// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Whether a process has been told to stop, and the way to tell it. One per process, for any thread: readiness asks it,
/// and a signal or a request to an admin endpoint begins it.
public final class Drain: Sendable {
    /// How much time there is for whoever sends requests to learn that this process goes.
    public enum Pace: Sendable, Equatable {
        /// New connections are taken for a while yet.
        case delayed
        /// No new connections; what is in flight is finished.
        case immediate
    }

    private struct State {
        var pace: Pace?
        var tell: (@Sendable (Pace) -> Void)?
        var isCut = false
        var tellCut: (@Sendable () -> Void)?
    }

    /// Beside the state, because readiness is asked far more often than a process ends.
    private let flag = Atomic<Bool>(false)
    private let state = Mutex(State())
    private let began: @Sendable (Pace) -> Void

    /// `began` is called once, by whoever begins the drain.
    public init(began: @escaping @Sendable (Pace) -> Void = { _ in }) {
        self.began = began
    }

    /// Whether the process has been told to stop.
    public var hasBegun: Bool { flag.load(ordering: .acquiring) }

    /// Tells the process to stop. False when it has been told before, which changes nothing.
    @discardableResult
    public func begin(_ pace: Pace) -> Bool {
        guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        began(pace)
        let tell = state.withLock { state in
            state.pace = pace
            return state.tell
        }
        tell?(pace)
        return true
    }

    /// Has the loops end now, and cuts off what is in flight, whether they drain already or not.
    public func cut() {
        flag.store(true, ordering: .releasing)
        let tell = state.withLock { state in
            state.isCut = true
            return state.tellCut
        }
        tell?()
    }

    /// Has `tell` called when the drain begins, and `tellCut` when its end is not waited for; now, if that has been.
    func onBegin(_ tell: @escaping @Sendable (Pace) -> Void, onCut tellCut: @escaping @Sendable () -> Void) {
        let (pace, isCut) = state.withLock { state in
            state.tell = tell
            state.tellCut = tellCut
            return (state.pace, state.isCut)
        }
        if let pace { tell(pace) }
        if isCut { tellCut() }
    }
}
