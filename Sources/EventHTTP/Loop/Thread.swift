// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Glibc

/// A thread that was started and must be joined or detached once.
package struct SystemThread: Sendable {
    private let id: pthread_t

    /// Runs `body` on a new thread; nil and a negative errno when the system has no thread to give.
    ///
    /// The thread takes no signal that is sent to the process: those are for the first loop. What the thread itself
    /// causes (SIGSEGV, SIGTRAP and their kin) still reaches it, so that a crash can be reported.
    package static func start(
        _ name: StaticString, _ body: @escaping @Sendable () -> Void
    ) -> (thread: SystemThread?, status: Int32) {
        // The mask is inherited, so it is set before the thread exists: no signal can arrive in between.
        var blocked = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&blocked)
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS] {
            unsafe sigdelset(&blocked, number)
        }
        unsafe pthread_sigmask(SIG_SETMASK, &blocked, &before)
        defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }

        let box = unsafe Unmanaged.passRetained(ThreadBody(name, body))
        var id: pthread_t = 0
        let status = unsafe pthread_create(
            &id, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            unsafe box.release()
            return (nil, -status)
        }
        return (SystemThread(id: id), 0)
    }

    private init(id: pthread_t) {
        self.id = id
    }

    /// Waits for its end.
    func join() { pthread_join(id, nil) }

    /// Lets it end by itself.
    package func detach() { pthread_detach(id) }
}

/// Carries a closure through pthread_create's pointer.
private final class ThreadBody: Sendable {
    private let name: StaticString
    private let body: @Sendable () -> Void

    init(_ name: StaticString, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    func run() {
        // Shown by `top -H` and debuggers; at most 15 bytes.
        unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
            _ = unsafe cev_name_thread(pthread_self(), $0)
        }
        body()
    }
}

/// What the process does with its signals, beside what libev watches.
enum ProcessSignals {
    /// Writing to a peer that has gone is an errno, not the end of the process.
    static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Has these signals wait, in the calling thread and those that it starts from now on.
    static func hold(_ numbers: [Int32]) { change(numbers, SIG_BLOCK) }

    /// Has the calling thread take the signal, also one that waits.
    static func take(_ number: Int32) { change([number], SIG_UNBLOCK) }

    private static func change(_ numbers: [Int32], _ how: Int32) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        _ = unsafe pthread_sigmask(how, &set, nil)
    }

    /// Ends the process at once when the signal comes, with the status that a shell gives to that (128 and the number).
    /// Not by the default action: the first process of a container does not get that. Works while loops are stuck.
    static func endProcess(on number: Int32) {
        _ = signal(number) { number in _exit(128 + number) }
    }

    static func restoreDefault(_ number: Int32) {
        _ = signal(number, SIG_DFL)
    }
}
