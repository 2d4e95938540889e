// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct MemoryUseTests {
    struct Machine: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let membership: String
        var mounts = ""
        let files: [String: String]
        let use: MemoryUse?
    }

    private static let stat = "anon 500\ninactive_file 30\nactive_file 20\nshmem 7\n"

    static let machines = [
        Machine(
            testDescription: "v2, without pages of files", membership: "0::/\n",
            files: [
                "/sys/fs/cgroup/memory.max": "1000\n", "/sys/fs/cgroup/memory.current": "600\n",
                "/sys/fs/cgroup/memory.stat": stat,
            ], use: MemoryUse(usedBytes: 550, limitBytes: 1000)),
        Machine(
            testDescription: "v2 without a limit", membership: "0::/\n",
            files: ["/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.current": "600\n"], use: nil),
        Machine(
            testDescription: "v2, where the group above is fuller", membership: "0::/pod/app\n",
            files: [
                "/sys/fs/cgroup/pod/app/memory.max": "1000\n", "/sys/fs/cgroup/pod/app/memory.current": "600\n",
                "/sys/fs/cgroup/pod/memory.max": "2000\n", "/sys/fs/cgroup/pod/memory.current": "1900\n",
                "/sys/fs/cgroup/memory.max": "max\n",
            ], use: MemoryUse(usedBytes: 1900, limitBytes: 2000)),
        Machine(
            testDescription: "v1", membership: "5:memory:/app\n4:cpu:/x\n",
            files: [
                "/sys/fs/cgroup/memory/app/memory.limit_in_bytes": "4096\n",
                "/sys/fs/cgroup/memory/app/memory.usage_in_bytes": "4000\n",
                "/sys/fs/cgroup/memory/app/memory.stat": "cache 9\ntotal_inactive_file 1000\ntotal_active_file 5000\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "/sys/fs/cgroup/memory/memory.usage_in_bytes": "123456\n",
            ], use: MemoryUse(usedBytes: 0, limitBytes: 4096)),
        Machine(
            testDescription: "v1, mounted elsewhere", membership: "5:memory:/docker/abc\n",
            mounts: "36 35 0:30 /docker/abc /cg/mem rw,nosuid - cgroup cgroup rw,memory\n",
            files: ["/cg/mem/memory.limit_in_bytes": "10\n", "/cg/mem/memory.usage_in_bytes": "9\n"],
            use: MemoryUse(usedBytes: 9, limitBytes: 10)),
        Machine(
            testDescription: "nonsense", membership: "0::/\n5:memory:/\n",
            files: [
                "/sys/fs/cgroup/memory.max": "0\n", "/sys/fs/cgroup/memory.current": "x\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "-1\n",
            ], use: nil),
    ]

    @Test(arguments: machines) func `is what the kernel's files say`(machine: Machine) {
        let use = MemoryUse.fullest(membership: machine.membership, mounts: machine.mounts) { machine.files[$0] }
        #expect(use == machine.use)
    }

    @Test func `of this machine it can be asked`() {
        if let use = MemoryUse.current() { #expect(use.limitBytes > 0) }
        MemoryUse.giveBack()
    }
}
