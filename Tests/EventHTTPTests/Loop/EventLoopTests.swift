// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventHTTP

/// Runs `work` on a thread of its own. Not a task: tests that block would keep it from a thread of the pool.
private func startThread(_ work: @escaping @Sendable () -> Void) -> pthread_t {
    final class Box {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(work)).toOpaque()
    let result = pthread_create(
        &thread, nil,
        { box in
            Unmanaged<Box>.fromOpaque(box!).takeRetainedValue().work()
            return nil
        }, box)
    precondition(result == 0)
    return thread
}

/// What callbacks noted. Used on one thread at a time.
private final class Notes: @unchecked Sendable {
    var texts: [String] = []
    var threads: [pthread_t] = []
    var counts: [Int: [Int]] = [:]
}

private final class Postponed: Postponable {
    let work: () -> Void
    init(_ work: @escaping () -> Void) { self.work = work }
    func resume() { work() }
}

private func clockMs() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}

/// Lets `loop` run until it is stopped; after half a minute the test has failed.
private func run(_ loop: EventLoop) {
    var hasEnded = false
    loop.schedule(afterMs: 30_000) { [unowned loop] in
        if hasEnded { return }
        Issue.record("what the loop waits for never came")
        loop.stop()
    }
    loop.run()
    hasEnded = true
}

struct EventLoopTests {
    @Test func `what other threads submit runs on the loop's thread and in order`() {
        let loop = EventLoop()
        let notes = Notes()
        let mailbox = loop.mailbox
        let each = 500
        nonisolated(unsafe) let stop = { [unowned loop] in loop.stop() }
        let threads = (0..<4).map { number in
            startThread {
                for letter in 0..<each {
                    mailbox.submit {
                        notes.counts[number, default: []].append(letter)
                        if !notes.threads.contains(where: { pthread_equal($0, pthread_self()) != 0 }) {
                            notes.threads.append(pthread_self())
                        }
                        if notes.counts.values.map(\.count).reduce(0, +) == 4 * each { stop() }
                    }
                }
            }
        }
        run(loop)
        for thread in threads { pthread_join(thread, nil) }
        for number in 0..<4 { #expect(notes.counts[number] == Array(0..<each)) }
        #expect(notes.threads.count == 1 && pthread_equal(notes.threads[0], pthread_self()) != 0)
    }

    @Test func `what is submitted before the loop runs and from within runs too`() {
        let loop = EventLoop()
        let notes = Notes()
        let mailbox = loop.mailbox
        nonisolated(unsafe) let stop = { [unowned loop] in loop.stop() }
        mailbox.submit {
            notes.texts.append("first")
            mailbox.submit {
                notes.texts.append("third")
                stop()
            }
            notes.texts.append("second")
        }
        run(loop)
        #expect(notes.texts == ["first", "second", "third"])
    }

    @Test func `a loop that is gone takes nothing more`() {
        var loop: EventLoop? = EventLoop()
        let mailbox = loop!.mailbox
        #expect(mailbox.submit {})
        loop = nil
        #expect(!mailbox.submit { Issue.record("ran without a loop") })
    }

    @Test func `scheduled work runs once each, in the order of its time`() {
        let loop = EventLoop()
        let notes = Notes()
        for milliseconds in [60, 0, 30] as [Int64] {
            loop.schedule(afterMs: milliseconds) { notes.texts.append("\(milliseconds)") }
        }
        loop.schedule(afterMs: 90) { [unowned loop] in
            notes.texts.append("90")
            loop.schedule(afterMs: 0) { loop.stop() }
        }
        run(loop)
        #expect(notes.texts == ["0", "30", "60", "90"])
    }

    @Test func `work that was put off runs after the callbacks, in order, and with what it puts off itself`() {
        let loop = EventLoop()
        let notes = Notes()
        loop.schedule(afterMs: 0) { [unowned loop] in
            loop.later(Postponed { notes.texts.append("later") })
            loop.later(
                Postponed {
                    notes.texts.append("later again")
                    loop.later(
                        Postponed {
                            notes.texts.append("last")
                            loop.stop()
                        })
                })
            notes.texts.append("now")
        }
        run(loop)
        #expect(notes.texts == ["now", "later", "later again", "last"])
    }

    @Test func `scheduled work never runs early, however old the loop's time is`() {
        let loop = EventLoop()
        let startMs = clockMs()
        while clockMs() < startMs + 25 {}
        let scheduledMs = clockMs()
        var ranMs = 0.0
        loop.schedule(afterMs: 20) { [unowned loop] in
            ranMs = clockMs()
            loop.stop()
        }
        run(loop)
        #expect(ranMs >= scheduledMs + 20)
    }

    @Test func `work that was put off before the loop runs does not wait for an event`() {
        let loop = EventLoop()
        let notes = Notes()
        loop.later(Postponed { notes.texts.append("put off") })
        loop.schedule(afterMs: 0) { [unowned loop] in
            notes.texts.append("event")
            loop.stop()
        }
        run(loop)
        #expect(notes.texts == ["put off", "event"])
    }

    @Test func `a signal is told to the loop`() {
        let loop = EventLoop()
        var count = 0
        loop.onSignal(SIGURG) { [unowned loop] in
            count += 1
            if count == 2 { loop.stop() } else { kill(getpid(), SIGURG) }
        }
        // To the process and not with `raise`: the threads of the pool, on which tests run, take no signals.
        kill(getpid(), SIGURG)
        run(loop)
        #expect(count == 2)
    }

    @Test func `a descriptor that is ready is told to whoever waits for it`() throws {
        final class Reader: IOTarget {
            var watcher: IOWatcher
            let socket: Descriptor
            let loop: EventLoop
            var received = ""
            init(_ loop: EventLoop, _ socket: consuming Descriptor) {
                self.loop = loop
                self.socket = socket
                watcher = IOWatcher(on: loop)
                super.init()
                watcher.attach(self)
            }
            override func ready(_ events: IOEvents) {
                #expect(events == .read)
                var inbox = loop.takeInbox()
                let result = Syscalls.receive(socket, into: &inbox)
                received += text(inbox.bytes)
                loop.returnInbox(inbox)
                if result == .ended {
                    watcher.stop()
                    loop.stop()
                }
            }
        }
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let loop = EventLoop()
        let reader = Reader(loop, Descriptor(ends[0]))
        reader.watcher.wait(for: .read, of: reader.socket)
        send(ends[1], "hello", 5, 0)
        loop.runOnce()
        #expect(reader.received == "hello")
        close(ends[1])
        run(loop)
        #expect(reader.watcher.events == [])
    }
}
