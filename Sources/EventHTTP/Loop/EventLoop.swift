// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Glibc

/// One event loop: everything that happens on it happens on the thread that runs it, one thing at a time.
///
/// The order of one iteration:
/// 1. wait for the kernel (`epoll_wait`), at most until the next deadline;
/// 2. take the time, once;
/// 3. deadlines that have passed, what other threads submitted, and every descriptor that is ready: each callback
///    reads, parses, answers and writes before the next begins;
/// 4. what the callbacks put off with `later`: pipelined requests and connections that can be used again.
///
/// Not Sendable. Other threads reach a loop through `mailbox`.
@safe public final class EventLoop {
    /// Most bytes that one read takes: content of 64 KiB, a size that many programs write at once, and the head or the
    /// chunk sizes that come with it. Also what a stream may hold in each direction, so that one read always fits.
    package static let receiveBytesMax = 72 << 10

    let raw: OpaquePointer
    /// For other threads.
    public let mailbox: Mailbox
    package let pool = BufferPool()
    package private(set) var date = DateCache()

    private var wheel: TimerWheel
    private var timer: LoopTimer?
    private var timerMs = Int64.max
    private var check: LoopCheck?
    private var sources: [LoopSource] = []
    private var fields: FieldIndex? = FieldIndex(capacity: ParserLimits.fieldsCapMax)
    private var inbox: Buffer? = Buffer(capacity: receiveBytesMax)
    private var postponed: ContiguousArray<any Postponable> = []
    private var forNextIteration: ContiguousArray<any Postponable> = []
    private var isRunning = false

    /// Nanoseconds of the monotonic clock, taken once per iteration.
    public var nowNs: Int64 { timeNs }
    /// Beside `nowNs`, because each look at a public stored property is checked for exclusive access.
    private var timeNs: Int64
    /// The same in milliseconds.
    public var nowMs: Int64 { timeMs }
    private var timeMs: Int64

    /// For tasks. To be asked for on the loop's thread first.
    public var executor: LoopExecutor {
        if let madeExecutor { return madeExecutor }
        let executor = LoopExecutor(self)
        madeExecutor = executor
        return executor
    }
    private var madeExecutor: LoopExecutor?

    #if DEBUG
        /// The kernel whose loop this is, if it was made within one.
        let simulation = SimulatedKernel.current
    #endif

    /// A loop that is run by the thread which calls `run`.
    public init() {
        guard let raw = unsafe ev_loop_new(UInt32(EVFLAG_AUTO | EVFLAG_NOENV)) else {
            fatalError("libev has no usable backend: is /proc/sys/fs/epoll readable, are descriptors left?")
        }
        unsafe self.raw = raw
        unsafe mailbox = Mailbox(of: raw)
        timeNs = Self.clockNs()
        timeMs = timeNs / 1_000_000
        wheel = TimerWheel(nowMs: timeMs)
        let data = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe check = LoopCheck(
            on: raw, { _, watcher, _ in unsafe EventLoop.of(watcher.unsafelyUnwrapped.pointee.data).woke() }, data: data
        )
        unsafe timer = LoopTimer(
            on: raw, { _, watcher, _ in unsafe EventLoop.of(watcher.unsafelyUnwrapped.pointee.data).runDeadlines() },
            data: data)
        #if DEBUG
            simulation?.adopt(self)
        #endif
    }

    deinit {
        madeExecutor?.leaveThread()
        mailbox.close()
        sources = []
        timer = nil
        check = nil
        unsafe ev_loop_destroy(raw)
    }

    private static func of(_ data: UnsafeMutableRawPointer?) -> EventLoop {
        unsafe Unmanaged<EventLoop>.fromOpaque(data.unsafelyUnwrapped).takeUnretainedValue()
    }

    // MARK: Running

    /// Runs until `stop` is called.
    public func run() {
        isRunning = true
        madeExecutor?.enterThread()
        refreshTime()
        // What was put off before would wait for the kernel's first event.
        runPostponed()
        while isRunning {
            unsafe ev_run(raw, Int32(forNextIteration.isEmpty ? EVRUN_ONCE : EVRUN_NOWAIT))
            runPostponed()
        }
    }

    /// Runs one iteration without waiting, for tests.
    package func runOnce() {
        unsafe ev_run(raw, Int32(EVRUN_NOWAIT))
        runPostponed()
    }

    #if DEBUG
        /// When this loop's timer fires; `.max` for never.
        var simulatedTimerNs: Int64 { timerMs == .max ? .max : timerMs * 1_000_000 }
        var hasPostponed: Bool { !postponed.isEmpty || !forNextIteration.isEmpty }

        /// One iteration, in the order that is promised above; `deliver` calls those whose descriptors are ready.
        func simulateIteration(_ deliver: () -> Void) {
            refreshTime()
            date.refresh(unixSeconds: nowNs / 1_000_000_000)
            if simulatedTimerNs <= nowNs { runDeadlines() }
            deliver()
            runPostponed()
        }
    #endif

    /// Ends `run` after the current iteration. On the loop's thread only.
    public func stop() {
        isRunning = false
        unsafe ev_break(raw, Int32(EVBREAK_ALL))
    }

