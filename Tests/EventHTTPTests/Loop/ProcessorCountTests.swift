// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

/// A machine as the kernel's files show it.
struct Machine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let membership: String
    let mounts: String
    let files: [String: String]
    let granted: Int?
}

private let v2Mount = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
private let v1Mount = """
    31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
    32 31 0:29 / /sys/fs/cgroup/cpuset rw master:9 - cgroup cgroup rw,cpuset
    33 31 0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro master:10 - cgroup cgroup rw,cpu,cpuacct
    """

private let machines: [Machine] = [
    Machine(
        testDescription: "v2 without a quota", membership: "0::/a.slice\n", mounts: v2Mount,
        files: ["/sys/fs/cgroup/a.slice/cpu.max": "max 100000\n"], granted: nil),
    Machine(
        testDescription: "v2, whole processors", membership: "0::/\n", mounts: v2Mount,
        files: ["/sys/fs/cgroup/cpu.max": "200000 100000\n"], granted: 2),
    Machine(
        testDescription: "v2, rounded up", membership: "0::/\n", mounts: v2Mount,
        files: ["/sys/fs/cgroup/cpu.max": "250000 100000\n"], granted: 3),
    Machine(
        testDescription: "v2, a tenth of a processor", membership: "0::/\n", mounts: v2Mount,
        files: ["/sys/fs/cgroup/cpu.max": "10000 100000\n"], granted: 1),
    Machine(
        testDescription: "v2, the smallest up the path counts", membership: "0::/pods/pod1/main\n", mounts: v2Mount,
        files: [
            "/sys/fs/cgroup/pods/pod1/main/cpu.max": "800000 100000\n",
            "/sys/fs/cgroup/pods/pod1/cpu.max": "300000 100000\n",
            "/sys/fs/cgroup/pods/cpu.max": "1600000 100000\n",
        ], granted: 3),
    Machine(
        testDescription: "v2, above a missing folder", membership: "0::/pods/gone\n", mounts: v2Mount,
        files: ["/sys/fs/cgroup/pods/cpu.max": "100000 100000\n"], granted: 1),
    Machine(
        testDescription: "v2, outside of the namespace", membership: "0::/../other\n", mounts: v2Mount,
        files: ["/sys/fs/cgroup/cpu.max": "400000 100000\n"], granted: 4),
    Machine(
        testDescription: "v2 without mountinfo", membership: "0::/x\n", mounts: "",
        files: ["/sys/fs/cgroup/x/cpu.max": "500000 100000\n"], granted: 5),
    Machine(
        testDescription: "a mount point with a space", membership: "0::/x\n",
        mounts: "29 23 0:26 / /my\\040cgroups rw - cgroup2 none rw\n",
        files: ["/my cgroups/x/cpu.max": "600000 100000\n"], granted: 6),
    Machine(
        testDescription: "v1 in a container that sees its own part",
        membership: "4:cpu,cpuacct:/docker/abc\n3:cpuset:/z\n",
        mounts: v1Mount,
        files: [
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "50000\n",
        ], granted: 3),
    Machine(
        testDescription: "v1 below the mounted part", membership: "4:cpuacct,cpu:/docker/abc/job\n", mounts: v1Mount,
        files: [
            "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "100001\n",
            "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        ], granted: 2),
    Machine(
        testDescription: "v1 without a quota", membership: "4:cpu:/\n", mounts: "",
        files: ["/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"],
        granted: nil),
    Machine(
        testDescription: "both, as on a hybrid machine", membership: "4:cpu:/a\n0::/b\n", mounts: "",
        files: [
            "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "700000\n", "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/b/cpu.max": "max 100000\n",
        ], granted: 7),
    Machine(
        testDescription: "nonsense", membership: "\n:\n4:cpu\n0::\nx:y:z\n", mounts: "- - -\n1 2 3 - cgroup2\n",
        files: ["/sys/fs/cgroup/cpu.max": "0 0 0\n", "/sys/fs/cgroup/cpu/cpu.max": "1 1"], granted: nil),
]

@Suite struct ProcessorCountTests {
    @Test(arguments: machines) func grantedByTheFiles(machine: Machine) {
        let quota = CgroupQuota.smallest(membership: machine.membership, mounts: machine.mounts) { machine.files[$0] }
        #expect(quota == machine.granted)
    }

    @Test func thisMachineGrantsSome() {
        #expect((1...8192).contains(ProcessorCount.granted()))
    }

    @Test func filesAreReadToTheirEnd() {
        #expect(FileReader.text("/proc/self/mountinfo")?.contains(" - ") == true)
        #expect(FileReader.text("/nonexistent") == nil)
        #expect(FileReader.text("/proc") == nil)
    }
}
