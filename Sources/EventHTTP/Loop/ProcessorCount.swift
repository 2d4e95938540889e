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
        for group in groups(membership: membership, mounts: mounts) {
            for folder in group.folders {
                let quota = group.isV2 ? quotaV2(folder, read) : quotaV1(folder, read)
                if let quota { smallest = min(smallest ?? quota, quota) }
            }
        }
        return smallest
    }

    struct Group: Equatable {
        let isV2: Bool
        /// The cgroup's own folder first, then those above it up to the mount point.
        let folders: [String]
    }

    /// Where the CPU controllers of this process are.
    static func groups(membership: String, mounts: String) -> [Group] {
        var groups: [Group] = []
        for line in membership.split(separator: "\n") {
            // hierarchy-ID:controllers:path, and "0::path" for v2.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isV2 = parts[0] == "0" && parts[1].isEmpty
            guard isV2 || parts[1].split(separator: ",").contains("cpu") else { continue }
            let mount = mountPoint(isV2: isV2, mounts) ?? Mount.usual(isV2: isV2)
            groups.append(Group(isV2: isV2, folders: folders(of: String(parts[2]), under: mount)))
        }
        return groups
    }

    private struct Mount {
        /// The folder of the hierarchy that is mounted.
        var root: String
        var point: String

        static func usual(isV2: Bool) -> Mount {
            Mount(root: "/", point: isV2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu")
        }
    }

    /// Finds the mount in `/proc/self/mountinfo`:
    /// `36 35 98:0 ROOT POINT options [optional…] - TYPE source superoptions`.
    private static func mountPoint(isV2: Bool, _ mounts: String) -> Mount? {
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 4 else { continue }
            let matches =
                isV2
                ? fields[dash + 1] == "cgroup2"
                : fields[dash + 1] == "cgroup" && fields[dash + 3].split(separator: ",").contains("cpu")
            if matches { return Mount(root: unescape(fields[3]), point: unescape(fields[4])) }
        }
        return nil
    }

    /// mountinfo writes space, tab, newline and backslash as `\040` and so on.
    private static func unescape(_ text: Substring) -> String {
        guard text.contains("\\") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The folders of a path within the hierarchy. A container often sees only its own part of it: a path that is not
    /// below what is mounted is taken for the mount point itself.
    private static func folders(of path: String, under mount: Mount) -> [String] {
        let root = mount.root == "/" ? "" : mount.root
        var inside: Substring = ""
        if path == root || path.hasPrefix(root + "/") { inside = path.dropFirst(root.count) }
        var names = inside.split(separator: "/")
        if names.contains("..") { names = [] }
        var folders: [String] = []
        while true {
            folders.append(([mount.point] + names.map(String.init)).joined(separator: "/"))
            if names.popLast() == nil { return folders }
        }
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
