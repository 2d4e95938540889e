// SPDX-License-Identifier: Apache-2.0
internal import CEv

/// How much of the memory that the cgroup grants is in use.
package struct MemoryUse: Equatable {
    package let usedBytes: UInt64
    package let limitBytes: UInt64

    package init(usedBytes: UInt64, limitBytes: UInt64) {
        self.usedBytes = usedBytes
        self.limitBytes = limitBytes
    }

    /// That of this process now; nil if nothing limits it, as on most machines without containers. Reads some small
    /// files of the kernel.
    package static func current() -> MemoryUse? {
        guard let membership = FileReader.text("/proc/self/cgroup") else { return nil }
        let mounts = FileReader.text("/proc/self/mountinfo") ?? ""
        return fullest(membership: membership, mounts: mounts, read: FileReader.text)
    }

    /// Gives memory that is free within the process back to the kernel, for which it counts as used.
    package static func giveBack() { _ = cev_trim_memory(0) }

    /// Of the cgroup and all above it that can be seen, that of which the largest part is in use. Pure: `read` gives a
    /// file's text.
    static func fullest(membership: String, mounts: String, read: (String) -> String?) -> MemoryUse? {
        var fullest: MemoryUse?
        for group in Cgroup.groups(membership: membership, mounts: mounts, controller: "memory") {
            for folder in group.folders {
                guard let use = use(folder, group.isV2 ? .v2 : .v1, read) else { continue }
                if fullest.map({ use.part > $0.part }) ?? true { fullest = use }
            }
        }
        return fullest
    }

    private var part: Double { Double(usedBytes) / Double(limitBytes) }

    /// The kernel's names.
    private struct Files {
        let limit: String
        let used: String
        /// Pages of files in `memory.stat`.
        let cached: [Substring]

        static let v2 = Files(limit: "memory.max", used: "memory.current", cached: ["inactive_file", "active_file"])
        static let v1 = Files(
            limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes",
            cached: ["total_inactive_file", "total_active_file"])
    }

    /// v1 says "no limit" with a number of pages that no machine has.
    private static let limitBytesMax: UInt64 = 1 << 60

    /// Pages of files, such as those of a log, count as used but are given up before anybody is killed: they are no
    /// sign of a lack.
    private static func use(_ folder: String, _ files: Files, _ read: (String) -> String?) -> MemoryUse? {
        func number(_ name: String) -> UInt64? {
            read("\(folder)/\(name)")?.split(whereSeparator: \.isWhitespace).first.flatMap { UInt64($0) }
        }
        guard let limit = number(files.limit), limit > 0, limit < limitBytesMax, let used = number(files.used) else {
            return nil
        }
        var cached: UInt64 = 0
        for line in read("\(folder)/memory.stat")?.split(separator: "\n") ?? [] {
            let words = line.split(separator: " ")
            if words.count == 2, files.cached.contains(words[0]) { cached += UInt64(words[1]) ?? 0 }
        }
        return MemoryUse(usedBytes: used - min(cached, used), limitBytes: limit)
    }
}
