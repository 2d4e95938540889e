// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Glibc
import Synchronization
import Testing

/// What the loops of one run did, from all their threads.
private final class Record: Sendable {
    private let events = Mutex<[String]>([])
    private let threads = Mutex<Set<UInt>>([])

    func note(_ event: String) {
        events.withLock { $0.append(event) }
        _ = threads.withLock { $0.insert(UInt(pthread_self())) }
    }

    func count(of event: String) -> Int { events.withLock { all in all.count { $0 == event } } }
    var threadCount: Int { threads.withLock { $0.count } }
}

/// Drains after a while, as a server with a request in flight does.
private final class SlowService: LoopService {
    private let loop: EventLoop
    private let record: Record
    private let drainMs: Int64

    init(_ loop: EventLoop, _ record: Record, drainMs: Int64) {
        self.loop = loop
        self.record = record
        self.drainMs = drainMs
        record.note("start")
    }

    deinit { record.note("gone") }

    func drain(_ pace: Drain.Pace, _ completion: @escaping () -> Void) {
        record.note("drain")
        record.note("drain \(pace)")
        if drainMs == 0 { return completion() }
        loop.schedule(afterMs: drainMs) { [record] in
            record.note("drained")
            completion()
        }
    }
}

private func signalSelf(_ number: Int32) { _ = kill(getpid(), number) }

/// One at a time: a signal belongs to one loop.
@Suite(.serialized) struct LoopGroupTests {
    @Test(arguments: [1, 2, 5]) func eachLoopHasItsThreadAndDrainsOnTheSignal(workers: Int) {
        let record = Record()
        LoopGroup.run(workers: workers) { loop, worker in
            if worker == workers - 1 { loop.schedule(afterMs: 20) { signalSelf(SIGTERM) } }
            return SlowService(loop, record, drainMs: Int64(worker) * 10)
        }
        #expect(record.count(of: "start") == workers)
        #expect(record.count(of: "drain") == workers)
        #expect(record.count(of: "drained") == workers - 1)
        #expect(record.count(of: "gone") == workers)
        #expect(record.threadCount == workers)
    }

    @Test func interruptDrainsToo() {
        let record = Record()
        LoopGroup.run(workers: 2) { loop, worker in
            if worker == 0 { loop.schedule(afterMs: 10) { signalSelf(SIGINT) } }
            return SlowService(loop, record, drainMs: 0)
        }
        #expect(record.count(of: "gone") == 2)
    }

    @Test func aSignalBeforeTheOthersHaveStartedReachesThemAll() {
        let record = Record()
        LoopGroup.run(workers: 3) { loop, worker in
            if worker == 0 { signalSelf(SIGTERM) } else { usleep(50_000) }
            return SlowService(loop, record, drainMs: 0)
        }
        #expect(record.count(of: "drain") == 3)
    }

    @Test func `a drain can be begun on any thread, and before the group runs`() {
        for isEarly in [true, false] {
            let record = Record()
            let drain = Drain { pace in record.note("began \(pace)") }
            if isEarly { drain.begin(.immediate) }
            LoopGroup.run(workers: 3, drain: drain) { loop, worker in
                if worker == 2 { loop.schedule(afterMs: 20) { drain.begin(.immediate) } }
                return SlowService(loop, record, drainMs: 0)
            }
            #expect(record.count(of: "drain immediate") == 3)
            #expect(record.count(of: "began immediate") == 1)
            #expect(drain.hasBegun)
        }
    }

    @Test(arguments: [(SIGTERM, "drain delayed"), (SIGINT, "drain immediate")])
    func `the first signal after a drain that was asked for otherwise changes nothing`(number: Int32, event: String) {
        let record = Record()
        let drain = Drain()
        LoopGroup.run(workers: 1, drain: drain) { loop, _ in
            loop.schedule(afterMs: 10) {
                drain.begin(event == "drain delayed" ? .delayed : .immediate)
                signalSelf(number)
            }
            return SlowService(loop, record, drainMs: 100)
        }
        #expect(record.count(of: event) == 1)
        #expect(record.count(of: "drained") == 1)
    }

