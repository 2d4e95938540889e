// SPDX-License-Identifier: Apache-2.0

/// A control group of this process, with those above it that can be seen. Pure.
struct Cgroup: Equatable {
    let isV2: Bool
    /// The cgroup's own folder first, then those above it up to the mount point.
    let folders: [String]

    /// Those of this process that have a controller such as `cpu`, from the text of the kernel's files.
    static func groups(membership: String, mounts: String, controller: String) -> [Cgroup] {
        var groups: [Cgroup] = []
        for line in membership.split(separator: "\n") {
            // hierarchy-ID:controllers:path, and "0::path" for v2.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isV2 = parts[0] == "0" && parts[1].isEmpty
            guard isV2 || parts[1].split(separator: ",").contains(controller[...]) else { continue }
            let mount = mountPoint(of: isV2 ? nil : controller, mounts) ?? Mount.usual(isV2: isV2, controller)
            groups.append(Cgroup(isV2: isV2, folders: folders(of: String(parts[2]), under: mount)))
        }
        return groups
    }

    private struct Mount {
        /// The folder of the hierarchy that is mounted.
        var root: String
        var point: String

        static func usual(isV2: Bool, _ controller: String) -> Mount {
            Mount(root: "/", point: isV2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(controller)")
        }
    }

    /// Finds the mount of a controller, or of v2 if that is nil, in `/proc/self/mountinfo`:
    /// `36 35 98:0 ROOT POINT options [optional…] - TYPE source superoptions`.
    private static func mountPoint(of controller: String?, _ mounts: String) -> Mount? {
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 4 else { continue }
            let matches =
                if let controller {
                    fields[dash + 1] == "cgroup" && fields[dash + 3].split(separator: ",").contains(controller[...])
                } else {
                    fields[dash + 1] == "cgroup2"
                }
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
}
