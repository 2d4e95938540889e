// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import EventHTTP

struct JobThreadsTests {
    @Test func `so many jobs are done at a time, so many wait, and the next is refused`() throws {
        let begun = Shared<Set<Int>>([])
        let ended = Shared<Set<Int>>([])
        let mayEnd = Shared(false)
        let threads = JobThreads<Int>("test", threadsMax: 2, waitingMax: 3)
        func submit(_ job: Int) -> Bool {
            threads.submit(job) { job in
                begun.change { _ = $0.insert(job) }
                while !mayEnd.current { usleep(1_000) }
                ended.change { _ = $0.insert(job) }
            }
        }
        #expect((0..<2).map(submit) == [true, true])
        _ = try eventually(10, "two jobs to begin") { begun.current.count == 2 ? true : nil }
        #expect((2..<6).map(submit) == [true, true, true, false])
        // A third thread would begin one of them now.
        sleep(seconds: 0.05)
        #expect(begun.current == [0, 1])
        mayEnd.change { $0 = true }
        _ = try eventually(10, "the jobs to end") { ended.current == [0, 1, 2, 3, 4] ? true : nil }
        // Threads that had nothing left to do have gone; others come.
        #expect(submit(6))
        _ = try eventually(10, "another job to end") { ended.current.contains(6) ? true : nil }
    }
}
