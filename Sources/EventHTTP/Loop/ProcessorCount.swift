// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Glibc

/// How many processors this process may use.
public enum ProcessorCount {
    /// The processors that the cgroup grants, rounded up, and that the process is allowed to run on: at least 1.
    ///
    /// In a container the machine's processors say nothing: a loop more than what the quota grants makes every loop
    /// wait for the next period.
    public static func granted() -> Int {
        let allowed = affinityCount()
        guard let membership = FileReader.text("/proc/self/cgroup") else { return allowed }
        let mounts = FileReader.text("/proc/self/mountinfo") ?? ""
        let quota = CgroupQuota.smallest(membership: membership, mounts: mounts, read: FileReader.text)
        return max(1, min(allowed, quota ?? allowed))
    }

    /// The processors that the scheduler may run this thread on (taskset, cpusets).
    private static func affinityCount() -> Int {
        // 8192 processors, the kernel's own limit; it fills what it has and tells how many bytes that was.
        var set = InlineArray<1024, UInt8>(repeating: 0)
        var span = set.mutableSpan
        let filled = unsafe span.withUnsafeMutableBytes { raw in
            unsafe cev_thread_cpus(0, UInt(raw.count), raw.baseAddress)
        }
        var count = 0
        if filled == 0 { for i in set.indices { count += set[i].nonzeroBitCount } }
        return count > 0 ? count : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}

/// The processor quota of a cgroup, from the text of the kernel's files. Pure: `read` gives a file's text.
enum CgroupQuota {
    /// Quotas of the cgroup and of all above it that can be seen, the smallest, in processors rounded up; nil for none.
    static func smallest(membership: String, mounts: String, read: (String) -> String?) -> Int? {
        var smallest: Int?
        for group in Cgroup.groups(membership: membership, mounts: mounts, controller: "cpu") {
            for folder in group.folders {
                let quota = group.isV2 ? quotaV2(folder, read) : quotaV1(folder, read)
                if let quota { smallest = min(smallest ?? quota, quota) }
            }
        }
        return smallest
    }

    /// `cpu.max`: `QUOTA PERIOD` in microseconds, QUOTA may be `max`.
    private static func quotaV2(_ folder: String, _ read: (String) -> String?) -> Int? {
        guard let parts = read(folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace), parts.count == 2 else {
            return nil
        }
        return processors(Int(parts[0]), Int(parts[1]))
    }

    /// `cpu.cfs_quota_us`, -1 for none, and `cpu.cfs_period_us`.
    private static func quotaV1(_ folder: String, _ read: (String) -> String?) -> Int? {
        func number(_ name: String) -> Int? {
            read(folder + "/" + name)?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
        }
        return processors(number("cpu.cfs_quota_us"), number("cpu.cfs_period_us"))
    }

    private static func processors(_ quota: Int?, _ period: Int?) -> Int? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return (quota - 1) / period + 1
    }
}