    package static func clockNs() -> Int64 {
        #if DEBUG
            if let kernel = SimulatedKernel.current { return kernel.nowNs }
        #endif
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Processor time that the calling thread has used, in nanoseconds.
    package static func threadCPUNs() -> Int64 {
        #if DEBUG
            if SimulatedKernel.current != nil { return 0 }
        #endif
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Takes the time now instead of that of the iteration, for what took long.
    package func refreshTime() {
        timeNs = Self.clockNs()
        timeMs = timeNs / 1_000_000
    }

    private func woke() {
        refreshTime()
        if pool.freedBytes >= Self.trimBytesMin { returnMemory() }
        unsafe date.refresh(unixSeconds: Int64(ev_now(raw)))
    }

    /// Gives the system what an attack or a peak has left behind. It takes a millisecond or so, so seldom.
    private func returnMemory() {
        guard nowMs - trimmedMs >= Self.trimIntervalMs else { return }
        trimmedMs = nowMs
        pool.returnedToSystem()
        MemoryUse.giveBack()
    }

    private static let trimBytesMin = 4 << 20
    private static let trimIntervalMs: Int64 = 10_000
    private var trimmedMs: Int64 = 0

    // MARK: Deadlines

    package func addDeadline(_ owner: any DeadlineOwner) -> TimerWheel.ID { wheel.add(owner) }
    package func removeDeadline(_ id: TimerWheel.ID) { wheel.remove(id) }
    package func clearDeadline(_ id: TimerWheel.ID) { wheel.clear(id) }

    package func setDeadline(_ id: TimerWheel.ID, atMs: Int64) {
        wheel.set(id, atMs: atMs)
        // A tick of slack: arming the timer for each request's deadline would cost more than waking up for nothing.
        if atMs < timerMs { armTimer() }
    }

    private func armTimer() {
        guard let next = wheel.nextMs else {
            timerMs = .max
            return
        }
        if next == timerMs { return }
        timerMs = next
        timer?.set(afterSeconds: Double(max(next * 1_000_000 - nowNs, 0)) / 1e9)
    }

    private func runDeadlines() {
        timerMs = .max
        while let owner = wheel.popPassed(nowMs: nowMs) { owner.deadlinePassed() }
        armTimer()
    }

    /// Calls `work` once, at least `milliseconds` from now.
    public func schedule(afterMs milliseconds: Int64, _ work: @escaping () -> Void) {
        let shot = ScheduledWork(self, work)
        let id = addDeadline(shot)
        shot.id = id
        scheduled[ObjectIdentifier(shot)] = shot
        // From the clock and rounded up: the iteration's time is older than now, before `run` much older.
        setDeadline(id, atMs: Self.clockNs() / 1_000_000 + 1 + milliseconds)
    }

    private var scheduled: [ObjectIdentifier: ScheduledWork] = [:]

    fileprivate func finished(_ work: ScheduledWork) {
        if let id = work.id { removeDeadline(id) }
        scheduled[ObjectIdentifier(work)] = nil
    }

    // MARK: Putting off

    /// Has `work` resumed after the callbacks of this iteration, so that it starts with an empty stack.
    package func later(_ work: any Postponable) {
        postponed.append(work)
    }

    /// Has `work` resumed after the callbacks of the next iteration, which does not wait for the kernel.
    package func nextIteration(_ work: any Postponable) {
        forNextIteration.append(work)
    }

    private func runPostponed() {
        if !forNextIteration.isEmpty {
            postponed.append(contentsOf: forNextIteration)
            forNextIteration.removeAll(keepingCapacity: true)
        }
        // What is put off meanwhile runs too: nothing may wait for a kernel event that never comes.
        while !postponed.isEmpty {
            let batch = postponed
            postponed.removeAll(keepingCapacity: true)
            for work in batch { work.resume() }
        }
    }

    // MARK: The receive buffer and the field index, shared by all connections of the loop

    /// Takes the receive buffer, empty. It holds one connection's bytes only during that connection's callback.
    package func takeInbox() -> Buffer {
        guard let buffer = inbox.take() else { preconditionFailure("a read within a read") }
        return buffer
    }

    package func returnInbox(_ buffer: consuming Buffer) {
        buffer.removeAll()
        inbox = consume buffer
    }

    /// Takes the index that heads and trailers are parsed into, for the length of one callback.
    package func takeFields() -> FieldIndex {
        guard let fields = fields.take() else { preconditionFailure("a head within a head") }
        return fields
    }

    package func returnFields(_ index: consuming FieldIndex) {
        fields = consume index
    }

    // MARK: Signals

    /// Calls `work` on this loop for each `signal` sent to the process. One loop per signal. To be called on the loop's
    /// thread; one that was held (`LoopGroup.hold`) comes now.
    public func onSignal(_ signal: Int32, _ work: @escaping () -> Void) {
        sources.append(.signal(signal, on: self, work))
        ProcessSignals.take(signal)
    }
}

/// Work that was put off to the end of an iteration.
package protocol Postponable: AnyObject {
    func resume()
}

private final class ScheduledWork: DeadlineOwner {
    private unowned let loop: EventLoop
    private let work: () -> Void
    var id: TimerWheel.ID?

    init(_ loop: EventLoop, _ work: @escaping () -> Void) {
        self.loop = loop
        self.work = work
    }

    func deadlinePassed() {
        loop.finished(self)
        work()
    }
}