    @Test func `a cut ends loops that have not drained, and before the group runs`() {
        for isEarly in [true, false] {
            let record = Record()
            let drain = Drain()
            if isEarly { drain.cut() }
            LoopGroup.run(workers: 3, drain: drain) { loop, worker in
                if worker == 2, !isEarly {
                    loop.schedule(afterMs: 10) { drain.begin(.immediate) }
                    loop.schedule(afterMs: 30) { drain.cut() }
                }
                return SlowService(loop, record, drainMs: 60_000)
            }
            #expect(record.count(of: "drain") == (isEarly ? 0 : 3))
            #expect(record.count(of: "drained") == 0)
            #expect(record.count(of: "gone") == 3)
            #expect(drain.hasBegun)
        }
    }

    @Test func `a group that takes no signals leaves them to the program`() {
        let record = Record()
        let drain = Drain()
        let before = signal(SIGTERM, SIG_IGN)
        defer { _ = signal(SIGTERM, before) }
        LoopGroup.run(workers: 1, drain: drain, takesSignals: false) { loop, _ in
            loop.schedule(afterMs: 10) {
                signalSelf(SIGTERM)
                loop.schedule(afterMs: 10) { drain.begin(.immediate) }
            }
            return SlowService(loop, record, drainMs: 0)
        }
        #expect(record.count(of: "drain delayed") == 0)
        #expect(record.count(of: "drain immediate") == 1)
    }

    @Test func userSignalReopensLogs() {
        let record = Record()
        LoopGroup.run(workers: 1, reopenLogs: { record.note("reopen") }) { loop, _ in
            loop.schedule(afterMs: 10) { signalSelf(SIGUSR1) }
            loop.schedule(afterMs: 60) { signalSelf(SIGTERM) }
            return SlowService(loop, record, drainMs: 0)
        }
        #expect(record.count(of: "reopen") == 1)
    }

    @Test(arguments: [1, 3]) func `the control loop hears of the drain and ends after all workers`(workers: Int) {
        let record = Record()
        LoopGroup.run(
            workers: workers,
            control: { ControlService($0, record, workers: workers) }
        ) { loop, worker in
            if worker == 0 { loop.schedule(afterMs: 10) { signalSelf(SIGTERM) } }
            return SlowService(loop, record, drainMs: 20)
        }
        #expect(record.count(of: "gone") == workers)
        #expect(record.count(of: "control") == 1)
        #expect(record.count(of: "control drains") == 1)
        #expect(record.count(of: "control ends last") == 1)
        #expect(record.threadCount == workers + 1)
    }

    @Test func `a value of a loop is named from other threads, until it is gone`() throws {
        let record = Record()
        let bound = Mutex<LoopBound<SlowService>?>(nil)
        LoopGroup.run(
            workers: 1,
            control: { loop in
                loop.schedule(afterMs: 20) {
                    bound.withLock { $0 }?.submit { _ in
                        record.note("named")
                        signalSelf(SIGTERM)
                    }
                }
                return SlowService(loop, Record(), drainMs: 0)
            }
        ) { loop, _ in
            let service = SlowService(loop, record, drainMs: 0)
            bound.withLock { $0 = LoopBound(service, on: loop) }
            return service
        }
        bound.withLock { $0 }?.submit { _ in record.note("named when gone") }
        #expect(record.count(of: "named") == 1)
        #expect(record.count(of: "named when gone") == 0)
    }
}

/// Notes whether it is there until the workers' services have gone.
private final class ControlService: LoopService {
    private let record: Record
    private let workers: Int

    init(_ loop: EventLoop, _ record: Record, workers: Int) {
        record.note("control")
        self.record = record
        self.workers = workers
    }

    deinit { record.note(record.count(of: "gone") == workers ? "control ends last" : "control ends early") }

    func drain(_ pace: Drain.Pace, _ completion: @escaping () -> Void) {
        record.note("control drains")
        completion()
    }
}
