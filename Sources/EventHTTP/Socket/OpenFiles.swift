// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// How many descriptors this process may have: each connection is one.
public enum OpenFiles {
    /// More than any machine serves, and few enough that whatever still walks all possible descriptors ends.
    static let countMax: rlim_t = 1 << 20

    /// What everything else needs: the log, the loops, the listening sockets, checks.
    package static let reserved = 64

    /// The limit that is in force.
    public static var limit: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many clients each of `workers` loops of a proxy can have, when each may need a connection to an origin.
    public static func proxiedClientsMax(workers: Int, limit: Int) -> Int {
        max((limit - reserved) / 2 / workers, 1)
    }

    /// Raises the limit as far as the process may without a privilege. The lower one that shells and containers set is
    /// meant for programs that use `select`.
    public static func raiseLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = min(limit.rlim_max, countMax)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        // Refused, the old limit stays, which the server lives with: further clients wait.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
